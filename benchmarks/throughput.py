"""Training throughput: cnn.mnist by `zoo.train` against a hand-written Keras script, interleaved.

    ZOO_DATA=../shared/data python benchmarks/throughput.py > benchmarks/results/throughput.md

Both train the same network (equal parameter counts) on the same examples, in batches of one size,
with one optimizer and metric. The script feeds a tf.data pipeline as Keras' guides write it: shuffle,
batch, map to float, prefetch. An epoch's time runs from its beginning to the beginning of the next, so the
zoo's includes its checkpoint, its history and its progress. The first epoch (tracing) is left out.
"""

import itertools
import statistics
import tempfile
import time
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers

import zoo
from zoo.data import Dataset, open_dataset
from zoo.progress import Progress

EXAMPLES, EPOCHS, ROUNDS, BATCH, RATE, DECAY = 6_400, 4, 4, 128, 2e-3, 1e-4


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


def by_the_zoo(data: Dataset) -> list[Clocks]:
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        zoo.train("cnn.mnist", data=data, out=Path(folder) / "run", epochs=EPOCHS, progress=times)
    return times.begun


def network() -> keras.Model:
    inputs = x = keras.Input((28, 28, 1))
    for filters in (32, 64, 128):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.Activation("relu")(layers.BatchNormalization()(x))
        x = layers.SpatialDropout2D(0.1)(layers.MaxPooling2D(2)(x))
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(10)(x))


def by_hand(data: Dataset) -> list[Clocks]:
    steps = EXAMPLES // BATCH * EPOCHS
    warm = int(0.05 * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm, warmup_target=RATE, warmup_steps=warm
    )
    model = network()
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    stream = (
        tf.data.Dataset.from_tensor_slices((data.train.stored, data.train.targets))
        .shuffle(EXAMPLES)
        .batch(BATCH, drop_remainder=True)
        .map(lambda x, y: (tf.cast(x, tf.float32) / 255, y), num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    begun: list[Clocks] = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: begun.append(clocks())
    )
    model.fit(stream, epochs=EPOCHS, callbacks=[watch], verbose=0)
    return begun


def main() -> None:
    full = open_dataset("mnist")
    data = Dataset(
        "mnist", full.train.take(slice(EXAMPLES)), full.test.take(slice(500)), full.classes
    )
    sizes = zoo.create("cnn.mnist").count_params(), network().count_params()
    assert sizes[0] == sizes[1], sizes
    spent: dict[str, list[Clocks]] = {"zoo.train": [], "by hand": []}
    for _ in range(ROUNDS):
        for name, train in (("zoo.train", by_the_zoo), ("by hand", by_hand)):
            begun = train(data)[1:]
            spent[name] += [(w - v, c - b) for (v, b), (w, c) in itertools.pairwise(begun)]
    print(f"cnn.mnist, {sizes[0]:,} parameters, {EXAMPLES:,} examples, batches of {BATCH}\n")
    print(
        "| | examples a second, median | slowest | fastest | CPU seconds an epoch |\n|---|---|---|---|---|"
    )
    medians = {}
    for name, pairs in spent.items():
        wall, cpu = ([pair[at] for pair in pairs] for at in (0, 1))
        medians[name] = statistics.median(wall), statistics.median(cpu)
        rates = [EXAMPLES / value for value in (medians[name][0], max(wall), min(wall))]
        print(
            f"| {name} | "
            + " | ".join(f"{rate:,.0f}" for rate in rates)
            + f" | {medians[name][1]:.1f} |"
        )
    wall, cpu = (medians["by hand"][at] / medians["zoo.train"][at] for at in (0, 1))
    print(f"\nzoo.train / by hand: {wall:.3f}x on the clock (mark: 0.97x), {cpu:.3f}x in CPU time")


if __name__ == "__main__":
    main()
