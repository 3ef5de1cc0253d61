"""The networks: chains of layers from the inputs to the code, and from the code back.

Each network is a chain, so that the whole, the encoder and the decoder are made of the same layers.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from math import prod
from typing import Any

import keras
from keras import layers

from zoo.tasks import normalization

from .config import CONVOLUTIONAL, Config


def chained(x: Any, chain: Sequence[keras.Layer]) -> Any:
    """Send a tensor through the layers, one after the other."""
    return reduce(lambda tensor, layer: layer(tensor), chain, x)


def network(config: Config, unroll: bool = False) -> keras.Model:
    """Chain the encoder and the decoder: inputs -> code -> reconstruction.

    Args:
        config: the settings.
        unroll: whether the steps of recurrent layers are written out.
    """
    inputs = keras.Input(config.input_shape, name="inputs")
    entrance = [normalization.normalization_layer()] if config.standardises else []
    chain = [*entrance, *encoder(config, unroll), *decoder(config, unroll)]
    return keras.Model(inputs, chained(inputs, chain), name="autoencoder")


def halves(model: keras.Model) -> tuple[list[keras.Layer], list[keras.Layer]]:
    """Part a model's layers: those up to the code, and those after it."""
    cut = model.layers.index(model.get_layer("code")) + 1
    return model.layers[1:cut], model.layers[cut:]


def encoder(config: Config, unroll: bool) -> Iterator[keras.Layer]:
    """Give the layers from the inputs to the code; the last is called `code`."""
    if config.kind == "sequence":
        return read(config, unroll)
    return halved(config) if config.kind in CONVOLUTIONAL else narrowed(config)


def decoder(config: Config, unroll: bool) -> Iterator[keras.Layer]:
    """Give the layers from the code to the reconstruction, for [0, 1] by way of logits."""
    if config.kind == "sequence":
        yield from written(config, unroll)
    else:
        yield from doubled(config) if config.kind in CONVOLUTIONAL else widened(config)
    if config.binary:
        yield layers.Reshape(config.input_shape, name="logits")
        yield layers.Activation("sigmoid", name="reconstruction")
    elif config.standardises:
        yield layers.Reshape(config.input_shape, name="standard")
        yield normalization.normalization_layer("reconstruction", invert=True)
    else:
        yield layers.Reshape(config.input_shape, name="reconstruction")


def penalised(config: Config) -> dict[str, Any]:
    """Name the code's layer, and weigh the mean over the batch of sum_j |z_j|."""
    penalty = keras.regularizers.L1(config.penalty) if config.penalty else None
    return {"name": "code", "activity_regularizer": penalty}


def narrowed(config: Config) -> Iterator[keras.Layer]:
    """Give h_k = f(W_k h_{k-1} + b_k) of the flat inputs, down to the code."""
    *widths, code = config.sizes
    yield layers.Flatten()
    for width in widths:
        yield layers.Dense(width, config.activation)
    yield layers.Dense(code, config.coding, **penalised(config))


def widened(config: Config) -> Iterator[keras.Layer]:
    """Mirror `narrowed`."""
    for width in reversed(config.sizes[:-1]):
        yield layers.Dense(width, config.activation)
    yield layers.Dense(prod(config.input_shape))


def by_rank(name: str, rank: int) -> Any:
    """Find a layer of Keras' by the number of spatial axes: Conv#Transpose, 2 -> Conv2DTranspose."""
    return getattr(layers, name.replace("#", f"{rank}D"))


def halved(config: Config) -> Iterator[keras.Layer]:
    """Convolve and pool by 2, once for each width; an odd size is rounded up."""
    convolution, pooling = (by_rank(name, config.rank) for name in ("Conv#", "MaxPooling#"))
    *_, last = range(len(config.sizes))
    for at, filters in enumerate(config.sizes):
        activation = config.coding if at == last else config.activation
        yield convolution(filters, config.kernel, padding="same", activation=activation)
        yield pooling(2, padding="same", **(penalised(config) if at == last else {}))


def doubled(config: Config) -> Iterator[keras.Layer]:
    """Double by transposed convolutions, and crop to the size that the encoder had there."""
    transposed = by_rank("Conv#Transpose", config.rank)
    for filters, sizes in zip(reversed(config.sizes), reversed(stages(config)), strict=True):
        yield transposed(filters, config.kernel, 2, padding="same", activation=config.activation)
        excess = tuple((0, size % 2) for size in sizes)
        if any(more for _, more in excess):
            # a series is cropped by (left, right), the others by a pair for each axis
            yield by_rank("Cropping#", config.rank)(excess[0] if config.rank == 1 else excess)
    yield by_rank("Conv#", config.rank)(config.input_shape[-1], config.kernel, padding="same")


def stages(config: Config) -> list[tuple[int, ...]]:
    """List the spatial sizes before each halving: 28, 14, 7 for an image of 28."""
    found = [tuple(config.input_shape[:-1])]
    for _ in config.sizes[1:]:
        found.append(tuple(-(-size // 2) for size in found[-1]))
    return found


def read(config: Config, unroll: bool) -> Iterator[keras.Layer]:
    """Read a series through LSTMs; the last state becomes the code."""
    *widths, code = config.sizes
    for width in widths[:-1]:
        yield layers.LSTM(width, return_sequences=True, unroll=unroll)
    yield layers.LSTM(widths[-1], unroll=unroll)
    yield layers.Dense(code, config.coding, **penalised(config))


def written(config: Config, unroll: bool) -> Iterator[keras.Layer]:
    """Tell LSTMs the code at every moment, and read the series off their states."""
    time, channels = config.input_shape
    yield layers.RepeatVector(time)
    for width in reversed(config.sizes[:-1]):
        yield layers.LSTM(width, return_sequences=True, unroll=unroll)
    yield layers.Dense(channels)
