"""Random transforms of a batch of inputs, each a function of a stateless seed; they run inside tf.data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = [
    "Transform",
    "affine",
    "cutout",
    "flip",
    "jitter",
    "scaling",
    "shift",
    "split_seed",
    "window_warp",
]

Transform = Callable[[Any, Any], Any]  # a batch of inputs and a seed of shape (2,) -> inputs


def split_seed(seed: Any, count: int) -> Any:
    """Return independent seeds, one for each use."""
    import tensorflow as tf

    return tf.random.split(seed, count)


def affine(move: float, angle: float, zoom: float) -> Transform:
    """Rotate, enlarge and move images: x -> R(a) (x - c) / z + c + t about the centre c.

    Args:
        move: largest |t| along each axis, as a share of its size.
        angle: largest |a|, in radians.
        zoom: largest |z - 1|.
    """

    def transform(images: Any, seed: Any) -> Any:
        import tensorflow as tf

        count, height, width = tf.unstack(tf.shape(images)[:3])
        h, w = tf.cast(height, tf.float32), tf.cast(width, tf.float32)
        random = tf.random.stateless_uniform([4, count], seed, -1.0, 1.0)
        x, y = random[0] * move * w, random[1] * move * h
        if not angle and not zoom:  # by whole pixels, which does not blur
            x, y = tf.round(x), tf.round(y)
        scale = 1 / (1 + zoom * random[3])
        cos, sin = tf.cos(angle * random[2]) * scale, tf.sin(angle * random[2]) * scale
        cx, cy = (w - 1) / 2, (h - 1) / 2
        zero = tf.zeros([count])
        rows = [cos, -sin, cx - cos * cx + sin * cy + x, sin, cos, cy - sin * cx - cos * cy + y]
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.stack([*rows, zero, zero], 1),
            output_shape=tf.stack([height, width]),
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="REFLECT",
        )

    return transform


def shift(share: float) -> Transform:
    """Move each series or volume by its own number of positions along each axis.

    A volume is filled with zeros; a series is filled with the value at its end.
    """

    def transform(inputs: Any, seed: Any) -> Any:
        import tensorflow as tf

        seeds = tf.unstack(tf.random.split(seed, len(inputs.shape) - 2))
        for axis, each in enumerate(seeds, 1):
            size = tf.shape(inputs)[axis]
            reach = share * tf.cast(size, tf.float32)
            random = tf.random.stateless_uniform([tf.shape(inputs)[0], 1], each, -reach, reach)
            places = tf.range(size)[None] - tf.cast(tf.round(random), tf.int32)
            clipped = tf.gather(
                inputs, tf.clip_by_value(places, 0, size - 1), axis=axis, batch_dims=1
            )
            ones = [1] * (len(inputs.shape) - axis - 1)
            shape = [-1, *[1] * (axis - 1), size, *ones]
            inside = tf.reshape((places >= 0) & (places < size), shape)
            inputs = clipped if len(inputs.shape) == 3 else tf.where(inside, clipped, 0.0)
        return inputs

    return transform


def flip(axes: Sequence[int]) -> Transform:
    """Mirror half of the examples along each axis."""

    def transform(inputs: Any, seed: Any) -> Any:
        import tensorflow as tf

        ones = [1] * (len(inputs.shape) - 1)
        for at, each in zip(axes, tf.unstack(tf.random.split(seed, len(axes))), strict=True):
            mirror = tf.random.stateless_uniform([tf.shape(inputs)[0], *ones], each) < 0.5
            inputs = tf.where(mirror, tf.reverse(inputs, [at]), inputs)
        return inputs

    return transform


def cutout(side: float) -> Transform:
    """Fill a square around a random pixel with the image's own mean."""

    def transform(images: Any, seed: Any) -> Any:
        import tensorflow as tf

        count, height, width = tf.unstack(tf.shape(images)[:3])
        random = tf.random.stateless_uniform([2, count, 1], seed)
        inside = []
        for middle, size in zip(tf.unstack(random), (height, width), strict=True):
            length = tf.cast(size, tf.float32)
            distance = tf.abs(tf.range(length)[None] + 0.5 - middle * length)
            inside.append(distance < side * length / 2)
        hidden = (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
        return tf.where(hidden, tf.reduce_mean(images, [1, 2], keepdims=True), images)

    return transform


def scaling(deviation: float) -> Transform:
    """Multiply each channel of a series by a random factor around 1."""

    def transform(series: Any, seed: Any) -> Any:
        import tensorflow as tf

        shape = [tf.shape(series)[0], 1, series.shape[-1]]
        return series * tf.random.stateless_normal(shape, seed, 1.0, deviation)

    return transform


def jitter(deviation: float) -> Transform:
    """Add noise in proportion to the deviation of each channel in the batch."""

    def transform(series: Any, seed: Any) -> Any:
        import tensorflow as tf

        own = tf.math.reduce_std(series, [0, 1], keepdims=True)
        return series + deviation * own * tf.random.stateless_normal(tf.shape(series), seed)

    return transform


def window_warp(most: float) -> Transform:
    """Change the speed of time in a window of half the length, and interpolate the series there."""

    def transform(series: Any, seed: Any) -> Any:
        import tensorflow as tf

        count, length = tf.shape(series)[0], series.shape[1]
        random = tf.random.stateless_uniform([2, count, 1], seed)
        start = random[0] * (length / 2)
        steps = tf.range(length - 1, dtype=tf.float32)[None]
        rate = 1 + most * (2 * random[1] - 1)
        rates = tf.where((steps >= start) & (steps < start + length / 2), rate, 1.0)
        times = tf.concat([tf.zeros([count, 1]), tf.cumsum(rates, 1)], 1)
        times = times * (length - 1) / times[:, -1:]
        before = tf.minimum(tf.cast(times, tf.int32), length - 2)
        share = (times - tf.cast(before, tf.float32))[..., None]
        left = tf.gather(series, before, batch_dims=1)
        return left + share * (tf.gather(series, before + 1, batch_dims=1) - left)

    return transform
