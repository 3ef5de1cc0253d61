"""Transforms: what the network sees is shifted, turned and scaled a little, anew in each step.

What survives them is no pattern of single pixels (Olah et al. 2017). Images keep their size; what
comes in from beyond the border is its reflection, grey or black. Series are shifted and scaled.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

import zoo

MODES = {"reflect": ("symmetric", None), "grey": ("constant", 0.5), "black": ("constant", 0.0)}


def check(config: Any, sizes: Sequence[int]) -> None:
    """Refuse transforms that images of a size have no room for.

    Raises:
        SettingError: says which, and the most there is room for.
    """
    if margin(config, sizes) > min(sizes):
        raise zoo.SettingError(
            f"jitter={config.jitter}, scale={config.scale} and rotation={config.rotation} reach beyond "
            f"an image of {'x'.join(map(str, sizes))}. Set them lower."
        )


def margin(config: Any, sizes: Sequence[int]) -> int:
    """Count the pixels that may come in from beyond a border."""
    half = max(sizes) / 2
    angle = min(math.radians(config.rotation), math.pi / 4) if len(sizes) == 2 else 0.0
    grown = half * (config.scale + math.sin(angle))
    return config.jitter + math.ceil(grown) + (1 if grown else 0)


def transformed(images: Any, config: Any, seed: Any) -> Any:
    """Shift, turn and scale images of shape (n, ..., channels), all of them alike."""
    sizes = tuple(images.shape[1:-1])
    border = margin(config, sizes)
    if not border:
        return images
    padded = framed(images, border, config.padding)
    shift = keras.random.uniform((len(sizes),), -config.jitter, config.jitter, seed=seed)
    shift = ops.round(shift)
    turns = len(sizes) == 2 and (config.scale or config.rotation)
    if not turns and not (len(sizes) == 1 and config.scale):
        start = ops.cast(shift, "int32") + border
        whole = (images.shape[0], *sizes, images.shape[-1])
        return ops.slice(padded, [0, *ops.unstack(start), 0], whole)
    return sampled(padded, places(sizes, border, shift, config, seed), sizes)


def framed(images: Any, border: int, padding: str) -> Any:
    """Put a frame around images."""
    mode, value = MODES[padding]
    widths = [(0, 0), *[(border, border)] * (len(images.shape) - 2), (0, 0)]
    return ops.pad(images, widths, mode, constant_values=value)


def places(sizes: Sequence[int], border: int, shift: Any, config: Any, seed: Any) -> Any:
    """Say where in the framed image each pixel comes from, shape (axes, pixels).

    y = c + R (x - c) / z + shift, with the turn R and the enlargement z drawn evenly.
    """
    drawn = keras.random.uniform((2,), -1.0, 1.0, seed=seed)
    zoom, angle = 1 + config.scale * drawn[0], math.radians(config.rotation) * drawn[1]
    centre = np.array([(size - 1) / 2 for size in sizes], np.float32)[:, None]
    grid = np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij")).reshape(len(sizes), -1)
    offset = grid.astype(np.float32) - centre
    if len(sizes) == 2:
        cosine, sine = ops.cos(angle), ops.sin(angle)
        turned = [
            cosine * offset[0] - sine * offset[1],
            sine * offset[0] + cosine * offset[1],
        ]
        offset = ops.stack(turned)
    return centre + offset / zoom + shift[:, None] + border


def sampled(images: Any, where: Any, sizes: Sequence[int]) -> Any:
    """Read images at places between pixels, each from the 2^axes around it."""
    around = images.shape[1:-1]
    limits = np.array(around, np.float32)[:, None] - 1.001
    where = ops.clip(where, 0.0, limits)
    low = ops.floor(where)
    share = where - low
    low = ops.cast(low, "int32")
    flat = ops.reshape(images, (images.shape[0], -1, images.shape[-1]))
    total = 0.0
    for corner in np.ndindex(*[2] * len(around)):
        index, weight = 0, 1.0
        for axis, step in enumerate(corner):
            index = index * around[axis] + low[axis] + step
            weight = weight * (share[axis] if step else 1 - share[axis])
        total += ops.take(flat, index, 1) * weight[:, None]
    return ops.reshape(total, (images.shape[0], *sizes, images.shape[-1]))
