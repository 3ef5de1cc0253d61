"""Normalising flow: an invertible network that turns examples into noise, and noise into examples.

    a, b = the even and the odd numbers of x          then, in each coupling, with the roles exchanged,
    b <- b exp(s(a)) + t(a)                           whose inverse is   b <- (b - t(a)) exp(-s(a))
    log p(x) = log N(z; 0, 1) + sum of all s

z is what the last coupling returns. The logarithm of the density is exact, and is what is maximised.
L. Dinh, J. Sohl-Dickstein, S. Bengio, "Density estimation using Real NVP", ICLR 2017.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from pydantic import PositiveInt

import zoo
from zoo.config import FROM_DATA, FromData
from zoo.inference.parts import Parts
from zoo.io import pictures
from zoo.tasks import optimizers

LARGEST_SCALE = 2.0  # of |s|, so that no number grows without bound
SAMPLES = 20  # images of the preview


class Config(optimizers.OptimizerConfig):
    """Settings of the flow."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Shape of one example, with an even count of numbers. None: the dataset's."""
    couplings: PositiveInt = 6
    """Couplings, one after the other."""
    units: PositiveInt = 128
    """Units of the two hidden layers of each s and t."""
    noise: zoo.Fraction = 1 / 16
    """Width of the noise that fills the steps between grey values; 1/16 for the digits, 1/256 for bytes."""
    temperature: zoo.Fraction = 0.8
    """Standard deviation of the noise that the pictures are drawn from."""
    epochs: PositiveInt = 60


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


def count_of(config: Config) -> int:
    """Return how many numbers an example has.

    Raises:
        zoo.SettingError: the count is odd.
    """
    count = math.prod(config.input_shape)
    if count % 2:
        raise zoo.SettingError(
            f"A flow takes examples of an even count of numbers. Received: {config.input_shape}"
        )
    return count


def coupling_network(half: int, units: int, name: str) -> keras.Model:
    """Return the network from one half a to s(a) and t(a); at first both are 0."""
    a = keras.Input((half,), name="half")
    hidden = layers.Dense(units, "relu", name="hidden_1")(a)
    hidden = layers.Dense(units, "relu", name="hidden_2")(hidden)
    scale = layers.Dense(half, "tanh", kernel_initializer="zeros", name="raw_scale")(hidden)
    scale = layers.Rescaling(LARGEST_SCALE, name="scale")(scale)
    shift = layers.Dense(half, kernel_initializer="zeros", name="shift")(hidden)
    return keras.Model(a, [scale, shift], name=name)


def halves(x: Any, count: int) -> tuple[Any, Any]:
    """Return the even and the odd numbers of flat examples."""
    pairs = layers.Permute((2, 1))(layers.Reshape((count // 2, 2))(x))
    even, odd = layers.Cropping1D((0, 1))(pairs), layers.Cropping1D((1, 0))(pairs)
    return layers.Flatten()(even), layers.Flatten()(odd)


def encode(x: Any, networks: Sequence[keras.Model], count: int) -> tuple[Any, Any]:
    """Return the latents z of flat examples, and the sum of all s, shape (batch, 1)."""
    a, b = halves(x, count)
    means = []
    for network in networks:
        scale, shift = network(a)
        b = layers.Add()([layers.Multiply()([b, layers.Activation("exponential")(scale)]), shift])
        means.append(layers.GlobalAveragePooling1D()(layers.Reshape((count // 2, 1))(scale)))
        a, b = b, a
    total = layers.Add()(means) if len(means) > 1 else means[0]
    return layers.Concatenate(name="latents")([a, b]), layers.Rescaling(count / 2)(total)


def decode(z: Any, networks: Sequence[keras.Model], count: int) -> Any:
    """Return the flat examples of latents: the couplings backwards, each inverted."""
    pairs = layers.Reshape((2, count // 2))(z)
    a = layers.Flatten()(layers.Cropping1D((0, 1))(pairs))
    b = layers.Flatten()(layers.Cropping1D((1, 0))(pairs))
    for network in reversed(networks):
        a, b = b, a
        scale, shift = network(a)
        inverse = layers.Activation("exponential")(layers.Rescaling(-1.0)(scale))
        b = layers.Multiply()([layers.Subtract()([b, shift]), inverse])
    rows = layers.Concatenate()([a, b])
    pairs = layers.Permute((2, 1))(layers.Reshape((2, count // 2))(rows))
    return layers.Reshape((count,))(pairs)


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Return the flow: examples -> latents and the sum of all s."""
    count = count_of(config)
    inputs = keras.Input(config.input_shape, name="example")
    networks = [
        coupling_network(count // 2, config.units, f"coupling_{at}")
        for at in range(config.couplings)
    ]
    centred = layers.Rescaling(2.0, -1.0, name="centred")(layers.Flatten()(inputs))
    return keras.Model(inputs, list(encode(centred, networks, count)), name="flow")


def coupling_networks(model: keras.Model, config: Config) -> list[keras.Model]:
    """Return the networks of the couplings, in order."""
    return [model.get_layer(f"coupling_{at}") for at in range(config.couplings)]


def add_noise(inputs: Any, random: Any, width: float) -> Any:
    """Return examples with uniform noise, so that a flow finds a density and no steps."""
    return (inputs + random.uniform(inputs.shape, 0.0, width)) / (1 + width)


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the negative logarithm of the density, for each number of an example."""
    count = count_of(config)
    inputs = model.input

    def loss(_: Any, outputs: Any) -> Any:
        z, total = outputs[:, :count], outputs[:, count]
        return (ops.sum(z * z, axis=-1) / 2 - total) / count + math.log(2 * math.pi) / 2

    joined = keras.Model(inputs, layers.Concatenate(name="joined")(model.outputs))
    arguments = data.fit_arguments(
        config,
        lambda x, y: (x, x),
        lambda x, random: add_noise(x, random, config.noise),
    )
    steps = arguments["steps_per_epoch"] * config.epochs
    joined.compile(optimizers.from_config(config, steps), loss)
    return joined.fit(**arguments, callbacks=callbacks)


@zoo.hookimpl
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Return the encoder (example -> latents, log-density) and the generator (latents -> example)."""
    count = count_of(config)
    latents = keras.Input((count,), name="latents")
    flat = layers.Rescaling(0.5, 0.5)(decode(latents, coupling_networks(model, config), count))
    bounded = layers.ReLU(max_value=1.0)(flat)
    example = layers.Reshape(config.input_shape, name="example")(bounded)
    return {"encoder": encoder(model, count), "generator": keras.Model(latents, example)}


def encoder(model: keras.Model, count: int) -> keras.Model:
    """Return the model from an example to its latents and the logarithm of its density."""
    z, total = model.outputs
    square = layers.Reshape((count, 1))(layers.Multiply()([z, z]))
    energy = layers.Rescaling(-count / 2)(layers.GlobalAveragePooling1D()(square))
    constant = -count / 2 * math.log(2 * math.pi) + count * math.log(2)  # of N(0, 1); of 2 x - 1
    density = layers.Rescaling(1.0, constant, name="log_density")(layers.Add()([energy, total]))
    return keras.Model(model.input, {"latents": z, "log_density": density})


@zoo.hookimpl
def evaluate(
    parts: Parts, config: Config, data: zoo.Dataset, batch_size: int | None
) -> dict[str, float]:
    """Return the negative log-density of the test examples in bits for each number, with fixed noise."""
    images = data.test.inputs
    noise = np.asarray(np.random.default_rng(0).uniform(0, config.noise, images.shape))
    noisy = ((images + noise) / (1 + config.noise)).astype(np.float32)
    latents, density = parts["encoder"](noisy, batch_size=batch_size or 64)
    bits = -density.mean() / count_of(config) / math.log(2)
    return {"bits": float(bits), "latent_deviation": float(latents.std())}


@zoo.hookimpl
def preview(model: keras.Model, config: Config) -> dict[str, Any]:
    """Draw examples of fixed noise."""
    if len(config.input_shape) != 3 or config.input_shape[-1] not in (1, 3):
        return {}
    noise = np.random.default_rng(0).normal(size=(SAMPLES, count_of(config))).astype(np.float32)
    generator = export(model, config)["generator"]
    images = ops.convert_to_numpy(generator(noise * np.float32(config.temperature)))
    return {"samples": pictures.plot_images(list(images), [""] * SAMPLES, columns=5)}


@zoo.hookimpl
def apply(parts: Parts, inputs: Sequence[Any]) -> list[Mapping[str, Any]]:
    """Return the logarithm of the density of each of the user's examples: low for what is unusual."""
    return [{"log_density": float(density[0])} for _, density in parts["encoder"].each(inputs)]
