"""Autoencoder: a network that must say its input again through a narrow code.

z = f(x),   y = g(z),   x and y are alike
"""

from typing import Any

import keras
from keras import layers

import zoo
from zoo import augmenting, optimizing

from . import answers
from .config import Config, check_shape
from .networks import chained, halves, network


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Chain the encoder and the decoder, from inputs through the code to the reconstruction."""
    check_shape(config)
    augmenting.check_suits(config, config.rank)
    return network(config)


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the difference between the reconstruction and the clean input."""
    augment = augmenting.augmentation(config, config.rank)
    feed = data.feed(config, lambda x, y: (x, x), augment)
    taught = corrupted(model, config, data.seed)
    steps = feed["steps_per_epoch"] * config.epochs
    loss = keras.losses.BinaryCrossentropy(from_logits=True) if config.binary else "mse"
    taught.compile(optimizing.from_config(config, steps), loss)
    return taught.fit(**feed, callbacks=callbacks)


def corrupted(model: keras.Model, config: Config, seed: int) -> keras.Model:
    """Put noise before the model, in every step anew, and take the sigmoid from its end."""
    inputs = x = keras.Input(config.input_shape)
    if config.corruption:
        x = layers.GaussianNoise(config.corruption, seed=seed)(x, training=True)
        x = layers.ReLU(1.0)(x) if config.binary else x
    # the loss takes logits, which keep the gradient of a sure mistake
    chain = model.layers[1:-1] if config.binary else model.layers[1:]
    return keras.Model(inputs, chained(x, chain))


@zoo.hookimpl
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Ship the encoder, the decoder and the whole, which share their weights."""
    if config.kind == "sequence":
        model = unrolled(model, config)
    bottleneck = model.get_layer("code").output
    code = keras.Input(bottleneck.shape[1:], name="code")
    encoder = keras.Model(model.input, bottleneck, name="encoder")
    decoder = keras.Model(code, chained(code, halves(model)[1]), name="decoder")
    whole = "denoiser" if config.corruption else "autoencoder"
    return {"encoder": encoder, "decoder": decoder, whole: model}


def unrolled(model: keras.Model, config: Config) -> keras.Model:
    """Copy a model of recurrent layers without their loops, which few runtimes know."""
    copied = network(config, unroll=True)
    copied.set_weights(model.get_weights())
    return copied


evaluate = zoo.hookimpl(answers.evaluate)
preview = zoo.hookimpl(answers.preview)
apply = zoo.hookimpl(answers.apply)
