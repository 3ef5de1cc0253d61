"""The size that images are brought to: the model's, else their own or their median, shrunk if large."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = ["LONGEST_SIDE", "Size", "common_shape", "resize_description"]

LONGEST_SIDE = 128  # pixels of larger images and of mixed sizes, so that training takes minutes
FEW_IMAGES, SIDE_OF_FEW = 1000, 64  # fewer images teach no more of larger ones
_WORDS = {
    "pad": "scaled and padded with black",
    "stretch": "stretched",
    "crop": "scaled and cut",
}
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


def resize_description(sizes: Iterable[Size], size: Size, resize: Resize) -> str:
    """Return the preprocessing that brings images to one size; empty where all have that size.

    Args:
        sizes: those of the images.
        size: the one that they are brought to.
        resize: how: pad, stretch or crop.
    """
    if all(each[:2] == size[:2] for each in sizes):
        return ""
    return f"{_WORDS[resize]} to {size[0]} x {size[1]}, uint8 / 255"


def _median_size(sizes: Counter[Size]) -> Size:
    """Return the one size of all images, or their median, shrunk; one colour image makes all colour.

    Small images of one size stay as they are.
    """
    heights, widths, channels = zip(*sizes.elements(), strict=True)
    height, width = int(statistics.median(heights)), int(statistics.median(widths))
    if len(set(zip(heights, widths, strict=True))) > 1 or max(height, width) > LONGEST_SIDE:
        few = len(heights) < FEW_IMAGES
        height, width = _shrink(height, width, SIDE_OF_FEW if few else LONGEST_SIDE)
    return height, width, max(channels)


def _shrink(height: int, width: int, longest: int) -> tuple[int, int]:
    """Return a height and a width of at most `longest`, in about the same proportion."""
    factor = max(1.0, max(height, width) / longest)
    return math.ceil(height / factor), math.ceil(width / factor)
