"""Training throughput of cnn on series, images and volumes: `zoo.train` against a Keras script, in turns.

    python benchmarks/throughput.py > benchmarks/results/throughput.md
    python benchmarks/throughput.py --ranks 1,3 --rounds 1

Both train the same network (equal parameter counts) on the same random examples, of the shapes of
GunPoint, MNIST and AdrenalMNIST3D, in batches of one size, with one optimizer and metric and without
augmentation. The script feeds a tf.data pipeline as Keras' guides write it: shuffle, batch, map to
float, prefetch.
"""

import argparse
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from interleaved import Clocks, clocks, compare, train_with_zoo
from keras import layers

import zoo

RATE, DECAY, WARMUP = 2e-3, 1e-4, 0.05


@dataclass(frozen=True)
class Case:
    """The data and the network of one rank. Bytes are divided by 255, floats stay as they are."""

    shape: tuple[int, ...]
    classes: int
    examples: int
    batch: int
    filters: tuple[int, ...]
    convolutions: int
    kernel_size: int
    eight_bits: bool

    def data(self) -> zoo.Dataset:
        generator = np.random.default_rng(0)
        shape = (self.examples + 50, *self.shape)
        values: Any = generator.normal(size=shape).astype(np.float32)
        if self.eight_bits:
            values = generator.integers(0, 256, shape, np.uint8)
        labels = np.arange(len(values)) % self.classes
        cut = self.examples
        splits = [zoo.Split(values[part], labels[part]) for part in (slice(cut), slice(cut, None))]
        return zoo.Dataset("random", *splits, tuple(map(str, range(self.classes))))


CASES = {
    1: Case((150, 1), 2, 6_400, 64, (32, 64, 64), 2, 7, False),
    2: Case((28, 28, 1), 10, 6_400, 128, (32, 64, 128), 2, 3, True),
    3: Case((32, 32, 32, 1), 2, 320, 32, (16, 32, 64), 1, 3, True),
}


def train_cnn_with_zoo(case: Case, data: zoo.Dataset, epochs: int) -> list[Clocks]:
    settings = {
        "filters": case.filters,
        "convolutions": case.convolutions,
        "kernel_size": case.kernel_size,
        "learning_rate": RATE,
        "weight_decay": DECAY,
        "warmup": WARMUP,
        "batch_size": case.batch,
    }
    ours = zoo.create("cnn", input_shape=case.shape, classes=case.classes, **settings)
    assert ours.count_params() == network(case).count_params()
    return train_with_zoo("cnn", data, epochs, **settings)


def network(case: Case) -> keras.Model:
    rank = len(case.shape) - 1
    convolve, pool, drop, average = (
        getattr(layers, f"{name}{rank}D")
        for name in ("Conv", "MaxPooling", "SpatialDropout", "GlobalAveragePooling")
    )
    inputs = x = keras.Input(case.shape)
    if rank == 1:  # as in the zoo's cnn
        x = layers.Normalization(name="standardised")(x)
    for filters in case.filters:
        for _ in range(case.convolutions):
            x = convolve(filters, case.kernel_size, padding="same", use_bias=False)(x)
            x = layers.Activation("relu")(layers.BatchNormalization()(x))
        x = drop(0.1)(pool(2)(x))
    x = layers.Dropout(0.3)(average()(x))
    return keras.Model(inputs, layers.Dense(case.classes)(x))


def train_by_hand(case: Case, data: zoo.Dataset, epochs: int) -> list[Clocks]:
    steps = case.examples // case.batch * epochs
    warmup_steps = int(WARMUP * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup_steps, warmup_target=RATE, warmup_steps=warmup_steps
    )
    if not warmup_steps:
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
    epoch_starts: list[Clocks] = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: epoch_starts.append(clocks())
    )
    model.fit(stream, epochs=epochs, callbacks=[watch], verbose=0)
    return epoch_starts


def print_comparison(rank: int, case: Case, rounds: int, epochs: int) -> None:
    kind = {1: "series", 2: "images", 3: "volumes"}[rank]
    count = f"{network(case).count_params():,} parameters, {case.examples:,} examples"
    print(f"\n## {kind} of {case.shape}: {count}, batches of {case.batch}\n")
    data = case.data()
    ways = {
        "zoo.train": partial(train_cnn_with_zoo, case, data, epochs),
        "by hand": partial(train_by_hand, case, data, epochs),
    }
    compare(ways, case.examples, rounds)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--ranks", default="1,2,3", help="which of 1, 2 and 3")
    options.add_argument("--rounds", type=int, default=4, help="trainings of each kind")
    options.add_argument("--epochs", type=int, default=5, help="in each training, 3 at least")
    arguments = options.parse_args()
    for rank in map(int, arguments.ranks.split(",")):
        print_comparison(rank, CASES[rank], arguments.rounds, max(3, arguments.epochs))


if __name__ == "__main__":
    main()
