"""Large images in tiles: each with more around it than its middle depends on, and laid together softly.

Tiles begin at multiples of what the network pads to, so that its strides fall on the same pixels as in
the whole image. Where two tiles overlap, one fades into the other well inside of both. A tile's middle is
then what it would be in the whole image, to the last bits of a float, if no layer looks at all of an image.

Instance normalisation does, and tiles of another brightness each would show. So the mean and the
deviation of every normalised map are measured first, and once: in a mosaic of places spread evenly over
the image. Then every tile is computed with these. It is one function of a pixel's neighbourhood all over,
so there is no seam; it is near what the whole image would give, not the same (benchmarks/deblur.py).
"""

import itertools
from collections.abc import Iterator
from functools import lru_cache

import keras
import numpy as np
from keras import layers, ops

from .losses import compiled

FADE = 32  # pixels over which one tile becomes the next
PLACES, SIDE = 3, 344  # of a mosaic along each axis, and their size in pixels
Span = tuple[int, int]


def tiled(
    image: np.ndarray, network: keras.Model, tile: int, reach: int, multiple: int
) -> np.ndarray:
    """Restore an image (height, width, channels) tile by tile.

    Args:
        image: float32.
        network: from images (n, h, w, channels) to images of the same size.
        tile: side of the middle of a tile, what lies around it aside.
        reach: how far a pixel can be from one that it depends on.
        multiple: what the network pads sides to.
    """
    margin = -(-(reach + FADE // 2) // multiple) * multiple
    rows, columns = (list(spans(size, tile, margin, multiple)) for size in image.shape[:2])
    network = settled(network, mosaic(image))
    total, weights = np.zeros_like(image), np.zeros((*image.shape[:2], 1), np.float32)
    for row, column in itertools.product(rows, columns):
        here = slice(*row), slice(*column)
        down, along = (
            faded(span, size, margin)
            for span, size in zip((row, column), image.shape, strict=False)
        )
        weight = (down[:, None] * along)[..., None]
        total[here] += weight * answer(network, image[None, *here])[0]
        weights[here] += weight
    return total / weights


def answer(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Run a network in one compiled piece, which frees each map as soon as it is used."""
    return quick(network).predict_on_batch(images)


@lru_cache(maxsize=4)
def quick(network: keras.Model) -> keras.Model:
    """Compile a model of the same layers; the network itself stays as it is."""
    model = keras.Model(network.inputs, network.outputs)
    model.compile(jit_compile=compiled())
    return model


def mosaic(image: np.ndarray) -> np.ndarray:
    """Lay squares from all over an image side by side; a small image is its own."""
    return image[np.ix_(*(places(size) for size in image.shape[:2]))]


def places(size: int) -> np.ndarray:
    """Give the positions along an axis that a mosaic has."""
    if size <= PLACES * SIDE:
        return np.arange(size)
    starts = np.linspace(0, size - SIDE, PLACES).astype(int)
    return (starts[:, None] + np.arange(SIDE)).ravel()


def settled(network: keras.Model, sample: np.ndarray) -> keras.Model:
    """Give a network whose instance normalisation has the mean and deviation of a sample for any image."""
    norms = normalisations(network)
    if not norms:
        return network
    look, copy = measured(network), keras.models.clone_model(network, clone_function=fixed)
    moments = dict(zip(norms, answer(look, sample[None]), strict=True))
    for layer in copy.layers:
        weights = network.get_layer(layer.name).get_weights()
        layer.set_weights([*weights, *moments.get(layer.name, ())])
    return copy


def normalisations(network: keras.Model) -> list[str]:
    """Name the layers that normalise instances."""
    return [layer.name for layer in network.layers if isinstance(layer, layers.GroupNormalization)]


@lru_cache(maxsize=4)
def measured(network: keras.Model) -> keras.Model:
    """Make a network from an image to the mean and variance of what each of its normalisations is given."""
    given = [network.get_layer(name).input for name in normalisations(network)]
    return keras.Model(
        network.input, [ops.stack(ops.moments(values, (0, 1, 2))) for values in given]
    )


def fixed(layer: keras.Layer) -> keras.Layer:
    """Copy a layer; one that normalises instances becomes one that normalises by numbers it keeps."""
    if isinstance(layer, layers.GroupNormalization):
        return layers.BatchNormalization(epsilon=layer.epsilon, name=layer.name)
    return type(layer).from_config(layer.get_config())


def spans(size: int, tile: int, margin: int, multiple: int) -> Iterator[Span]:
    """Divide an axis into spans that overlap by two margins."""
    step = max(multiple, tile // multiple * multiple)
    start = 0
    while start == 0 or start + 2 * margin < size:
        end = min(size, start + step + 2 * margin)
        yield start, end
        if end == size:
            return
        start += step


def faded(span: Span, size: int, margin: int) -> np.ndarray:
    """Give a tile's weights along an axis: 0 near its ends, 1 in its middle, 1 up to the image's ends."""
    start, end = span
    at = np.arange(start, end, dtype=np.float32) + 0.5
    soft = margin - FADE / 2
    rise = np.ones_like(at) if start == 0 else (at - start - soft) / FADE
    fall = np.ones_like(at) if end == size else (end - at - soft) / FADE
    return np.clip(np.minimum(rise, fall), 0, 1)
