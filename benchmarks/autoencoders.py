"""Training throughput: autoencoder.simple and .conv by `zoo.train` against hand-written Keras, interleaved.

    ZOO_DATA=../shared/data python benchmarks/autoencoders.py > benchmarks/results/autoencoders.md

Both train the same network (equal parameter counts) on the same examples, in batches of one size,
with one optimizer and loss. The script feeds a tf.data pipeline as Keras' guides write it: shuffle,
batch, map to float, prefetch. An epoch's time runs from its beginning to the beginning of the next, so
the zoo's includes its checkpoint, its history and its progress. The first epoch (tracing) is left out.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers

import zoo
from zoo.data import Dataset, open_dataset
from zoo.progress import Progress

EXAMPLES, EPOCHS, ROUNDS, BATCH, RATE = 12_800, 4, 4, 128, 1e-2
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


def by_the_zoo(name: str, data: Dataset) -> list[Clocks]:
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        zoo.train(name, data=data, out=Path(folder) / "run", epochs=EPOCHS, progress=times)
    return times.begun


def simple() -> keras.Model:
    inputs = keras.Input((28, 28, 1))
    code = layers.Dense(32, activation="relu")(layers.Flatten()(inputs))
    return keras.Model(inputs, layers.Reshape((28, 28, 1))(layers.Dense(784)(code)))


def conv() -> keras.Model:
    inputs = x = keras.Input((28, 28, 1))
    for filters, activation in ((16, "relu"), (32, "relu"), (8, "linear")):
        x = layers.Conv2D(filters, 3, padding="same", activation=activation)(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    for filters, crop in ((8, 1), (32, 0), (16, 0)):
        x = layers.Conv2DTranspose(filters, 3, 2, padding="same", activation="relu")(x)
        x = layers.Cropping2D(((0, crop), (0, crop)))(x) if crop else x
    return keras.Model(inputs, layers.Conv2D(1, 3, padding="same")(x))


def by_hand(network: Callable[[], keras.Model], data: Dataset) -> list[Clocks]:
    steps = EXAMPLES // BATCH * EPOCHS
    warm = int(0.02 * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm, warmup_target=RATE, warmup_steps=warm
    )
    model = network()
    model.compile(
        keras.optimizers.Adam(schedule), keras.losses.BinaryCrossentropy(from_logits=True)
    )

    def scaled(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels = tf.cast(images, tf.float32) / 255
        return pixels, pixels

    stream = (
        tf.data.Dataset.from_tensor_slices(data.train.stored)
        .shuffle(EXAMPLES)
        .batch(BATCH, drop_remainder=True)
        .map(scaled, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    begun: list[Clocks] = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: begun.append(clocks())
    )
    model.fit(stream, epochs=EPOCHS, callbacks=[watch], verbose=0)
    return begun


def raced(name: str, network: Callable[[], keras.Model], data: Dataset) -> None:
    """Print one table: each in turn, several times."""
    sizes = zoo.create(name).count_params(), network().count_params()
    assert sizes[0] == sizes[1], sizes
    spent: dict[str, list[Clocks]] = {"zoo.train": [], "by hand": []}
    for _ in range(ROUNDS):
        for who, begun in (
            ("zoo.train", by_the_zoo(name, data)[1:]),
            ("by hand", by_hand(network, data)[1:]),
        ):
            spent[who] += [(w - v, c - b) for (v, b), (w, c) in itertools.pairwise(begun)]
    print(f"{name}, {sizes[0]:,} parameters, {EXAMPLES:,} examples, batches of {BATCH}\n")
    print("| | examples a second, median | slowest | fastest | CPU seconds an epoch |")
    print("|---|---|---|---|---|")
    medians = {
        who: [statistics.median(pair[at] for pair in pairs) for at in (0, 1)]
        for who, pairs in spent.items()
    }
    for who, (wall, cpu) in medians.items():
        walls = [pair[0] for pair in spent[who]]
        rates = " | ".join(f"{EXAMPLES / value:,.0f}" for value in (wall, max(walls), min(walls)))
        print(f"| {who} | {rates} | {cpu:.2f} |")
    wall, cpu = (medians["by hand"][at] / medians["zoo.train"][at] for at in (0, 1))
    print(
        f"\nzoo.train / by hand: {wall:.3f}x on the clock (mark: 0.97x), {cpu:.3f}x in CPU time\n"
    )


def main() -> None:
    full = open_dataset("mnist")
    data = Dataset(
        "mnist", full.train.take(slice(EXAMPLES)), full.test.take(slice(500)), full.classes
    )
    raced("autoencoder.simple", simple, data)
    raced("autoencoder.conv", conv, data)


if __name__ == "__main__":
    main()
