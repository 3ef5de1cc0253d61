"""`zoo apply --workers 2` on 100,000 small images, against a hand-written script of Ray Data; and its memory.

ZOO_DATA=FOLDER python benchmarks/bulk.py > benchmarks/results/bulk.md

The images are 28 x 28 PNG files of MNIST's test split, in ten folders. Both ways run ONNX Runtime with one
thread in each of two processes and write the class, the probability and the path of each image as Parquet.
A time is that of the whole command. The ways take turns.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil
from apply import mnist_pixels, train
from PIL import Image
from turns import describe_load, quiet_libraries

WORKERS = 2
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


Seconds = dict[str, list[float]]
Memories = dict[str, Memory]


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


def commands(run: Path, model: Path, images: Path, out: Path) -> dict[str, list[Any]]:
    """Return the command of each way, without the interpreter.

    Args:
        run: the trained run.
        model: its exported ONNX file.
        images: the folder.
        out: for the results.
    """
    words = ["-m", "zoo", "apply", run, images, "--workers", WORKERS, "--out", out]
    return {
        f"zoo apply --workers {WORKERS}": words,
        "a script of Ray Data": ["-c", BY_HAND.replace("NUM_CPUS", "0.9"), model, images, out],
    }


def measure(folder: Path, model: str, count: int, rounds: int) -> tuple[Seconds, Memories]:
    """Return the seconds of each way in all rounds, and its memory in the last one."""
    write_images(folder / "images", count)
    run = train(model, folder / "run")
    exported = run.path / "export" / "classifier.onnx"
    seconds, memories = defaultdict[str, list[float]](list), dict[str, Memory]()
    for number in range(rounds):
        ways = commands(run.path, exported, folder / "images", folder / f"out-{number}")
        for way in list(ways)[:: 1 if number % 2 else -1]:
            took, memories[way] = timed([sys.executable, *map(str, ways[way])])
            shutil.rmtree(folder / f"out-{number}")
            seconds[way].append(took)
            print(f"{way}: {took:.0f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    return seconds, memories


def print_tables(count: int, seconds: Seconds, memories: Memories) -> None:
    """Print the times and the memory of both ways."""
    base = statistics.median(seconds["a script of Ray Data"])
    print("| | seconds | images a second | ratio of speed | all rounds |\n|---|---|---|---|---|")
    for way, each in seconds.items():
        median = statistics.median(each)
        rounds = ", ".join(f"{one:.0f}" for one in each)
        print(f"| {way} | {median:.0f} | {count / median:,.0f} | {base / median:.2f} | {rounds} |")
    print("\nPrivate memory of all processes in MB, median of each third of the time\n")
    print("| | first | second | third | most |\n|---|---|---|---|---|")
    for way, memory in memories.items():
        thirds = " | ".join(f"{each:,.0f}" for each in memory.thirds())
        print(f"| {way} | {thirds} | {max(memory.samples):,.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--model", default="cnn.mnist")
    options = parser.parse_args()
    quiet_libraries()
    print(f"{options.model}, {options.count:,} images; {describe_load()}\n")
    with tempfile.TemporaryDirectory() as temporary:
        found = measure(Path(temporary), options.model, options.count, options.rounds)
    print_tables(options.count, *found)


if __name__ == "__main__":
    main()
