"""Random transforms of a batch of inputs on JAX: the functions of zoo.data.random.transforms.

A seed is a key of JAX, shape (2,). The random numbers differ from TensorFlow's, not their distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.data.random.transforms import Transform

__all__ = [
    "affine", "cutout", "flip", "jitter", "scaling", "shift", "split_seed", "window_warp",
]  # fmt: skip


def split_seed(seed: Any, count: int) -> Any:
    """Return independent seeds, one for each use."""
    import jax

    return jax.random.split(seed, count)


def affine(move: float, angle: float, zoom: float) -> Transform:
    """Rotate, enlarge and move images: x -> R(a) (x - c) / z + c + t about the centre c.

    Args:
        move: largest |t| along each axis, as a share of its size.
        angle: largest |a|, in radians.
        zoom: largest |z - 1|.
    """

    def transform(images: Any, seed: Any) -> Any:
        import jax
        from jax import numpy

        count, height, width = images.shape[:3]
        random = jax.random.uniform(seed, (4, count, 1, 1), minval=-1.0, maxval=1.0)
        x, y = random[0] * move * width, random[1] * move * height
        if not angle and not zoom:  # by whole pixels, which does not blur
            x, y = numpy.round(x), numpy.round(y)
        scale = 1 / (1 + zoom * random[3])
        cos, sin = numpy.cos(angle * random[2]) * scale, numpy.sin(angle * random[2]) * scale
        cx, cy = (width - 1) / 2, (height - 1) / 2
        down, right = numpy.arange(height)[:, None] - cy, numpy.arange(width)[None] - cx
        return _bilinear(
            images, sin * right + cos * down + cy + y, cos * right - sin * down + cx + x
        )

    return transform


def shift(share: float) -> Transform:
    """Move each series or volume by its own number of positions along each axis.

    A volume is filled with zeros; a series is filled with the value at its end.
    """

    def transform(inputs: Any, seed: Any) -> Any:
        import jax
        from jax import numpy

        rank = inputs.ndim - 2
        for axis, each in enumerate(split_seed(seed, rank), 1):
            size = inputs.shape[axis]
            reach = share * size
            random = jax.random.uniform(each, (len(inputs), 1), minval=-reach, maxval=reach)
            places = numpy.arange(size)[None] - numpy.round(random).astype(int)
            shape = [1] * inputs.ndim
            shape[0], shape[axis] = len(inputs), size
            inside = ((places >= 0) & (places < size)).reshape(shape)
            clipped = numpy.clip(places, 0, size - 1).reshape(shape)
            inputs = numpy.take_along_axis(inputs, clipped, axis)
            if rank > 1:
                inputs = numpy.where(inside, inputs, 0.0)
        return inputs

    return transform


def flip(axes: Sequence[int]) -> Transform:
    """Mirror half of the examples along each axis."""

    def transform(inputs: Any, seed: Any) -> Any:
        import jax
        from jax import numpy

        shape = (len(inputs), *[1] * (inputs.ndim - 1))
        for axis, each in zip(axes, split_seed(seed, len(axes)), strict=True):
            mirror = jax.random.uniform(each, shape) < 0.5
            inputs = numpy.where(mirror, numpy.flip(inputs, axis), inputs)
        return inputs

    return transform


def cutout(side: float) -> Transform:
    """Fill a square around a random pixel with the image's own mean."""

    def transform(images: Any, seed: Any) -> Any:
        import jax
        from jax import numpy

        count, *sizes = images.shape[:3]
        random = jax.random.uniform(seed, (2, count, 1))
        inside = []
        for middle, size in zip(random, sizes, strict=True):
            distance = numpy.abs(numpy.arange(size)[None] + 0.5 - middle * size)
            inside.append(distance < side * size / 2)
        hidden = (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
        return numpy.where(hidden, images.mean((1, 2), keepdims=True), images)

    return transform


def scaling(deviation: float) -> Transform:
    """Multiply each channel of a series by a random factor around 1."""

    def transform(series: Any, seed: Any) -> Any:
        import jax

        shape = (len(series), 1, series.shape[-1])
        return series * (1 + deviation * jax.random.normal(seed, shape))

    return transform


def jitter(deviation: float) -> Transform:
    """Add noise in proportion to the deviation of each channel in the batch."""

    def transform(series: Any, seed: Any) -> Any:
        import jax

        own = series.std((0, 1), keepdims=True)
        return series + deviation * own * jax.random.normal(seed, series.shape)

    return transform


def window_warp(most: float) -> Transform:
    """Change the speed of time in a window of half the length, and interpolate the series there."""

    def transform(series: Any, seed: Any) -> Any:
        import jax
        from jax import numpy

        count, length = series.shape[:2]
        random = jax.random.uniform(seed, (2, count, 1))
        start = random[0] * (length / 2)
        steps = numpy.arange(length - 1)[None]
        rate = 1 + most * (2 * random[1] - 1)
        rates = numpy.where((steps >= start) & (steps < start + length / 2), rate, 1.0)
        times = numpy.concatenate([numpy.zeros((count, 1)), numpy.cumsum(rates, 1)], 1)
        times = times * (length - 1) / times[:, -1:]
        before = numpy.minimum(times.astype(int), length - 2)
        share = (times - before)[..., None]
        left = numpy.take_along_axis(series, before[..., None], 1)
        right = numpy.take_along_axis(series, before[..., None] + 1, 1)
        return left + share * (right - left)

    return transform


def _bilinear(images: Any, down: Any, right: Any) -> Any:
    """Return images read at other places; beyond an edge, they are mirrored: d c b a | a b c d | d c b a.

    Args:
        images: shape (n, height, width, channels).
        down: the row of each place, shape (n, height, width).
        right: the column of each place, of the same shape.
    """
    from jax import numpy

    example = numpy.arange(len(images))[:, None, None]
    (top, bottom, lower), (left, beside, farther) = (
        _neighbours(place, size)
        for place, size in zip((down, right), images.shape[1:3], strict=True)
    )
    above = (1 - farther) * images[example, top, left] + farther * images[example, top, beside]
    below = (1 - farther) * images[example, bottom, left] + farther * images[
        example, bottom, beside
    ]
    return (1 - lower) * above + lower * below


def _neighbours(place: Any, size: int) -> tuple[Any, Any, Any]:
    """Return the pixel before a mirrored place, the pixel after it, and the share of the second."""
    from jax import numpy

    wrapped = (place + 0.5) % (2 * size)
    mirrored = numpy.clip(numpy.minimum(wrapped, 2 * size - wrapped) - 0.5, 0, size - 1)
    before = numpy.floor(mirrored).astype(int)
    return before, numpy.minimum(before + 1, size - 1), (mirrored - before)[..., None]
