"""Autoencoder: a network that reproduces its input from a code of fewer numbers.

    z = f(x),   y = g(z),   minimise the mean over examples and values of d(x, y)

d is the cross-entropy -x log y - (1 - x) log(1 - y) where values are in [0, 1], computed from
logits, and (x - y)^2 elsewhere: a mean over pixels, not a sum, as the source reports it. The kinds:

    simple, deep      dense layers
    sparse            dense layers, and lambda sum_j |z_j| in the loss
    conv              convolution and pooling, then transposed convolutions, for any rank
    denoising         as conv; the input is x + sigma e, e ~ N(0, 1) drawn in each step, the target x
    sequence          LSTMs to z, then LSTMs that receive z at every time step

F. Chollet, "Building Autoencoders in Keras", The Keras Blog (2016); Hinton & Salakhutdinov, "Reducing the
dimensionality of data with neural networks", Science 313 (2006); Vincent et al., "Extracting and
composing robust features with denoising autoencoders", ICML 2008; Srivastava, Mansimov &
Salakhutdinov, "Unsupervised learning of video representations using LSTMs", arXiv:1502.04681.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

import zoo
from zoo.data import augmentation
from zoo.tasks import normalization, optimizers

from . import metrics, plots, predict
from .config import Config, check_range, check_shape
from .networks import apply_layers, build_network, split_layers


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Return the model: inputs -> code -> reconstruction."""
    check_shape(config)
    augmentation.check_augmentation(config, config.input_shape)
    return build_network(config)


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the difference between the reconstruction and the input without noise."""
    check_range(config, data)
    augment = augmentation.augmentation(config, config.input_shape)
    fit_arguments = data.fit_arguments(config, input_and_target(model, config, data), augment)
    trainer = training_model(model, config, data.seed)
    steps = fit_arguments["steps_per_epoch"] * config.epochs
    loss = keras.losses.BinaryCrossentropy(from_logits=True) if config.uses_cross_entropy else "mse"
    trainer.compile(optimizers.from_config(config, steps), loss)
    return trainer.fit(**fit_arguments, callbacks=callbacks)


def input_and_target(
    model: keras.Model, config: Config, data: zoo.Dataset
) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Return the function from an example to the model's input and its target.

    It also adapts the model's normalisation layers to the training split, where there are any.
    """
    if not config.standardizes:
        return lambda x, y: (x, x)
    normalization.adapt(model, data.train, normalization.NAME, "reconstruction")
    mean, std = normalization.mean_and_std(data.train)
    return lambda x, y: (x, (x - mean) / std)


def training_model(model: keras.Model, config: Config, seed: int) -> keras.Model:
    """Return a model with the same layers, with noise before the encoder and without the last layer.

    The last layer is the sigmoid, because the loss takes logits: their gradient does not vanish where the
    model is sure and wrong. Or it is the layer that returns standardised values to their unit, because the
    loss is that of standardised values.
    """
    inputs = x = keras.Input(config.input_shape)
    chain = model.layers[1:]
    if config.standardizes:
        x = chain.pop(0)(x)
    if config.noise_std:
        x = layers.GaussianNoise(config.noise_std, seed=seed)(x, training=True)
        x = layers.ReLU(1.0)(x) if config.uses_cross_entropy else x
    if config.uses_cross_entropy or config.standardizes:
        chain.pop()
    return keras.Model(inputs, apply_layers(x, chain))


@zoo.hookimpl
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Return the encoder, the decoder and the whole model, which share their weights."""
    bottleneck = model.get_layer("code").output
    code = keras.Input(bottleneck.shape[1:], name="code")
    encoder = keras.Model(model.input, bottleneck, name="encoder")
    decoder = keras.Model(code, apply_layers(code, split_layers(model)[1]), name="decoder")
    whole = "denoiser" if config.is_denoiser else "autoencoder"
    return {"encoder": encoder, "decoder": decoder, whole: model}


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
read_item = zoo.hookimpl(predict.read_item)
apply = zoo.hookimpl(predict.apply)
