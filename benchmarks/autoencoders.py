"""Training throughput of autoencoder.simple and .conv: `zoo.train` against a Keras script, in turns.

    ZOO_DATA=../shared/data python benchmarks/autoencoders.py > benchmarks/results/autoencoders.md

Both train the same network (equal parameter counts) on the same examples, in batches of one size,
with one optimizer and loss. The script feeds a tf.data pipeline as Keras' guides write it: shuffle,
batch, map to float, prefetch. benchmarks/interleaved.py says how an epoch is timed.
"""

from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf
from interleaved import Clocks, clocks, compare, train_with_zoo
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


def train_by_hand(network: Callable[[], keras.Model], data: Dataset) -> list[Clocks]:
    steps = len(data.train) // BATCH * EPOCHS
    warmup_steps = int(0.02 * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup_steps, warmup_target=RATE, warmup_steps=warmup_steps
    )
    model = network()
    model.compile(
        keras.optimizers.Adam(schedule), keras.losses.BinaryCrossentropy(from_logits=True)
    )

    def to_input_and_target(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels = tf.cast(images, tf.float32) / 255
        return pixels, pixels

    stream = (
        tf.data.Dataset.from_tensor_slices(data.train.stored)
        .shuffle(len(data.train))
        .batch(BATCH, drop_remainder=True)
        .map(to_input_and_target, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    epoch_starts: list[Clocks] = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: epoch_starts.append(clocks())
    )
    model.fit(stream, epochs=EPOCHS, callbacks=[watch], verbose=0)
    return epoch_starts


def print_comparison(name: str, network: Callable[[], keras.Model]) -> None:
    """Print the table of one model."""
    sizes = zoo.create(name).count_params(), network().count_params()
    assert sizes[0] == sizes[1], sizes
    mnist, count = open_dataset("mnist"), EXAMPLES[name]
    train, test = mnist.train.take(slice(count)), mnist.test.take(slice(500))
    data = Dataset("mnist", train, test, mnist.classes)
    print(f"{name}, {sizes[0]:,} parameters, {count:,} examples, batches of {BATCH}\n")
    ways = {
        "zoo.train": partial(train_with_zoo, name, data, EPOCHS),
        "by hand": partial(train_by_hand, network, data),
    }
    compare(ways, count, ROUNDS)


def main() -> None:
    print_comparison("autoencoder.simple", simple)
    print_comparison("autoencoder.conv", conv)


if __name__ == "__main__":
    main()
