"""Arrays of examples: their dtype, their shape and their range."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]


def as_float(stored: Array) -> Array:
    """Convert stored inputs to float32; uint8 becomes [0, 1]."""
    if stored.dtype == np.uint8:
        return stored.astype(np.float32) / np.float32(255)
    return stored.astype(np.float32, copy=False)


def as_array(values: Any) -> Array:
    """Make an array in this machine's byte order, which is the only one that TensorFlow reads.

    Raises:
        DataError: the values are lists of different lengths.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"Examples must all have one shape: {error}.") from error
    return array.astype(array.dtype.newbyteorder("="), copy=False)


SLACK = 1e-3  # how far an image may leave [0, 1]: what resizing with a sharp filter overshoots


def check_numbers(what: str, array: Array) -> None:
    """Refuse an array that holds anything but finite numbers.

    Raises:
        DataError: says what it holds, or in which example the first bad number is.
    """
    if array.dtype.kind not in "fiub":
        raise DataError(f"{what} must hold numbers. Received: {array.dtype}.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        good = np.isfinite(array).reshape(len(array), -1).all(1)
        raise DataError(
            f"{what} holds a value that is not a finite number, in example {int(np.argmin(good))}."
        )


def is_image(shape: tuple[int, ...]) -> bool:
    """Tell whether one example's shape is that of an image: height, width, and 1, 3 or 4 channels."""
    return len(shape) == 3 and shape[-1] in (1, 3, 4)


def check_range(what: str, pixels: Array) -> None:
    """Refuse images that are neither uint8 nor within [0, 1], and bits in bytes, which become 1/255.

    Raises:
        DataError: says the range they have, and how to bring them there.
    """
    low, high = float(pixels.min()), float(pixels.max())
    if pixels.dtype == np.uint8:
        if high == 1:
            raise DataError(
                f"{what} holds uint8 numbers that are 0 or 1, and uint8 is divided by 255. Give them "
                "as bool or as float."
            )
    elif low < -SLACK or high > 1 + SLACK:
        how = "Divide them by 255" if low >= 0 and 1.5 < high <= 255 else "Scale them to 0 ... 1"
        raise DataError(
            f"{what} holds images with values from {low:g} to {high:g}. "
            f"Expected: uint8, or floats from 0 to 1. {how}."
        )
