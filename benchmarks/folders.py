"""A folder of images larger than memory: what training on it holds, and whether the decoder keeps up.

    python benchmarks/folders.py --files 2000 --files 200000

For each number of files: writes them (PNG, 32 x 32, two classes), trains one epoch in a process of
its own, and reports the peak of its memory. Then, on the largest, the share of a step in which the
network computes: the time of a step fed from memory over that of a step fed from files, medians of
rounds that take turns.
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


def write(folder: Path, start: int, stop: int) -> None:
    """Write pictures number start to stop; those of the second class are darker."""
    for at in range(start, stop):
        pixels = np.random.default_rng(at).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        path = folder / ("bright", "dark")[at % 2] / f"{at}.png"
        Image.fromarray(pixels // (1 + at % 2)).save(path)


def written(folder: Path, count: int) -> None:
    """Write a folder of pictures on all cores."""
    for name in ("bright", "dark"):
        (folder / name).mkdir(parents=True)
    edges = np.linspace(0, count, 17).astype(int).tolist()
    with ProcessPoolExecutor() as pool:
        for done in [pool.submit(write, folder, a, b) for a, b in itertools.pairwise(edges)]:
            done.result()


def train(folder: Path) -> dict[str, float]:
    """Train an epoch here; give the peak of this process's memory in MiB, and the seconds."""
    import zoo

    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        zoo.train("cnn", data=folder, out=Path(out) / "run", **SETTINGS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"peak": peak, "seconds": time.perf_counter() - started}


def busy(folder: Path) -> dict[str, float]:
    """Compare steps fed from memory with steps fed from files."""
    import keras

    import zoo
    from zoo.data.load import open_dataset

    data = open_dataset(folder)
    model = zoo.create("cnn", input_shape=data.input_shape, classes=2, **SETTINGS)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    config: Any = type("Few", (), {"batch_size": BATCH, "epochs": 1, "validation": 0.0})
    stream = data.fit_arguments(config)["x"]
    batch = next(iter(stream))
    feeds = {"memory": stream.take(1).cache().repeat(), "files": stream}
    times: dict[str, list[float]] = {name: [] for name in feeds}
    for _ in range(ROUNDS + 1):
        for name, feed in feeds.items():
            watch = Watch(keras)
            model.fit(feed, steps_per_epoch=STEPS + 5, verbose=0, callbacks=[watch.callback])
            times[name].append(watch.seconds / STEPS)
    del batch
    memory, files = (median(times[name][1:]) for name in ("memory", "files"))
    return {"memory": memory, "files": files, "share": memory / files}


class Watch:
    """Time the steps after the first five, when the queue of batches has filled."""

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


def elsewhere(job: str, folder: Path) -> dict[str, float]:
    """Do a job in a process of its own."""
    command = [sys.executable, __file__, "--job", job, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@click.command()
@click.option(
    "--files", multiple=True, type=int, default=(2_000, 200_000), help="How many; again for more."
)
@click.option("--job", hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
def main(files: tuple[int, ...], job: str | None, folder: Path) -> None:
    """Print a table in Markdown."""
    if job:
        print(json.dumps({"train": train, "busy": busy}[job](folder)))
        return
    print("| files | decoded, MiB | peak memory, MiB | seconds with one epoch |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for count in files:
            where = Path(place) / str(count)
            written(where, count)
            found = elsewhere("train", where)
            size = count * SIDE * SIDE * 3 / 2**20
            print(f"| {count:,} | {size:,.0f} | {found['peak']:,.0f} | {found['seconds']:,.0f} |")
        shares = elsewhere("busy", Path(place) / str(max(files)))
    print(
        f"\nA step fed from memory takes {1000 * shares['memory']:.0f} ms, one fed from files "
        f"{1000 * shares['files']:.0f} ms: the network is busy {shares['share']:.1%} of the step."
    )


if __name__ == "__main__":
    main()
