"""The layers of each kind: from the inputs to the code, and from the code to the reconstruction.

Every network is a chain of layers, so the autoencoder, its encoder and its decoder share the same layers.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from math import prod
from typing import Any

import keras
from keras import layers

from zoo.tasks import normalization

from .config import CONVOLUTIONAL, Config


def apply_layers(x: Any, chain: Sequence[keras.Layer]) -> Any:
    """Return the output of the last layer; each layer takes the output of the one before."""
    return reduce(lambda tensor, layer: layer(tensor), chain, x)


def build_network(config: Config) -> keras.Model:
    """Return the autoencoder: inputs -> code -> reconstruction."""
    inputs = keras.Input(config.input_shape, name="inputs")
    first = [normalization.normalization_layer()] if config.standardizes else []
    chain = [*first, *encoder_layers(config), *decoder_layers(config)]
    return keras.Model(inputs, apply_layers(inputs, chain), name="autoencoder")


def split_layers(model: keras.Model) -> tuple[list[keras.Layer], list[keras.Layer]]:
    """Return the model's layers up to the code, and those after it."""
    cut = model.layers.index(model.get_layer("code")) + 1
    return model.layers[1:cut], model.layers[cut:]


def encoder_layers(config: Config) -> Iterator[keras.Layer]:
    """Return the layers from the inputs to the code; the last has the name `code`."""
    if config.kind == "sequence":
        return lstm_encoder(config)
    return conv_encoder(config) if config.kind in CONVOLUTIONAL else dense_encoder(config)


def decoder_layers(config: Config) -> Iterator[keras.Layer]:
    """Return the layers from the code to the reconstruction; values in [0, 1] come from logits."""
    if config.kind == "sequence":
        yield from lstm_decoder(config)
    else:
        yield from conv_decoder(config) if config.kind in CONVOLUTIONAL else dense_decoder(config)
    if config.uses_cross_entropy:
        yield layers.Reshape(config.input_shape, name="logits")
        yield layers.Activation("sigmoid", name="reconstruction")
    elif config.standardizes:
        yield layers.Reshape(config.input_shape, name="standard")
        yield normalization.normalization_layer("reconstruction", invert=True)
    else:
        yield layers.Reshape(config.input_shape, name="reconstruction")


def code_arguments(config: Config) -> dict[str, Any]:
    """Return the name of the code's layer and its penalty: the batch mean of lambda sum_j |z_j|."""
    penalty = keras.regularizers.L1(config.code_penalty) if config.code_penalty else None
    return {"name": "code", "activity_regularizer": penalty}


def dense_encoder(config: Config) -> Iterator[keras.Layer]:
    """Return the layers h_k = f(W_k h_{k-1} + b_k), from the flat inputs to the code."""
    *sizes, code = config.layer_sizes
    yield layers.Flatten()
    for units in sizes:
        yield layers.Dense(units, config.activation)
    yield layers.Dense(code, config.code_activation, **code_arguments(config))


def dense_decoder(config: Config) -> Iterator[keras.Layer]:
    """Return dense layers with the encoder's sizes in reverse."""
    for units in reversed(config.layer_sizes[:-1]):
        yield layers.Dense(units, config.activation)
    yield layers.Dense(prod(config.input_shape))


def layer_class(name: str, rank: int) -> Any:
    """Return Keras' layer for a number of spatial axes: Conv#Transpose, 2 -> Conv2DTranspose."""
    return getattr(layers, name.replace("#", f"{rank}D"))


def conv_encoder(config: Config) -> Iterator[keras.Layer]:
    """Return a convolution and a pooling by 2 for each size; an odd size is rounded up."""
    convolution, pooling = (layer_class(name, config.rank) for name in ("Conv#", "MaxPooling#"))
    *_, last = range(len(config.layer_sizes))
    for position, filters in enumerate(config.layer_sizes):
        is_code = position == last
        activation = config.code_activation if is_code else config.activation
        yield convolution(filters, config.kernel_size, padding="same", activation=activation)
        yield pooling(2, padding="same", **(code_arguments(config) if is_code else {}))


def conv_decoder(config: Config) -> Iterator[keras.Layer]:
    """Return transposed convolutions of stride 2, each cropped to the size that the encoder had there."""
    transpose = layer_class("Conv#Transpose", config.rank)
    sizes_in_reverse = reversed(sizes_before_pooling(config))
    for filters, sizes in zip(reversed(config.layer_sizes), sizes_in_reverse, strict=True):
        yield transpose(
            filters, config.kernel_size, 2, padding="same", activation=config.activation
        )
        excess = tuple((0, size % 2) for size in sizes)
        if any(right for _, right in excess):
            # Cropping1D takes (left, right); the others take a pair for each axis
            yield layer_class("Cropping#", config.rank)(excess[0] if config.rank == 1 else excess)
    convolution = layer_class("Conv#", config.rank)
    yield convolution(config.input_shape[-1], config.kernel_size, padding="same")


def sizes_before_pooling(config: Config) -> list[tuple[int, ...]]:
    """Return the spatial sizes before each pooling: 28, 14, 7 for an image of 28."""
    sizes = [tuple(config.input_shape[:-1])]
    for _ in config.layer_sizes[1:]:
        sizes.append(tuple(-(-size // 2) for size in sizes[-1]))
    return sizes


def lstm_encoder(config: Config) -> Iterator[keras.Layer]:
    """Return LSTMs, and a dense layer from the last state to the code."""
    *sizes, code = config.layer_sizes
    for units in sizes[:-1]:
        yield layers.LSTM(units, return_sequences=True)
    yield layers.LSTM(sizes[-1])
    yield layers.Dense(code, config.code_activation, **code_arguments(config))


def lstm_decoder(config: Config) -> Iterator[keras.Layer]:
    """Return LSTMs that receive the code at every time step, and a dense layer from their states."""
    time, channels = config.input_shape
    yield layers.RepeatVector(time)
    for units in reversed(config.layer_sizes[:-1]):
        yield layers.LSTM(units, return_sequences=True)
    yield layers.Dense(channels)
