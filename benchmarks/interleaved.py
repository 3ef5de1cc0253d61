"""Two ways to train the same network, in turns in one process, and the ratio of their medians.

Each goes first in every other round, since what comes second finds the machine warmer.

An epoch's time runs from its beginning to the beginning of the next, so that the zoo's includes its
checkpoint, its history and its progress. The first epoch of each training (tracing) is left out.
"""

import itertools
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

import zoo
from zoo.data.dataset import Dataset
from zoo.runs.progress import Progress

Clocks = tuple[float, float]


def clocks() -> Clocks:
    """Seconds on the wall, and seconds of this process on all cores."""
    return time.perf_counter(), time.process_time()


class Times(Progress):
    """Note when each epoch begins."""

    def __init__(self) -> None:
        self.begun: list[Clocks] = []

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.begun.append(clocks())


def by_the_zoo(name: str, data: Dataset, epochs: int, **settings: Any) -> list[Clocks]:
    """Train a model of the catalog by `zoo.train`."""
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        zoo.train(name, data=data, out=out, epochs=epochs, progress=times, **settings)
    return times.begun


def stream(data: Dataset, batch: int) -> tf.data.Dataset:
    """Give shuffled batches of pixels in [0, 1], as the guides write it."""
    return (
        tf.data.Dataset.from_tensor_slices(data.train.stored)
        .shuffle(len(data.train))
        .batch(batch, drop_remainder=True)
        .map(lambda x: tf.cast(x, tf.float32) / 255, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )


def loop(
    batches: tf.data.Dataset, step: Callable[[Any], None], means: Sequence[Any], epochs: int
) -> list[Clocks]:
    """Take the steps of a hand-written training, whose means must stay numbers."""
    begun = []
    for _ in range(epochs):
        begun.append(clocks())
        for batch in batches:
            step(batch)
        assert all(math.isfinite(float(metric.result())) for metric in means)
        for metric in means:
            metric.reset_state()
    return begun


def compare(ways: Mapping[str, Callable[[], list[Clocks]]], examples: int, rounds: int) -> None:
    """Print a table of two ways' rates, and how the first compares with the second."""
    spent: dict[str, list[Clocks]] = {name: [] for name in ways}
    for at in range(rounds):
        for name, train in list(ways.items())[:: 1 if at % 2 == 0 else -1]:
            begun = train()[1:]
            spent[name] += [(w - v, c - b) for (v, b), (w, c) in itertools.pairwise(begun)]
    heads = ("", "examples a second, median", "slowest", "fastest", "CPU seconds an epoch")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    medians = []
    for name, pairs in spent.items():
        wall, cpu = ([pair[at] for pair in pairs] for at in (0, 1))
        medians.append((statistics.median(wall), statistics.median(cpu)))
        rates = [examples / value for value in (medians[-1][0], max(wall), min(wall))]
        cells = [name, *(f"{rate:,.0f}" for rate in rates), f"{medians[-1][1]:.1f}"]
        print("| " + " | ".join(cells) + " |")
    wall, cpu = (medians[1][at] / medians[0][at] for at in (0, 1))
    first, second = ways
    print(f"\n{first} / {second}: {wall:.3f}x on the clock (mark: 0.97x), {cpu:.3f}x in CPU time\n")
