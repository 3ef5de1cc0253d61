"""`zoo apply` on 2,000 small images, against a hand-written ONNX Runtime loop with the same decoding.

ZOO_DATA=FOLDER python benchmarks/apply.py > benchmarks/results/apply.md

The images are 28 x 28 PNG files of MNIST's test split; of the enlarged digits where ZOO_DATA has no MNIST.
The rounds are interleaved in one process, after one round that is not counted, and the tables have
medians. Keras runs on TensorFlow. Memory is VmHWM of a process of its own.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

MODELS = ("cnn.mnist", "mlp.mnist")
BATCH = 64
WHOLE = """
import atexit, sys
def report():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(line.split()[1], file=sys.stderr)
atexit.register(report)
sys.argv[0] = "zoo"
from zoo.cli.main import main
main()
"""
LOOP = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from apply import loop
print(len(loop(sys.argv[2], sorted(Path(sys.argv[3]).iterdir()))))
"""


def loop(model: str, files: Sequence[Path]) -> list[tuple[int, float]]:
    """Return the class and the probability of each file: what a user writes without the zoo."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (name,) = [value.name for value in session.get_inputs()]
    answers = []
    for start in range(0, len(files), BATCH):
        images = []
        for file in files[start : start + BATCH]:
            with Image.open(file) as image:
                images.append(np.asarray(image.convert("L"), np.float32)[..., None] / 255)
        (rows,) = session.run(None, {name: np.stack(images)})
        answers += [(int(row.argmax()), float(row.max())) for row in rows]
    return answers


def mnist_pixels(count: int) -> np.ndarray[Any, Any]:
    """Return uint8 images of shape (count, 28, 28)."""
    import zoo

    try:
        pixels = np.asarray(zoo.open_dataset("mnist").test.stored)[..., 0]
    except zoo.ZooError:
        digits = np.asarray(zoo.open_dataset("digits").test.inputs)[..., 0]
        pixels = np.kron(digits, np.ones((1, 4, 4)))[:, 2:30, 2:30] * 255
    return np.resize(pixels, (count, 28, 28)).astype(np.uint8)


def write_images(folder: Path, count: int) -> list[Path]:
    """Write so many .png files into a folder, and return their paths."""
    folder.mkdir()
    files = [folder / f"{number:05}.png" for number in range(count)]
    for file, pixels in zip(files, mnist_pixels(count), strict=True):
        Image.fromarray(pixels).save(file)
    return files


def train(name: str, out: Path) -> Any:
    """Return a run of a catalog model, trained for an epoch on 2,000 images, with its export."""
    import zoo

    images = mnist_pixels(2000)[..., None]
    split = zoo.Split(images, np.arange(2000) % 10)
    data = zoo.Dataset("images", split, split.take(slice(500)), tuple("0123456789"))
    run = zoo.train(name, data=data, out=out, epochs=1)
    zoo.export(run, ["onnx"])
    return run


def interleave(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the median seconds of each way: of the clock, and of the processor."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name in list(ways)[:: 1 if number % 2 else -1]:
            start = time.perf_counter(), time.process_time()
            ways[name]()
            took = time.perf_counter() - start[0], time.process_time() - start[1]
            if number:
                seconds[name].append(took)
    return {
        name: (statistics.median(t[0] for t in times), statistics.median(t[1] for t in times))
        for name, times in seconds.items()
    }


def inside(name: str, run: Any, files: list[Path], rounds: int) -> None:
    """Print the files a second of each way inside one process."""
    import zoo

    model = str(run.path / "export/classifier.onnx")
    ways = {
        "hand-written ONNX Runtime loop": lambda: loop(model, files),
        "zoo.apply, runtime onnx": lambda: zoo.apply(run, files, runtime="onnx"),
        "zoo.apply, Keras": lambda: zoo.apply(run, files),
        "zoo.apply, Keras, file by file": lambda: [zoo.apply(run, [f]) for f in files[:200]],
    }
    medians = interleave(ways, rounds)
    bare = medians["hand-written ONNX Runtime loop"]
    print(f"\n{name}, {len(files)} files, inside one process after the start\n")
    print("| | files a second | ratio | ratio of processor time |\n|---|---|---|---|")
    for way, (clock, cpu) in medians.items():
        count = 200 if "file by file" in way else len(files)
        share = count / len(files)
        print(
            f"| {way} | {count / clock:,.0f} | {share * bare[0] / clock:.2f} | "
            f"{share * bare[1] / cpu:.2f} |"
        )


def whole(run: Any, folders: dict[int, Path], rounds: int) -> None:
    """Print the time of whole commands, and their peak memory for few and for many files."""
    here, many = str(Path(__file__).parent), folders[2000]
    model = str(run.path / "export/classifier.onnx")

    def command(folder: Path, *options: str) -> list[str]:
        return [
            sys.executable,
            "-c",
            WHOLE,
            "apply",
            str(run.path),
            str(folder),
            "--json",
            *options,
        ]

    ways: dict[str, Callable[[], Any]] = {
        "hand-written loop": lambda: peak([sys.executable, "-c", LOOP, here, model, str(many)]),
        "zoo apply --with onnx": lambda: peak(command(many, "--with", "onnx")),
        "zoo apply": lambda: peak(command(many)),
    }
    print("\nWhole commands, 2,000 files\n\n| | seconds |\n|---|---|")
    for way, (clock, _) in interleave(ways, rounds).items():
        print(f"| {way} | {clock:.2f} |")
    print(
        "\nPeak memory (VmHWM) in MB\n\n| files | zoo apply | zoo apply --with onnx |\n|---|---|---|"
    )
    for count, folder in folders.items():
        plain, onnx = peak(command(folder)), peak(command(folder, "--with", "onnx"))
        print(f"| {count:,} | {plain:.0f} | {onnx:.0f} |")


def peak(command: list[str]) -> float:
    """Run a command; return the peak memory in MB that it reports, 0 where it reports none."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    last = done.stderr.split()[-1:] or ["0"]
    return int(last[0]) / 1024 if last[0].isdigit() else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=20_000, help="files for the last row of memory")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        counts = sorted({20, 2000, options.most})
        files = {count: write_images(folder / f"{count}", count) for count in counts}
        print(f"{os.cpu_count()} cores, medians of {options.rounds} rounds")
        runs = {name: train(name, folder / name) for name in MODELS}
        for name, run in runs.items():
            inside(name, run, files[2000], options.rounds)
        whole(runs[MODELS[0]], {count: folder / f"{count}" for count in counts}, options.rounds)


if __name__ == "__main__":
    main()
