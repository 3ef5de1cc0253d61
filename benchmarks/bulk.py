"""`zoo apply --workers 2` on 100,000 small images, against a hand-written script of Ray Data; and its memory.

ZOO_DATA=FOLDER python benchmarks/bulk.py > benchmarks/results/bulk.md

The images are 28 x 28 PNG files of MNIST's test split, in ten folders. Both ways run ONNX Runtime with one
thread in each of two processes and write the class, the probability and the path of each image as Parquet.
A time is that of the whole command. The ways take turns.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from apply import mnist_pixels, train
from PIL import Image

BY_HAND = """
import sys
from pathlib import Path
import numpy as np, onnxruntime, ray
from PIL import Image
model, folder, out = sys.argv[1:]

class Classifier:
    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name

    def __call__(self, batch):
        images = []
        for path in batch["path"]:
            with Image.open(path) as image:
                images.append(np.asarray(image.convert("L"), np.float32)[..., None] / 255)
        (rows,) = self.session.run(None, {self.name: np.stack(images)})
        return {"item": batch["path"], "class": rows.argmax(-1), "probability": rows.max(-1)}

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
ray.data.DataContext.get_current().enable_progress_bars = False
paths = [{"path": str(path)} for path in sorted(Path(folder).rglob("*.png"))]
data = ray.data.from_items(paths, override_num_blocks=100)
data = data.map_batches(Classifier, batch_size=64, concurrency=2, num_cpus=NUM_CPUS)
data.write_parquet(out)
"""


def write_images(folder: Path, count: int) -> None:
    """Write so many .png files into ten folders."""
    pixels = mnist_pixels(min(count, 10_000))
    first = []
    for number in range(count):
        path = folder / str(number % 10) / f"{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number < len(pixels):
            Image.fromarray(pixels[number]).save(path)
            first.append(path)
        else:
            path.write_bytes(first[number % len(pixels)].read_bytes())


class Memory(threading.Thread):
    """Adds up the private memory of a process and of all below it, every half second."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(process.pid)
        self.samples: list[float] = []

    def run(self) -> None:
        """Sample until the process ends."""
        while True:
            try:
                family = [self.process, *self.process.children(recursive=True)]
                self.samples.append(sum(map(private_memory, family)) / 2**20)
            except psutil.NoSuchProcess:
                return
            time.sleep(0.5)

    def thirds(self) -> list[float]:
        """Return the median in each third of the time, without the start and the end."""
        kept = self.samples[len(self.samples) // 6 : -4] or [0.0]
        size = max(1, len(kept) // 3)
        return [statistics.median(kept[at * size : (at + 1) * size] or kept) for at in range(3)]


def private_memory(process: psutil.Process) -> int:
    try:
        facts = process.memory_info()
        return int(facts.rss - facts.shared)
    except psutil.Error:
        return 0


def timed(command: list[str]) -> tuple[float, Memory]:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    memory = Memory(process)
    memory.start()
    _, errors = process.communicate()
    if process.returncode:
        raise SystemExit(errors.decode())
    return time.perf_counter() - start, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--model", default="cnn.mnist")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_images(folder / "images", options.count)
        run = train(options.model, folder / "run")
        model = str(run.path / "export" / "classifier.onnx")
        seconds: dict[str, list[float]] = {"zoo apply --workers 2": [], "a script of Ray Data": []}
        memories: dict[str, Memory] = {}
        print(f"{options.model}, {options.count:,} images; {os.cpu_count()} cores, ", end="")
        print(f"load {os.getloadavg()[0]:.1f} at the start\n")
        for number in range(options.rounds):
            for way in list(seconds)[:: 1 if number % 2 else -1]:
                out = str(folder / f"{way.split()[0]}-{number}")
                words: list[Any] = [
                    "-c",
                    BY_HAND.replace("NUM_CPUS", "0.9"),
                    model,
                    folder / "images",
                    out,
                ]
                if way.startswith("zoo"):
                    words = [
                        "-m",
                        "zoo",
                        "apply",
                        run.path,
                        folder / "images",
                        "--workers",
                        2,
                        "--out",
                        out,
                    ]
                took, memories[way] = timed([sys.executable, *map(str, words)])
                seconds[way].append(took)
                print(f"{way}: {took:.0f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        base = statistics.median(seconds["a script of Ray Data"])
        print(
            "| | seconds | images a second | ratio of speed | all rounds |\n|---|---|---|---|---|"
        )
        for way, each in seconds.items():
            median = statistics.median(each)
            rounds = ", ".join(f"{one:.0f}" for one in each)
            rate, ratio = options.count / median, base / median
            print(f"| {way} | {median:.0f} | {rate:,.0f} | {ratio:.2f} | {rounds} |")
        print("\nPrivate memory of all processes in MB, median of each third of the time\n")
        print("| | first | second | third | most |\n|---|---|---|---|---|")
        for way, memory in memories.items():
            thirds = " | ".join(f"{each:,.0f}" for each in memory.thirds())
            print(f"| {way} | {thirds} | {max(memory.samples):,.0f} |")


if __name__ == "__main__":
    main()
