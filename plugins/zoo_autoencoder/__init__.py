"""Autoencoder: a network that must say its input again through a narrow code.

    z = f(x),   y = g(z),   minimise the mean over examples and values of d(x, y)

d is the cross-entropy -x log y - (1 - x) log(1 - y) where values are in [0, 1], computed from
logits, and (x - y)^2 elsewhere: a mean over pixels, not a sum, as the source reports it. The kinds:

    simple, deep      dense layers                    sparse      + lambda sum_j |z_j|
    conv              (convolution, pooling)^n, and transposed convolutions back, for any rank
    denoising         the same, trained on x + sigma e, e ~ N(0, 1) anew in each step, to say x
    sequence          LSTM -> z -> the same z at every moment -> LSTM

F. Chollet, "Building Autoencoders in Keras", The Keras Blog (2016); Hinton & Salakhutdinov, "Reducing the
dimensionality of data with neural networks", Science 313 (2006); Vincent et al., "Extracting and
composing robust features with denoising autoencoders", ICML 2008; Srivastava, Mansimov &
Salakhutdinov, "Unsupervised learning of video representations using LSTMs", arXiv:1502.04681.
"""

from typing import Any

import keras
from keras import layers

import zoo
from zoo.data import augmentation
from zoo.tasks import normalization, optimizers

from . import predict
from .config import Config, check_range, check_shape
from .networks import chained, halves, network


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Chain the encoder and the decoder, from inputs through the code to the reconstruction."""
    check_shape(config)
    augmentation.check_suits(config, config.rank)
    return network(config)


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the difference between the reconstruction and the clean input."""
    check_range(config, data)
    augment = augmentation.augmentation(config, config.rank)
    feed = data.fit_arguments(config, pairing(model, config, data), augment)
    taught = corrupted(model, config, data.seed)
    steps = feed["steps_per_epoch"] * config.epochs
    loss = keras.losses.BinaryCrossentropy(from_logits=True) if config.binary else "mse"
    taught.compile(optimizers.from_config(config, steps), loss)
    return taught.fit(**feed, callbacks=callbacks)


def pairing(model: keras.Model, config: Config, data: zoo.Dataset) -> Any:
    """Make the function from an input to what the model is given and what it should say."""
    if not config.standardises:
        return lambda x, y: (x, x)
    normalization.adapt(model, data.train, normalization.NAME, "reconstruction")
    mean, spread = normalization.mean_and_std(data.train)
    return lambda x, y: (x, (x - mean) / spread)


def corrupted(model: keras.Model, config: Config, seed: int) -> keras.Model:
    """Put noise before the encoder, in every step anew, and take what follows the plain output away.

    That is the sigmoid, since the loss takes logits, which keep the gradient of a sure mistake; or what
    brings standardised values back to their unit, since the loss and the noise are of those.
    """
    inputs = x = keras.Input(config.input_shape)
    chain = model.layers[1:]
    if config.standardises:
        x = chain.pop(0)(x)
    if config.corruption:
        x = layers.GaussianNoise(config.corruption, seed=seed)(x, training=True)
        x = layers.ReLU(1.0)(x) if config.binary else x
    if config.binary or config.standardises:
        chain.pop()
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
    whole = "denoiser" if config.denoises else "autoencoder"
    return {"encoder": encoder, "decoder": decoder, whole: model}


def unrolled(model: keras.Model, config: Config) -> keras.Model:
    """Copy a model of recurrent layers without their loops, which few runtimes know."""
    copied = network(config, unroll=True)
    return normalization.with_weights(copied, model.get_weights())


evaluate = zoo.hookimpl(predict.evaluate)
preview = zoo.hookimpl(predict.preview)
apply = zoo.hookimpl(predict.apply)
