"""Large images in tiles: each has a margin that its middle depends on, and overlaps fade into each other.

Tiles begin at multiples of the network's padding, so its strides meet the same pixels as in the whole image.
Where two tiles overlap, one fades into the other well inside both. If no layer depends on the whole image,
the middle of a tile is then that of the whole image, except for the last bits of a float.

Instance normalisation and channel attention depend on the whole image, and tiles of different brightness
would show. So the mean and the variance of every such map are computed once, for a mosaic of squares from all
over the image, and every tile is computed with them (for attention: Chu et al. 2022, arXiv:2112.04491). The
result is the same function of a pixel's neighbourhood everywhere, so there is no seam. It is close to that of
the whole image, not the same (benchmarks/deblur.py).
"""

import itertools
import logging
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from zoo.data.arrays import Array

from .losses import jit_compile

FADE = 32  # pixels over which one tile fades into the next
SQUARES, SQUARE_SIDE = 3, 344  # squares of a mosaic along each axis, and their side in pixels
SECONDS = 10  # from one line about the tiles that are done to the next
Span = tuple[int, int]
_log = logging.getLogger("zoo")


def restore_in_tiles(
    image: Array, network: keras.Model, tile: int, radius: int, multiple: int
) -> Array:
    """Restore an image tile by tile.

    Args:
        image: float32, shape (height, width, channels).
        network: from images (n, height, width, channels) to images of the same size.
        tile: side of the middle of a tile, without its margin.
        radius: how far away a pixel can be from one that it depends on.
        multiple: the number to whose multiples the network pads sides.

    Returns:
        An image of the same shape.
    """
    margin = -(-(radius + FADE // 2) // multiple) * multiple
    rows, columns = (list(spans(size, tile, margin, multiple)) for size in image.shape[:2])
    tiles = list(itertools.product(rows, columns))
    _log.info("%d x %d pixels are restored in %d tiles", image.shape[1], image.shape[0], len(tiles))
    network = with_fixed_moments(network, mosaic(image))
    total, weights = np.zeros_like(image), np.zeros((*image.shape[:2], 1), np.float32)
    for row, column in with_progress(tiles):
        here = slice(*row), slice(*column)
        down, across = (
            fade_weights(span, size, margin)
            for span, size in zip((row, column), image.shape, strict=False)
        )
        weight = (down[:, None] * across)[..., None]
        total[here] += weight * run_compiled(network, image[None, *here])[0]
        weights[here] += weight
    restored: Array = total / weights
    return restored


def with_progress(tiles: Sequence[tuple[Span, Span]]) -> Iterator[tuple[Span, Span]]:
    """Yield tiles; from time to time, print how many are done."""
    last = time.monotonic()
    for done, tile in enumerate(tiles):
        if time.monotonic() - last > SECONDS:
            _log.info("%d of %d tiles are done", done, len(tiles))
            last = time.monotonic()
        yield tile


def run_compiled(network: keras.Model, images: Array) -> Array:
    """Return the output of a network, run as one compiled graph, which frees each map after its last use."""
    output: Array = compiled_copy(network).predict_on_batch(images)
    return output


@lru_cache(maxsize=4)
def compiled_copy(network: keras.Model) -> keras.Model:
    """Return a compiled model of the same layers; the network itself stays as it is."""
    model = keras.Model(network.inputs, network.outputs)
    model.compile(jit_compile=jit_compile())
    return model


def mosaic(image: Array) -> Array:
    """Return squares from all over an image, side by side; a small image is returned whole."""
    return image[np.ix_(*(mosaic_positions(size) for size in image.shape[:2]))]


def mosaic_positions(size: int) -> Array:
    """Return the positions along an axis that a mosaic shows."""
    if size <= SQUARES * SQUARE_SIDE:
        return np.arange(size)
    starts = np.linspace(0, size - SQUARE_SIDE, SQUARES).astype(int)
    return (starts[:, None] + np.arange(SQUARE_SIDE)).ravel()


def with_fixed_moments(network: keras.Model, sample: Array) -> keras.Model:
    """Return a network that uses the means and variances of a sample for any image.

    Args:
        network: from images to images.
        sample: an image of shape (height, width, channels).
    """
    names = global_layers(network)
    if not names:
        return network
    copy = keras.models.clone_model(network, clone_function=copy_with_moments)
    outputs = run_compiled(moments_model(network), sample[None])
    moments = dict(zip(names, outputs, strict=True))
    for layer in copy.layers:
        weights = network.get_layer(layer.name).get_weights()
        layer.set_weights([*weights, *moments.get(layer.name, ())])
    return copy


def global_layers(network: keras.Model) -> list[str]:
    """Return the names of the layers that depend on the whole image."""
    kinds = (layers.GroupNormalization, layers.GlobalAveragePooling2D)
    return [layer.name for layer in network.layers if isinstance(layer, kinds)]


@lru_cache(maxsize=4)
def moments_model(network: keras.Model) -> keras.Model:
    """Return the model from an image to the mean and variance of each map that a global layer takes."""
    maps = [network.get_layer(name).input for name in global_layers(network)]
    return keras.Model(
        network.input, [ops.stack(ops.moments(values, (0, 1, 2))) for values in maps]
    )


@keras.saving.register_keras_serializable(package="zoo_deblur_gan")
class FixedMean(layers.Layer):
    """Return the mean of another image's map in place of its input's; it has the weights mean and variance.

    Shapes:
        Input (batch, height, width, channels); output (batch, 1, 1, channels).
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Add the mean, and the variance, which is not used."""
        self.mean, self.variance = (
            self.add_weight((shape[-1],), name=name) for name in ("mean", "variance")
        )

    def call(self, values: Any) -> Any:
        """Return the mean for each example."""
        return ops.zeros_like(values[:, :1, :1]) + self.mean


def copy_with_moments(layer: keras.Layer) -> keras.Layer:
    """Return a copy of a layer; one that depends on the whole image becomes one that stores moments."""
    if isinstance(layer, layers.GroupNormalization):
        return layers.BatchNormalization(epsilon=layer.epsilon, name=layer.name)
    if isinstance(layer, layers.GlobalAveragePooling2D):
        return FixedMean(name=layer.name)
    return type(layer).from_config(layer.get_config())


def spans(size: int, tile: int, margin: int, multiple: int) -> Iterator[Span]:
    """Yield spans of an axis that overlap by two margins.

    Args:
        size: the length of the axis.
        tile: the length of a span without its margins.
        margin: the length of a margin.
        multiple: spans begin at its multiples.
    """
    step = max(multiple, tile // multiple * multiple)
    start = 0
    while start == 0 or start + 2 * margin < size:
        end = min(size, start + step + 2 * margin)
        yield start, end
        if end == size:
            return
        start += step


def fade_weights(span: Span, size: int, margin: int) -> Array:
    """Return the weights of a tile along an axis: 0 near its ends, 1 in its middle and at the image's ends.

    Args:
        span: start and end of the tile.
        size: the length of the axis.
        margin: the length of the tile's margin.
    """
    start, end = span
    position = np.arange(start, end, dtype=np.float32) + 0.5
    inset = margin - FADE / 2
    ones = np.ones_like(position)
    rise = ones if start == 0 else (position - start - inset) / FADE
    fall = ones if end == size else (end - position - inset) / FADE
    return np.clip(np.minimum(rise, fall), 0, 1)
