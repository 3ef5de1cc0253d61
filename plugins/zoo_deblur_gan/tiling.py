"""Large images in tiles: each with more around it than its middle depends on, and laid together softly.

Tiles begin at multiples of what the network pads to, so that its strides fall on the same pixels as in
the whole image. Where two tiles overlap, one fades into the other well inside of both. A tile's middle is
then what it would be in the whole image, to the last bits of a float, if no layer looks at all of an image.

Instance normalisation does, and tiles of another brightness each would show. So a first pass measures
the mean and the deviation of every normalised map over all tiles, and the second computes with these
in every tile.
"""

from collections.abc import Iterable, Iterator

import keras
import numpy as np
from keras import layers, ops

FADE = 32  # pixels over which one tile becomes the next
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
    places = [(row, column) for row in rows for column in columns]
    network = settled(network, [image[None, slice(*row), slice(*column)] for row, column in places])
    total, weights = np.zeros_like(image), np.zeros((*image.shape[:2], 1), np.float32)
    for row, column in places:
        here = slice(*row), slice(*column)
        down, along = (
            faded(span, size, margin)
            for span, size in zip((row, column), image.shape, strict=False)
        )
        weight = (down[:, None] * along)[..., None]
        total[here] += weight * ops.convert_to_numpy(network(image[None, *here], training=False))[0]
        weights[here] += weight
    return total / weights


def settled(network: keras.Model, tiles: Iterable[np.ndarray]) -> keras.Model:
    """Give a network whose instance normalisation has the mean and deviation over all tiles of an image."""
    norms = [layer for layer in network.layers if isinstance(layer, layers.GroupNormalization)]
    if not norms:
        return network
    both = [
        ops.stack([ops.mean(values, (0, 1, 2)), ops.mean(ops.square(values), (0, 1, 2))])
        for values in (layer.input for layer in norms)
    ]
    look = keras.Model(network.input, both)
    found = [[ops.convert_to_numpy(each) for each in look(tile, training=False)] for tile in tiles]
    moments = {
        layer.name: np.mean(each, 0)
        for layer, each in zip(norms, zip(*found, strict=True), strict=True)
    }
    copy = keras.models.clone_model(network, clone_function=fixed)
    for layer in copy.layers:
        weights = network.get_layer(layer.name).get_weights()
        if layer.name in moments:
            mean, square = moments[layer.name]
            weights += [mean, np.maximum(square - mean**2, 0)]
        layer.set_weights(weights)
    return copy


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
