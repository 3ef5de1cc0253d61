"""Training on a folder of images that is larger than memory: its peak of memory, and its waiting for files.

    python benchmarks/folders.py --files 2000 --files 200000

For each number of files, the script writes the files (PNG, 32 x 32, two classes), trains one epoch in a
process of its own, and prints the peak of its memory. On the largest folder it then measures the share of a
step in which the network computes: the time of a step with batches from memory divided by that with batches
from files, as medians of rounds in turns.
"""

from __future__ import annotations

import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from PIL import Image

SIDE, BATCH = 32, 128
SETTINGS = {"filters": [32, 64], "epochs": 1, "batch_size": BATCH, "validation": 0.0}
ROUNDS, STEPS = 7, 20


def write_images(folder: Path, start: int, stop: int) -> None:
    """Write the images from number start to stop; those of the second class are darker."""
    for at in range(start, stop):
        pixels = np.random.default_rng(at).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        path = folder / ("bright", "dark")[at % 2] / f"{at}.png"
        Image.fromarray(pixels // (1 + at % 2)).save(path)


def write_folder(folder: Path, count: int) -> None:
    """Write a folder of images on all cores."""
    for name in ("bright", "dark"):
        (folder / name).mkdir(parents=True)
    edges = np.linspace(0, count, 17).astype(int).tolist()
    with ProcessPoolExecutor() as pool:
        for done in [pool.submit(write_images, folder, a, b) for a, b in itertools.pairwise(edges)]:
            done.result()


def train(folder: Path) -> dict[str, float]:
    """Train an epoch; return the peak of this process's memory in MiB, and the seconds."""
    import zoo

    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        zoo.train("cnn", data=folder, out=Path(out) / "run", **SETTINGS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"peak": peak, "seconds": time.perf_counter() - started}


def compare_sources(folder: Path) -> dict[str, float]:
    """Return the seconds of a step from memory and of a step from files, and their ratio."""
    import keras

    import zoo
    from zoo.data.load import open_dataset

    data = open_dataset(folder)
    model = zoo.create("cnn", input_shape=data.input_shape, classes=2, **SETTINGS)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    config: Any = type("Few", (), {"batch_size": BATCH, "epochs": 1, "validation": 0.0})
    stream = data.fit_arguments(config)["x"]
    batch = next(iter(stream))
    sources = {"memory": stream.take(1).cache().repeat(), "files": stream}
    times: dict[str, list[float]] = {name: [] for name in sources}
    for _ in range(ROUNDS + 1):
        for name, source in sources.items():
            watch = Watch(keras)
            model.fit(source, steps_per_epoch=STEPS + 5, verbose=0, callbacks=[watch.callback])
            times[name].append(watch.seconds / STEPS)
    del batch
    memory, files = (median(times[name][1:]) for name in ("memory", "files"))
    return {"memory": memory, "files": files, "share": memory / files}


class Watch:
    """Measures the time of the steps after the first five, when the queue of batches is full."""

    def __init__(self, keras: Any) -> None:
        self.started = self.seconds = 0.0

        def begin(batch: int, logs: Any) -> None:
            if batch == 5:
                self.started = time.perf_counter()

        def end(batch: int, logs: Any) -> None:
            self.seconds = time.perf_counter() - self.started

        self.callback = keras.callbacks.LambdaCallback(
            on_train_batch_begin=begin, on_train_batch_end=end
        )


def run_in_process(job: str, folder: Path) -> dict[str, float]:
    """Return the result of a job that runs in a process of its own."""
    command = [sys.executable, __file__, "--job", job, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


@click.command()
@click.option(
    "--files", multiple=True, type=int, default=(2_000, 200_000), help="How many; again for more."
)
@click.option("--job", hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
def main(files: tuple[int, ...], job: str | None, folder: Path) -> None:
    """Print a table in Markdown."""
    if job:
        print(json.dumps({"train": train, "compare_sources": compare_sources}[job](folder)))
        return
    print("| files | decoded, MiB | peak memory, MiB | seconds with one epoch |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        for count in files:
            dataset_folder = Path(temporary) / str(count)
            write_folder(dataset_folder, count)
            result = run_in_process("train", dataset_folder)
            size = count * SIDE * SIDE * 3 / 2**20
            print(f"| {count:,} | {size:,.0f} | {result['peak']:,.0f} | {result['seconds']:,.0f} |")
        shares = run_in_process("compare_sources", Path(temporary) / str(max(files)))
    print(
        f"\nA step from memory takes {1000 * shares['memory']:.0f} ms, one from files "
        f"{1000 * shares['files']:.0f} ms: the network computes in {shares['share']:.1%} of the step."
    )


if __name__ == "__main__":
    main()
