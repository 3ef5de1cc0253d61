"""The size that images of several sizes are brought to: the model's, else their own, else their median."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable

from zoo.errors import DataError

__all__ = ["LONGEST_SIDE", "Size", "common_shape", "resize_description"]

LONGEST_SIDE = (
    128  # pixels that photographs of mixed sizes are shrunk to, so that training takes minutes
)
Size = tuple[int, int, int]  # height, width, channels


def common_shape(what: str, sizes: Counter[Size], shape: tuple[int | None, ...] | None) -> Size:
    """Return the shape that all images are brought to.

    Args:
        what: which images, for the error message.
        sizes: how many images there are of each size.
        shape: the model's input_shape, if it was set; None is any size.

    Raises:
        DataError: `shape` is no shape of an image.
    """
    height, width, channels = _median_size(sizes)
    if shape is not None:
        if len(shape) != 3 or shape[-1] not in (None, 1, 3, 4):
            raise DataError(
                f"{what} have the shape (height, width, 1 or 3 or 4). "
                f"Received: input_shape {tuple(shape)}."
            )
        height, width, channels = shape[0] or height, shape[1] or width, shape[2] or channels
    return height, width, channels


def resize_description(sizes: Iterable[Size], size: Size) -> str:
    """Return the preprocessing that brings images to one size; empty where all have that size."""
    if all(each[:2] == size[:2] for each in sizes):
        return ""
    return f"scaled and cut to {size[0]} x {size[1]}, uint8 / 255"


def _median_size(sizes: Counter[Size]) -> Size:
    """Return the one size of all images, or their median, shrunk; one colour image makes all colour."""
    heights, widths, channels = zip(*sizes.elements(), strict=True)
    height, width = int(statistics.median(heights)), int(statistics.median(widths))
    if len(set(zip(heights, widths, strict=True))) > 1:
        height, width = _shrink(height, width)
    return height, width, max(channels)


def _shrink(height: int, width: int) -> tuple[int, int]:
    """Return a height and a width of at most LONGEST_SIDE, in about the same proportion."""
    factor = max(1.0, max(height, width) / LONGEST_SIDE)
    return math.ceil(height / factor), math.ceil(width / factor)
