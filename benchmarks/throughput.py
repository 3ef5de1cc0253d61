"""Training throughput of each rank: cnn by `zoo.train` against a hand-written Keras script, interleaved.

    python benchmarks/throughput.py > benchmarks/results/throughput.md
    python benchmarks/throughput.py --ranks 1,3 --rounds 1

Both train the same network (equal parameter counts) on the same random examples, of the shapes of
GunPoint, MNIST and AdrenalMNIST3D, in batches of one size, with one optimizer and metric and without
augmentation. The script feeds a tf.data pipeline as Keras' guides write it: shuffle, batch, map to
float, prefetch. An epoch's time runs from its beginning to the beginning of the next, so the zoo's
includes its checkpoint, its history and its progress. The first epoch (tracing) is left out.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import zoo
from zoo.progress import Progress

RATE, DECAY, WARMUP = 2e-3, 1e-4, 0.05
Clocks = tuple[float, float]
CLOCKS = ("on the clock", "in CPU time")


@dataclass(frozen=True)
class Case:
    """What is trained at one rank; bytes are divided by 255, floats are taken as they are."""

    shape: tuple[int, ...]
    classes: int
    examples: int
    batch: int
    filters: tuple[int, ...]
    convolutions: int
    kernel: int
    eight_bits: bool

    def data(self) -> zoo.Dataset:
        chance = np.random.default_rng(0)
        shape = (self.examples + 50, *self.shape)
        values: Any = chance.normal(size=shape).astype(np.float32)
        if self.eight_bits:
            values = chance.integers(0, 256, shape, np.uint8)
        labels = np.arange(len(values)) % self.classes
        cut = self.examples
        splits = [zoo.Split(values[part], labels[part]) for part in (slice(cut), slice(cut, None))]
        return zoo.Dataset("random", *splits, tuple(map(str, range(self.classes))))


CASES = {
    1: Case((150, 1), 2, 6_400, 64, (32, 64, 64), 2, 7, False),
    2: Case((28, 28, 1), 10, 6_400, 128, (32, 64, 128), 2, 3, True),
    3: Case((32, 32, 32, 1), 2, 320, 32, (16, 32, 64), 1, 3, True),
}


def clocks() -> Clocks:
    """Seconds on the wall, and seconds of this process on all cores."""
    return time.perf_counter(), time.process_time()


class Times(Progress):
    """Note when each epoch begins."""

    def __init__(self) -> None:
        self.begun: list[Clocks] = []

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.begun.append(clocks())


def by_the_zoo(case: Case, data: zoo.Dataset, epochs: int) -> list[Clocks]:
    times = Times()
    settings = {
        "filters": case.filters,
        "convolutions": case.convolutions,
        "kernel": case.kernel,
        "learning_rate": RATE,
        "weight_decay": DECAY,
        "warmup": WARMUP,
        "batch_size": case.batch,
    }
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        zoo.train("cnn", data=data, out=run, epochs=epochs, progress=times, **settings)
        assert zoo.load(run).count_params() == network(case).count_params()
    return times.begun


def network(case: Case) -> keras.Model:
    rank = len(case.shape) - 1
    convolve, pool, drop, average = (
        getattr(layers, f"{name}{rank}D")
        for name in ("Conv", "MaxPooling", "SpatialDropout", "GlobalAveragePooling")
    )
    inputs = x = keras.Input(case.shape)
    if rank == 1:  # as the zoo does with series
        x = layers.Normalization(name="standardised")(x)
    for filters in case.filters:
        for _ in range(case.convolutions):
            x = convolve(filters, case.kernel, padding="same", use_bias=False)(x)
            x = layers.Activation("relu")(layers.BatchNormalization()(x))
        x = drop(0.1)(pool(2)(x))
    x = layers.Dropout(0.3)(average()(x))
    return keras.Model(inputs, layers.Dense(case.classes)(x))


def by_hand(case: Case, data: zoo.Dataset, epochs: int) -> list[Clocks]:
    steps = case.examples // case.batch * epochs
    warm = int(WARMUP * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm, warmup_target=RATE, warmup_steps=warm
    )
    if not warm:
        schedule = keras.optimizers.schedules.CosineDecay(RATE, steps)
    model = network(case)
    if len(case.shape) == 2:
        model.get_layer("standardised").adapt(data.train.inputs)
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    white = 255 if case.eight_bits else 1
    stream = (
        tf.data.Dataset.from_tensor_slices((data.train.stored, data.train.targets))
        .shuffle(case.examples)
        .batch(case.batch, drop_remainder=True)
        .map(lambda x, y: (tf.cast(x, tf.float32) / white, y), num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    begun: list[Clocks] = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: begun.append(clocks())
    )
    model.fit(stream, epochs=epochs, callbacks=[watch], verbose=0)
    return begun


def measured(case: Case, rounds: int, epochs: int) -> dict[str, list[Clocks]]:
    """Give the seconds of every epoch but each training's first, on both clocks."""
    data = case.data()
    spent: dict[str, list[Clocks]] = {"zoo.train": [], "by hand": []}
    for at in range(rounds):
        both = [("zoo.train", by_the_zoo), ("by hand", by_hand)]
        for name, train in both if at % 2 == 0 else reversed(both):
            begun = train(case, data, epochs)[1:]
            spent[name] += [(w - v, c - b) for (v, b), (w, c) in itertools.pairwise(begun)]
    return spent


def show(rank: int, case: Case, spent: dict[str, list[Clocks]]) -> None:
    kind = {1: "series", 2: "images", 3: "volumes"}[rank]
    count = network(case).count_params()
    print(
        f"\n## {kind} of {case.shape}: {count:,} parameters, {case.examples:,} examples, ", end=""
    )
    print(f"batches of {case.batch}\n")
    print("| | examples a second, median | slowest | fastest | CPU seconds an epoch |")
    print("|---|---|---|---|---|")
    medians = {}
    for name, pairs in spent.items():
        wall, cpu = zip(*pairs, strict=True)
        medians[name] = statistics.median(wall), statistics.median(cpu)
        rates = [case.examples / value for value in (medians[name][0], max(wall), min(wall))]
        shown = " | ".join(f"{rate:,.0f}" for rate in rates)
        print(f"| {name} | {shown} | {medians[name][1]:.1f} |")
    ratios = [medians["by hand"][at] / medians["zoo.train"][at] for at in (0, 1)]
    said = ", ".join(f"{ratio:.3f}x {clock}" for ratio, clock in zip(ratios, CLOCKS, strict=True))
    print(f"\nzoo.train / by hand: {said} (mark: 0.97x on the clock)", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--ranks", default="1,2,3", help="which of 1, 2 and 3")
    options.add_argument("--rounds", type=int, default=4, help="trainings of each kind")
    options.add_argument("--epochs", type=int, default=5, help="in each training, 3 at least")
    given = options.parse_args()
    for rank in map(int, given.ranks.split(",")):
        show(rank, CASES[rank], measured(CASES[rank], given.rounds, max(3, given.epochs)))


if __name__ == "__main__":
    main()
