"""Training throughput of vae.mnist and vae.fashion-mnist against a TensorFlow loop, in turns.

    ZOO_DATA=../shared/data python benchmarks/vae.py > benchmarks/results/vae.md
    python benchmarks/vae.py 2 vae.mnist        # two rounds of one model

The loop is that of the guides: a GradientTape in a tf.function, and a tf.data stream that shuffles, batches
and maps. It has the zoo's networks, Adam with the same schedule, and the means of the two losses.
"""

import sys
from collections.abc import Iterable
from functools import partial

import keras
import tensorflow as tf
from interleaved import Clocks, compare, run_epochs, stream, train_with_zoo

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.runs.recipe import resolve_without_loading

EXAMPLES = {"vae.mnist": 60_000, "vae.fashion-mnist": 12_800}  # the second is 15 times slower
EPOCHS, BATCH, RATE = 3, 128, 2e-3


def train_by_hand(name: str, data: Dataset) -> list[Clocks]:
    model = zoo.create(name)
    encoder, decoder = model.encoder, model.decoder
    steps = len(data.train) // BATCH
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps * EPOCHS))
    weights = encoder.trainable_variables + decoder.trainable_variables
    optimizer.build(weights)
    metrics = [keras.metrics.Mean() for _ in range(3)]

    @tf.function
    def step(x: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            mean, log_var = encoder(x, training=True)
            z = mean + tf.exp(log_var / 2) * tf.random.normal(tf.shape(mean))
            logits = decoder(z, training=True)
            entropy = tf.nn.sigmoid_cross_entropy_with_logits(x, logits)
            reconstruction = tf.reduce_mean(tf.reduce_sum(entropy, (1, 2, 3)))
            each = tf.square(mean) + tf.exp(log_var) - 1 - log_var
            kl = tf.reduce_mean(tf.reduce_sum(each, 1)) / 2
            loss = reconstruction + kl
        optimizer.apply(tape.gradient(loss, weights), weights)
        for metric, value in zip(metrics, (loss, reconstruction, kl), strict=True):
            metric.update_state(value)

    return run_epochs(stream(data, BATCH), step, metrics, EPOCHS)


def main(rounds: int, names: Iterable[str]) -> None:
    for name in names:
        full = open_dataset(resolve_without_loading(name, {}).source)
        data = Dataset(name, full.train.take(slice(EXAMPLES[name])), full.test.take(slice(200)))
        ways = {
            "zoo.train": partial(train_with_zoo, name, data, EPOCHS),
            "by hand": partial(train_by_hand, name, data),
        }
        print(f"{name}, {EXAMPLES[name]:,} examples, batches of {BATCH}\n")
        compare(ways, EXAMPLES[name], rounds)


if __name__ == "__main__":
    rounds, *names = sys.argv[1:] or ["4"]
    main(int(rounds), names or EXAMPLES)
