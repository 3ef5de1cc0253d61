"""Train the same network in two ways, in turns in one process, and print the ratio of their medians.

Each way is first in every other round, because the second one finds a warmer machine.

An epoch lasts from its start to the start of the next epoch, so the zoo's epochs include its checkpoint,
its history and its progress. The first epoch of each training is left out: it includes the tracing.
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
    """Return the seconds of the wall clock, and the CPU seconds of this process on all cores."""
    return time.perf_counter(), time.process_time()


class Times(Progress):
    """Record when each epoch starts."""

    def __init__(self) -> None:
        self.epoch_starts: list[Clocks] = []

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.epoch_starts.append(clocks())


def train_with_zoo(name: str, data: Dataset, epochs: int, **settings: Any) -> list[Clocks]:
    """Train a model of the catalog with `zoo.train`; return when each epoch started."""
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        zoo.train(name, data=data, out=out, epochs=epochs, progress=times, **settings)
    return times.epoch_starts


def stream(data: Dataset, batch: int) -> tf.data.Dataset:
    """Return shuffled batches of pixels in [0, 1], as in Keras' guides."""
    return (
        tf.data.Dataset.from_tensor_slices(data.train.stored)
        .shuffle(len(data.train))
        .batch(batch, drop_remainder=True)
        .map(lambda x: tf.cast(x, tf.float32) / 255, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )


def run_epochs(
    batches: tf.data.Dataset, step: Callable[[Any], None], metrics: Sequence[Any], epochs: int
) -> list[Clocks]:
    """Run a hand-written training step for each batch; return when each epoch started.

    The metrics must stay finite.
    """
    epoch_starts = []
    for _ in range(epochs):
        epoch_starts.append(clocks())
        for batch in batches:
            step(batch)
        assert all(math.isfinite(float(metric.result())) for metric in metrics)
        for metric in metrics:
            metric.reset_state()
    return epoch_starts


def compare(ways: Mapping[str, Callable[[], list[Clocks]]], examples: int, rounds: int) -> None:
    """Print a table of two ways' rates, and the ratio of the first to the second."""
    durations: dict[str, list[Clocks]] = {name: [] for name in ways}
    for at in range(rounds):
        for name, train in list(ways.items())[:: 1 if at % 2 == 0 else -1]:
            epoch_starts = train()[1:]
            durations[name] += [
                (w - v, c - b) for (v, b), (w, c) in itertools.pairwise(epoch_starts)
            ]
    heads = ("", "examples a second, median", "slowest", "fastest", "CPU seconds an epoch")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    medians = []
    for name, pairs in durations.items():
        wall, cpu = ([pair[at] for pair in pairs] for at in (0, 1))
        medians.append((statistics.median(wall), statistics.median(cpu)))
        rates = [examples / value for value in (medians[-1][0], max(wall), min(wall))]
        cells = [name, *(f"{rate:,.0f}" for rate in rates), f"{medians[-1][1]:.1f}"]
        print("| " + " | ".join(cells) + " |")
    wall, cpu = (medians[1][at] / medians[0][at] for at in (0, 1))
    first, second = ways
    print(f"\n{first} / {second}: {wall:.3f}x on the clock (mark: 0.97x), {cpu:.3f}x in CPU time\n")
