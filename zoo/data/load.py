"""The user's own data, by path: an .npz (arrays.py), series (series.py) or images (folders.py)."""

from __future__ import annotations

from pathlib import Path

from zoo.data.dataset import Dataset
from zoo.data.readers import image_folder, npz, timeseries
from zoo.errors import DataError


def read(path: Path, shape: tuple[int | None, ...] | None = None) -> Dataset:
    """Read an .npz, a .ts or .csv of series, or a folder.

    Args:
        path: what to read.
        shape: the input_shape that the model wants, if it was set.

    Raises:
        DataError: with the file that is at fault and what was expected.
    """
    if path.is_dir():
        return image_folder.read(path, shape)
    if path.suffix.lower() in timeseries.SUFFIXES:
        return timeseries.read(path)
    if path.suffix.lower() != ".npz":
        raise DataError(
            f"{path}: only an .npz file, a .ts or .csv of series, or a folder can be read as a dataset."
        )
    return npz.read(path, shape)
