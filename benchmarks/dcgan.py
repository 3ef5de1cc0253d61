"""Training throughput of dcgan.mnist against a TensorFlow loop with two tapes, in turns.

    ZOO_DATA=../shared/data python benchmarks/dcgan.py > benchmarks/results/dcgan.md

The loop is that of the guides: a tf.function with a GradientTape for each network, and a tf.data stream that
shuffles, batches and maps. It has the zoo's networks, an Adam for each, the average of the generator's
weights, and the same four metrics. Both are compiled in the same way: with XLA where Keras chooses it.
"""

import sys
from functools import partial

import keras
import tensorflow as tf
from interleaved import Clocks, compare, run_epochs, stream, train_with_zoo

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset

NAME, EXAMPLES, EPOCHS, BATCH = "dcgan.mnist", 25_600, 3, 64


def train_by_hand(data: Dataset, jit_compile: bool) -> list[Clocks]:
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
    metrics = [keras.metrics.Mean() for _ in range(4)]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function(jit_compile=jit_compile)
    def step(x: tf.Tensor) -> None:
        noise = tf.random.normal((BATCH, config.latent_dim))
        with tf.GradientTape() as discriminator_tape, tf.GradientTape() as generator_tape:
            images = generator(noise, training=True)
            real, fake = discriminator(x, training=True), discriminator(images, training=True)
            discriminator_loss = entropy(tf.ones_like(real), real) + entropy(
                tf.zeros_like(fake), fake
            )
            generator_loss = entropy(tf.ones_like(fake), fake)
        for tape, loss, optimizer, network in zip(
            (discriminator_tape, generator_tape),
            (discriminator_loss, generator_loss),
            optimizers,
            networks,
            strict=True,
        ):
            weights = [variable.value for variable in network.trainable_variables]
            optimizer.apply(tape.gradient(loss, weights), network.trainable_variables)
        for averaged, weight in zip(average.weights, generator.weights, strict=True):
            averaged.assign(config.ema * averaged + (1 - config.ema) * weight)
        values = (discriminator_loss, generator_loss, tf.reduce_mean(real), tf.reduce_mean(fake))
        for metric, value in zip(metrics, values, strict=True):
            metric.update_state(value)

    return run_epochs(stream(data, BATCH), step, metrics, EPOCHS)


def main(rounds: int) -> None:
    full = open_dataset("mnist")
    data = Dataset(NAME, full.train.take(slice(EXAMPLES)), full.test.take(slice(200)))
    model = zoo.create(NAME)
    model.compile("adam")
    ways = {
        "zoo.train": partial(train_with_zoo, NAME, data, EPOCHS, feature_network=None),
        "by hand": partial(train_by_hand, data, bool(model.jit_compile)),
    }
    print(f"{NAME}, {EXAMPLES:,} examples, batches of {BATCH}, XLA: {model.jit_compile}\n")
    compare(ways, EXAMPLES, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
