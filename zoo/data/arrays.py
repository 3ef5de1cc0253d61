"""Arrays of examples: their dtype, their shape, their range, and what kind of example a shape is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from zoo.errors import DataError

__all__ = [
    "RANGE_TOLERANCE",
    "Array",
    "ExampleKind",
    "Shape",
    "as_array",
    "as_float",
    "check_numbers",
    "check_range",
    "describe_misfit",
    "describe_shape",
    "example_kind",
    "format_dtype",
    "format_shape",
    "is_picture",
    "shape_fits",
]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
ExampleKind = Literal["numbers", "series", "image", "volume"]
Shape: TypeAlias = Sequence[int | None]  # of one example, without the batch; None is any size

RANGE_TOLERANCE = 1e-3  # how far a float image may leave [0, 1]: resizing filters overshoot

_KINDS: dict[int, ExampleKind] = {1: "numbers", 2: "series", 3: "image", 4: "volume"}


def example_kind(shape: Shape) -> ExampleKind:
    """Return what one example of a shape is; its number of axes decides.

    Args:
        shape: of one example, without the batch: (features,) is numbers, (time, channels) a series,
            (height, width, channels) an image, (depth, height, width, channels) a volume.

    Raises:
        DataError: the shape has no axis, or more than four.
    """
    if len(shape) not in _KINDS:
        raise DataError(
            "An example is numbers (features), a series (time, channels), an image (height, width, "
            "channels) or a volume (depth, height, width, channels). "
            f"Received: the shape {format_shape(shape)}."
        )
    return _KINDS[len(shape)]


def is_picture(shape: Shape) -> bool:
    """Return whether a shape is that of an image which can be shown: grey, RGB or RGBA."""
    return len(shape) == 3 and shape[-1] in (1, 3, 4)


def describe_shape(shape: Shape) -> str:
    """Return the shape of one example in words: `150 time steps and 1 channel`, `(28, 28, 1)`."""
    if len(shape) != 2:
        return format_shape(shape)
    time, channels = shape
    steps = f"{'any number of' if time is None else time} time step{'s' * (time != 1)}"
    return f"{steps} and {channels or 'any number of'} channel{'s' * (channels != 1)}"


def describe_misfit(shape: Shape, wanted: Shape) -> str:
    """Return how an example differs from what a model takes; a series by its length and channels.

    Args:
        shape: of the example, without the batch.
        wanted: the input shape of the model; None is any size.

    Example:
        >>> describe_misfit((120, 1), (150, 1))
        'has 120 time steps; the model takes 150'
    """
    if len(shape) == len(wanted) == 2 and wanted[1] in (None, shape[1]):
        return f"has {shape[0]} time step{'s' * (shape[0] != 1)}; the model takes {wanted[0]}"
    if len(shape) == len(wanted) == 2:
        return f"has {describe_shape(shape)}; the model takes {describe_shape(wanted)}"
    return f"has the shape {format_shape(shape)}; the model takes {format_shape(wanted)}"


def format_dtype(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype, short also for one of many fields."""
    if dtype.names is None:
        return str(dtype)
    return f"records of {len(dtype.names):,} field{'s' * (len(dtype.names) != 1)}"


def format_shape(shape: Shape) -> str:
    """Return a shape as `(any, 28, 1)`, where None is any size."""
    sizes = ["any" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def shape_fits(shape: Shape, wanted: Shape) -> bool:
    """Return whether a shape has as many axes as the wanted one, and its sizes where they are set."""
    return len(shape) == len(wanted) and all(
        want in (None, size) for size, want in zip(shape, wanted, strict=True)
    )


def as_array(values: Any) -> Array:
    """Return an array in this machine's byte order, the only one that TensorFlow reads.

    Raises:
        DataError: the values are lists of different lengths.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"Examples must all have one shape: {error}.") from error
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def as_float(stored: Array) -> Array:
    """Return inputs as float32; uint8 is divided by 255."""
    if stored.dtype == np.uint8:
        return stored.astype(np.float32) / np.float32(255)
    return stored.astype(np.float32, copy=False)


def check_numbers(what: str, array: Array) -> None:
    """Refuse an array that holds anything but finite numbers.

    Args:
        what: the array's name, which begins the error message.
        array: shape (n, ...).

    Raises:
        DataError: the dtype is not one of numbers, or an example holds NaN or infinity.
    """
    if array.dtype.kind not in "fiub":
        raise DataError(f"{what} must hold numbers. Received: {format_dtype(array.dtype)}.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        finite = np.isfinite(array).reshape(len(array), -1).all(1)
        raise DataError(
            f"{what} holds a value that is not a finite number, in example {int(np.argmin(finite))}."
        )


def check_range(what: str, pixels: Array) -> None:
    """Refuse images that are neither uint8 nor floats in [0, 1], and uint8 images of 0 and 1 alone.

    Args:
        what: the images' name, which begins the error message.
        pixels: images of any shape.

    Raises:
        DataError: with the range of the values, and how to correct it.
    """
    low, high = float(pixels.min()), float(pixels.max())
    if pixels.dtype == np.uint8:
        if high == 1:
            raise DataError(
                f"{what} holds uint8 numbers that are 0 or 1, and uint8 is divided by 255. Give them "
                "as bool or as float."
            )
    elif low < -RANGE_TOLERANCE or high > 1 + RANGE_TOLERANCE:
        how = "Divide them by 255" if low >= 0 and 1.5 < high <= 255 else "Scale them to 0 ... 1"
        raise DataError(
            f"{what} holds images with values from {low:g} to {high:g}. "
            f"Expected: uint8, or floats from 0 to 1. {how}."
        )
