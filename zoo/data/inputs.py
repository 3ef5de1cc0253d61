"""Items that a model is applied to: a file or an array becomes one input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import Array, as_array
from zoo.data.images import check_array, read_image
from zoo.errors import DataError
from zoo.io.safe_load import read_array

__all__ = ["item_name", "read_array", "read_input"]


def item_name(item: Any) -> str:
    """Name an item in a table of results."""
    return str(item) if isinstance(item, str | Path) else f"array {np.shape(item)}"


def read_input(item: Any, shape: tuple[int | None, ...]) -> Array:
    """Read an image, an .npy file or an array as one input; a refusal names the file."""
    if not isinstance(item, str | Path):
        return _read_array(item, shape)
    path = Path(item)
    if path.suffix.lower() == ".npy":
        try:
            return _read_array(read_array(path), shape)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
    if len(shape) != 3:
        raise DataError(f"{path}: the model takes arrays of shape {shape}, each in an .npy file.")
    return read_image(path, shape)


def _read_array(array: Any, shape: tuple[int | None, ...]) -> Array:
    return read_image(array, shape) if len(shape) == 3 else check_array(as_array(array), shape)
