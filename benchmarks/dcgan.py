"""Training throughput of dcgan.mnist against a hand-written two-tape TensorFlow loop, interleaved.

    ZOO_DATA=../shared/data python benchmarks/dcgan.py > benchmarks/results/dcgan.md

The loop is the one of the guides: one tf.function with a GradientTape for each network, over a tf.data
stream that shuffles, batches and maps, with the networks that the zoo builds, an Adam each, the average
of the generator's weights, and the same four numbers for the log. Both are compiled by the same compiler:
XLA where Keras chooses it for the zoo's.
"""

import sys
from functools import partial

import keras
import tensorflow as tf
from interleaved import Clocks, by_the_zoo, compare, loop, stream

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset

NAME, EXAMPLES, EPOCHS, BATCH = "dcgan.mnist", 25_600, 3, 64


def by_hand(data: Dataset, compiled: bool) -> list[Clocks]:
    model = zoo.create(NAME)
    generator, discriminator, config = model.generator, model.discriminator, model.config
    average = keras.models.clone_model(generator)
    optimizers = [
        keras.optimizers.Adam(config.learning_rate, config.betas[0], config.betas[1])
        for _ in range(2)
    ]
    networks = (discriminator, generator)
    for optimizer, network in zip(optimizers, networks, strict=True):
        optimizer.build(network.trainable_variables)
    means = [keras.metrics.Mean() for _ in range(4)]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function(jit_compile=compiled)
    def step(x: tf.Tensor) -> None:
        noise = tf.random.normal((BATCH, config.latents))
        with tf.GradientTape() as judging, tf.GradientTape() as making:
            made = generator(noise, training=True)
            real, fake = discriminator(x, training=True), discriminator(made, training=True)
            lost = entropy(tf.ones_like(real), real) + entropy(tf.zeros_like(fake), fake)
            gained = entropy(tf.ones_like(fake), fake)
        for tape, loss, optimizer, network in zip(
            (judging, making), (lost, gained), optimizers, networks, strict=True
        ):
            weights = [variable.value for variable in network.trainable_variables]
            optimizer.apply(tape.gradient(loss, weights), network.trainable_variables)
        for mean, new in zip(average.weights, generator.weights, strict=True):
            mean.assign(config.ema * mean + (1 - config.ema) * new)
        values = (lost, gained, tf.reduce_mean(real), tf.reduce_mean(fake))
        for metric, value in zip(means, values, strict=True):
            metric.update_state(value)

    return loop(stream(data, BATCH), step, means, EPOCHS)


def main(rounds: int) -> None:
    full = open_dataset("mnist")
    data = Dataset(NAME, full.train.take(slice(EXAMPLES)), full.test.take(slice(200)))
    model = zoo.create(NAME)
    model.compile("adam")
    ways = {
        "zoo.train": partial(by_the_zoo, NAME, data, EPOCHS, features=None),
        "by hand": partial(by_hand, data, bool(model.jit_compile)),
    }
    print(f"{NAME}, {EXAMPLES:,} examples, batches of {BATCH}, XLA: {model.jit_compile}\n")
    compare(ways, EXAMPLES, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
