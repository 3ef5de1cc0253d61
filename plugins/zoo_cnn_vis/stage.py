"""A stage of a training: one size of the images, the windows that cover it, and what it is compared with.

A train step is traced for one stage: the sizes are shapes and the arrays are constants of the trace.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from keras import ops

from zoo.data.arrays import Array

from .schedule import Sizes, window_counts


@dataclass(frozen=True, eq=False)
class Stage:
    """Everything that a train step needs to know about the size that the images have.

    Args:
        index: the position of the size in the schedule.
        size: the size of the images.
        tile: the size of a window.
        corners: where the windows begin, in the order in which the steps look at them.
        windows_per_step: the number of windows of each image in one step.
        anchor: the start images at this size, shape (count, *size, channels). The norms and the
            budget measure the distance to them.
        references: what the objective compares the images with: features of the target by layer,
            and one-hot classes of the start.
    """

    index: int
    size: Sizes
    tile: Sizes
    corners: tuple[Sizes, ...]
    windows_per_step: int
    anchor: Array
    references: Mapping[str, Array] = field(default_factory=dict)

    @property
    def steps_per_round(self) -> int:
        """The number of steps in which every window is looked at once."""
        return math.ceil(len(self.corners) / self.windows_per_step)

    def windows(self, images: Any, step: Any) -> tuple[Any, Any]:
        """Cut the windows of one step out of the images and out of the anchor.

        Args:
            images: the images at this size, shape (count, *size, channels).
            step: the number of steps made at this size before, an integer variable.

        Returns:
            Two tensors of shape (windows_per_step * count, *tile, channels).
        """
        if len(self.corners) == 1:
            return images, self.anchor
        shape = (images.shape[0], *self.tile, images.shape[-1])
        corners = ops.convert_to_tensor(np.array(self.corners, np.int32))
        pairs = []
        for position in range(self.windows_per_step):
            turn = ops.convert_to_tensor(step) * self.windows_per_step + position
            corner = ops.take(corners, turn % len(self.corners), 0)
            start = [0, *ops.unstack(corner, len(self.tile)), 0]
            pairs.append([ops.slice(each, start, shape) for each in (images, self.anchor)])
        tiles, anchors = zip(*pairs, strict=True)
        return ops.concatenate(tiles), ops.concatenate(anchors)

    def pixel_rate_scales(self, final: Sizes) -> Array | None:
        """Return 1 / (the number of windows that a pixel is in), shape (1, *final, 1).

        None if the images are one window. Pixels outside this stage's size have the scale 1.
        """
        if self.size == self.tile:
            return None
        counts = np.ones(final, np.float32)
        counts[tuple(map(slice, self.size))] = window_counts(self.size, self.tile)
        scales: Array = (1 / counts)[None, ..., None]
        return scales


def leading_corner(parameters: Any, size: Sizes) -> Any:
    """Return the part of the parameters (n, *largest, k) that images of a size use: (n, *size, k)."""
    return parameters[(slice(None), *map(slice, size))]


def pad_to(corner: Array, shape: tuple[int, ...]) -> Array:
    """Return zeros of a shape (n, *largest, k) with parameters (n, *size, k) in their leading corner."""
    whole = np.zeros(shape, np.float32)
    whole[(slice(None), *map(slice, corner.shape[1:]))] = corner
    return whole
