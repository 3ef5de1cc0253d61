"""One size for images of many: what the model wants, else their own, else their median, made small."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable

from zoo.errors import DataError

LONGEST = 128  # pixels; photographs of mixed sizes are made as small, to be learnt from in minutes
Size = tuple[int, int, int]  # height, width, channels


def common_shape(what: str, sizes: Counter[Size], wanted: tuple[int | None, ...] | None) -> Size:
    """Choose the shape that all images are brought to.

    Args:
        what: which images, for the error.
        sizes: how many images there are of each size.
        wanted: the model's input_shape, if it was set; None is any size.

    Raises:
        DataError: what is wanted is no shape of an image.
    """
    height, width, channels = _median(sizes)
    if wanted is not None:
        if len(wanted) != 3 or wanted[-1] not in (None, 1, 3, 4):
            raise DataError(
                f"{what} have the shape (height, width, 1 or 3 or 4). "
                f"Received: input_shape {tuple(wanted)}."
            )
        height, width, channels = wanted[0] or height, wanted[1] or width, wanted[2] or channels
    return height, width, channels


def resize_description(sizes: Iterable[Size], size: Size) -> str:
    """Say what preprocessing brings images to one size; nothing where they have it already."""
    if all(found[:2] == size[:2] for found in sizes):
        return ""
    return f"scaled and cut to {size[0]} x {size[1]}, uint8 / 255"


def _median(sizes: Counter[Size]) -> Size:
    """Give the one size of all images, or their median made small; grey among colours is colour."""
    heights, widths, channels = zip(*sizes.elements(), strict=True)
    height, width = int(statistics.median(heights)), int(statistics.median(widths))
    if len(set(zip(heights, widths, strict=True))) > 1:
        height, width = _shrunk(height, width)
    return height, width, max(channels)


def _shrunk(height: int, width: int) -> tuple[int, int]:
    shrink = max(1.0, max(height, width) / LONGEST)
    return math.ceil(height / shrink), math.ceil(width / shrink)
