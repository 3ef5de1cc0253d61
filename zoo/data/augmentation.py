"""Augmentation: random changes of training inputs that leave their labels true.

They run inside tf.data, whatever the backend, and are a function of the stateless seed of the step,
so that a resumed training sees the same pictures.

Images: shift, rotation, zoom, flip, cutout. Series: scaling, jitter, window warp. Volumes: shift, flip.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import NonNegativeFloat

from zoo.config import Config, Fraction
from zoo.errors import SettingError

if TYPE_CHECKING:
    from zoo.data.pipeline import Augment

Change = Callable[[Any, Any], Any]

SUITS = {
    "shift": (1, 2, 3),
    "rotation": (2,),
    "zoom": (2,),
    "flip": (2, 3),
    "cutout": (2,),
    "scaling": (1,),
    "jitter": (1,),
    "warp": (1,),
}


class AugmentationConfig(Config):
    """The settings of augmentation; all are off by default."""

    shift: Fraction = 0.0
    """Largest shift along each axis, as a share of its size."""
    rotation: NonNegativeFloat = 0.0
    """Largest turn of an image to either side, in degrees."""
    zoom: Fraction = 0.0
    """Largest crop or shrinking of an image, as a share of its size."""
    flip: bool = False
    """Mirror half of the examples: images left to right, volumes along each axis."""
    cutout: Fraction = 0.0
    """Side of a square that is wiped out, as a share of the image (DeVries & Taylor 2017)."""
    scaling: NonNegativeFloat = 0.0
    """Standard deviation of a factor on a series' channels (Um et al. 2017)."""
    jitter: NonNegativeFloat = 0.0
    """Standard deviation of noise added to a series, in its channels' own deviations (Um et al. 2017)."""
    warp: Fraction = 0.0
    """How much a window of a series is sped up or slowed down (Le Guennec et al. 2016)."""


def augmentation(config: AugmentationConfig, rank: int) -> Augment | None:
    """Chain what the settings ask for; None where they ask for nothing.

    Args:
        config: the settings.
        rank: spatial axes of an input: 1 for series, 2 for images, 3 for volumes.

    Raises:
        SettingError: a setting does not suit inputs of that rank.
    """
    check_suits(config, rank)
    changes = list(_changes(config, rank))
    if not changes:
        return None

    def augment(inputs: Any, seed: Any) -> Any:
        import tensorflow as tf

        seeds = tf.random.split(seed, len(changes))
        for at, change in enumerate(changes):
            inputs = change(inputs, seeds[at])
        return inputs

    return augment


def check_suits(config: AugmentationConfig, rank: int) -> None:
    """Refuse an augmentation that would make no sense for such inputs.

    Raises:
        SettingError: it names the setting and those that suit.
    """
    for name, ranks in SUITS.items():
        if getattr(config, name) and rank not in ranks:
            kind = {1: "series", 2: "images", 3: "volumes"}.get(rank, "bare numbers")
            fitting = ", ".join(other for other, suits in SUITS.items() if rank in suits)
            raise SettingError(f"{name} does not suit {kind}. There is {fitting or 'none'}.")


def _changes(config: AugmentationConfig, rank: int) -> Sequence[Change]:
    changes: list[Change] = []
    if rank == 2 and (config.shift or config.rotation or config.zoom):
        changes.append(_affine(config.shift, math.radians(config.rotation), config.zoom))
    elif config.shift:
        changes.append(_moved(config.shift))
    if config.flip:
        changes.append(_flipped([2] if rank == 2 else [1, 2, 3]))
    if config.cutout:
        changes.append(_cut(config.cutout))
    if config.warp:
        changes.append(_warped(config.warp))
    if config.scaling:
        changes.append(_scaled(config.scaling))
    if config.jitter:
        changes.append(_jittered(config.jitter))
    return changes


def _affine(shift: float, angle: float, zoom: float) -> Change:
    """Turn by a about the centre c, enlarge by z and move by t: x -> R(a) (x - c) / z + c + t."""

    def change(images: Any, seed: Any) -> Any:
        import tensorflow as tf

        count, height, width = tf.unstack(tf.shape(images)[:3])
        h, w = tf.cast(height, tf.float32), tf.cast(width, tf.float32)
        drawn = tf.random.stateless_uniform([4, count], seed, -1.0, 1.0)
        x, y = drawn[0] * shift * w, drawn[1] * shift * h
        if not angle and not zoom:  # whole pixels blur nothing
            x, y = tf.round(x), tf.round(y)
        scale = 1 / (1 + zoom * drawn[3])
        cos, sin = tf.cos(angle * drawn[2]) * scale, tf.sin(angle * drawn[2]) * scale
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

    return change


def _moved(shift: float) -> Change:
    """Move each example by its own number of positions along each axis.

    Zeros come into volumes; a series goes on with the value at its end, whatever that is.
    """

    def change(inputs: Any, seed: Any) -> Any:
        import tensorflow as tf

        seeds = tf.unstack(tf.random.split(seed, len(inputs.shape) - 2))
        for axis, each in enumerate(seeds, 1):
            size = tf.shape(inputs)[axis]
            reach = shift * tf.cast(size, tf.float32)
            drawn = tf.random.stateless_uniform([tf.shape(inputs)[0], 1], each, -reach, reach)
            places = tf.range(size)[None] - tf.cast(tf.round(drawn), tf.int32)
            kept = tf.gather(inputs, tf.clip_by_value(places, 0, size - 1), axis=axis, batch_dims=1)
            ones = [1] * (len(inputs.shape) - axis - 1)
            shape = [-1, *[1] * (axis - 1), size, *ones]
            inside = tf.reshape((places >= 0) & (places < size), shape)
            inputs = kept if len(inputs.shape) == 3 else tf.where(inside, kept, 0.0)
        return inputs

    return change


def _flipped(axes: Sequence[int]) -> Change:
    def change(inputs: Any, seed: Any) -> Any:
        import tensorflow as tf

        ones = [1] * (len(inputs.shape) - 1)
        for at, each in zip(axes, tf.unstack(tf.random.split(seed, len(axes))), strict=True):
            chosen = tf.random.stateless_uniform([tf.shape(inputs)[0], *ones], each) < 0.5
            inputs = tf.where(chosen, tf.reverse(inputs, [at]), inputs)
        return inputs

    return change


def _cut(side: float) -> Change:
    """Wipe a square around a random pixel out, with the image's own mean."""

    def change(images: Any, seed: Any) -> Any:
        import tensorflow as tf

        count, height, width = tf.unstack(tf.shape(images)[:3])
        drawn = tf.random.stateless_uniform([2, count, 1], seed)
        inside = []
        for middle, size in zip(tf.unstack(drawn), (height, width), strict=True):
            length = tf.cast(size, tf.float32)
            away = tf.abs(tf.range(length)[None] + 0.5 - middle * length)
            inside.append(away < side * length / 2)
        hidden = (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
        return tf.where(hidden, tf.reduce_mean(images, [1, 2], keepdims=True), images)

    return change


def _scaled(spread: float) -> Change:
    def change(series: Any, seed: Any) -> Any:
        import tensorflow as tf

        shape = [tf.shape(series)[0], 1, series.shape[-1]]
        return series * tf.random.stateless_normal(shape, seed, 1.0, spread)

    return change


def _jittered(spread: float) -> Change:
    def change(series: Any, seed: Any) -> Any:
        import tensorflow as tf

        own = tf.math.reduce_std(series, [0, 1], keepdims=True)
        return series + spread * own * tf.random.stateless_normal(tf.shape(series), seed)

    return change


def _warped(most: float) -> Change:
    """Let time run at another rate in a window of half the length, and read the series there."""

    def change(series: Any, seed: Any) -> Any:
        import tensorflow as tf

        count, length = tf.shape(series)[0], series.shape[1]
        drawn = tf.random.stateless_uniform([2, count, 1], seed)
        start = drawn[0] * (length / 2)
        steps = tf.range(length - 1, dtype=tf.float32)[None]
        rate = 1 + most * (2 * drawn[1] - 1)
        rates = tf.where((steps >= start) & (steps < start + length / 2), rate, 1.0)
        times = tf.concat([tf.zeros([count, 1]), tf.cumsum(rates, 1)], 1)
        times = times * (length - 1) / times[:, -1:]
        before = tf.minimum(tf.cast(times, tf.int32), length - 2)
        share = (times - tf.cast(before, tf.float32))[..., None]
        left = tf.gather(series, before, batch_dims=1)
        return left + share * (tf.gather(series, before + 1, batch_dims=1) - left)

    return change
