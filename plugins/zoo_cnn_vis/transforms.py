"""Transforms: each step shifts, rotates and scales a little what the network sees.

Patterns of single pixels do not survive them (Olah et al. 2017). Images keep their size; beyond the border
there is the image's reflection, grey or black. Series are shifted and scaled.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

import zoo

from .config import Config

MODES = {"reflect": ("symmetric", None), "grey": ("constant", 0.5), "black": ("constant", 0.0)}


def check_transforms(config: Config, sizes: Sequence[int]) -> None:
    """Check that the transforms do not reach beyond the reflection of an image.

    Raises:
        SettingError: they do.
    """
    if border_width(config, sizes) > min(sizes):
        raise zoo.SettingError(
            f"shift_pixels={config.shift_pixels}, zoom={config.zoom} and rotation={config.rotation} reach "
            f"beyond an image of {'x'.join(map(str, sizes))}. Set them to smaller values."
        )


def border_width(config: Config, sizes: Sequence[int]) -> int:
    """Return how many pixels beyond a border the transforms can show."""
    half = max(sizes) / 2
    angle = min(math.radians(config.rotation), math.pi / 4) if len(sizes) == 2 else 0.0
    reach = half * (config.zoom + math.sin(angle))
    return config.shift_pixels + math.ceil(reach) + (1 if reach else 0)


def transform(images: Any, config: Config, seed: Any) -> Any:
    """Shift, rotate and scale images, all of them by the same amounts.

    Args:
        images: shape (n, ..., channels).
        config: the settings.
        seed: a `keras.random.SeedGenerator`.

    Returns:
        Images of the same shape.
    """
    sizes = tuple(images.shape[1:-1])
    border = border_width(config, sizes)
    if not border:
        return images
    padded = pad_border(images, border, config.padding)
    shift = keras.random.uniform(
        (len(sizes),), -config.shift_pixels, config.shift_pixels, seed=seed
    )
    shift = ops.round(shift)
    rotates = len(sizes) == 2 and (config.zoom or config.rotation)
    if not rotates and not (len(sizes) == 1 and config.zoom):
        start = ops.cast(shift, "int32") + border
        shape = (images.shape[0], *sizes, images.shape[-1])
        return ops.slice(padded, [0, *ops.unstack(start), 0], shape)
    return interpolate(padded, sampling_positions(sizes, border, shift, config, seed), sizes)


def pad_border(images: Any, border: int, padding: str) -> Any:
    """Pad every side of images of shape (n, ..., channels) by `border` pixels.

    Args:
        images: shape (n, ..., channels).
        border: the number of pixels.
        padding: reflect, grey or black.
    """
    mode, value = MODES[padding]
    widths = [(0, 0), *[(border, border)] * (len(images.shape) - 2), (0, 0)]
    return ops.pad(images, widths, mode, constant_values=value)


def sampling_positions(
    sizes: Sequence[int], border: int, shift: Any, config: Config, seed: Any
) -> Any:
    """Return where in the padded image each pixel comes from, shape (axes, pixels).

    y = c + R (x - c) / z + shift, with the rotation R and the zoom z drawn uniformly.

    Args:
        sizes: the size of the image without its border.
        border: the width of the border.
        shift: pixels along each axis, shape (axes,).
        config: the settings.
        seed: a `keras.random.SeedGenerator`.
    """
    draws = keras.random.uniform((2,), -1.0, 1.0, seed=seed)
    zoom, angle = 1 + config.zoom * draws[0], math.radians(config.rotation) * draws[1]
    centre = np.array([(size - 1) / 2 for size in sizes], np.float32)[:, None]
    grid = np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij")).reshape(len(sizes), -1)
    offset: Any = grid.astype(np.float32) - centre
    if len(sizes) == 2:
        cosine, sine = ops.cos(angle), ops.sin(angle)
        rows = cosine * offset[0] - sine * offset[1]
        columns = sine * offset[0] + cosine * offset[1]
        offset = ops.stack([rows, columns])
    return centre + offset / zoom + shift[:, None] + border


def interpolate(images: Any, positions: Any, sizes: Sequence[int]) -> Any:
    """Read images at positions between pixels by linear interpolation.

    Args:
        images: shape (n, ..., channels).
        positions: shape (axes, pixels).
        sizes: the size of the result.

    Returns:
        Images of shape (n, *sizes, channels).
    """
    source_sizes = images.shape[1:-1]
    limits = np.array(source_sizes, np.float32)[:, None] - 1.001
    positions = ops.clip(positions, 0.0, limits)
    low = ops.floor(positions)
    share = positions - low
    low = ops.cast(low, "int32")
    flat = ops.reshape(images, (images.shape[0], -1, images.shape[-1]))
    total: Any = 0.0
    for corner in np.ndindex(*[2] * len(source_sizes)):
        index: Any = 0
        weight: Any = 1.0
        for axis, step in enumerate(corner):
            index = index * source_sizes[axis] + low[axis] + step
            weight = weight * (share[axis] if step else 1 - share[axis])
        total += ops.take(flat, index, 1) * weight[:, None]
    return ops.reshape(total, (images.shape[0], *sizes, images.shape[-1]))
