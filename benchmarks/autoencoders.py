"""Training throughput: autoencoder.simple and .conv by `zoo.train` against hand-written Keras, interleaved.

    ZOO_DATA=../shared/data python benchmarks/autoencoders.py > benchmarks/results/autoencoders.md

Both train the same network (equal parameter counts) on the same examples, in batches of one size,
with one optimizer and loss. The script feeds a tf.data pipeline as Keras' guides write it: shuffle,
batch, map to float, prefetch. An epoch's time runs from its beginning to the beginning of the next, so
the zoo's includes its checkpoint, its history and its progress. The first epoch (tracing) is left out.
"""

from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf
from interleaved import Clocks, by_the_zoo, clocks, compare
from keras import layers

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset

EXAMPLES = {"autoencoder.simple": 60_000, "autoencoder.conv": 12_800}  # the second is slower
EPOCHS, ROUNDS, BATCH, RATE = 4, 2, 128, 1e-2


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
    steps = len(data.train) // BATCH * EPOCHS
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
        .shuffle(len(data.train))
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


def raced(name: str, network: Callable[[], keras.Model]) -> None:
    """Print one table: each in turn, several times."""
    sizes = zoo.create(name).count_params(), network().count_params()
    assert sizes[0] == sizes[1], sizes
    full, count = open_dataset("mnist"), EXAMPLES[name]
    data = Dataset("mnist", full.train.take(slice(count)), full.test.take(slice(500)), full.classes)
    print(f"{name}, {sizes[0]:,} parameters, {count:,} examples, batches of {BATCH}\n")
    ways = {
        "zoo.train": partial(by_the_zoo, name, data, EPOCHS),
        "by hand": partial(by_hand, network, data),
    }
    compare(ways, count, ROUNDS)


def main() -> None:
    raced("autoencoder.simple", simple)
    raced("autoencoder.conv", conv)


if __name__ == "__main__":
    main()
