"""Datasets of `keras.datasets`: looked for in ZOO_DATA, then in Keras' cache, then downloaded."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.environment import data_folder, keras_home
from zoo.errors import DataError
from zoo.io.safe_load import read_arrays

__all__ = ["load_keras_dataset"]

KEYS = ("x_train", "y_train", "x_test", "y_test")


def load_keras_dataset(name: str, file: str, classes: tuple[str, ...]) -> Dataset:
    """Load one of the image datasets of `keras.datasets`.

    Args:
        name: of the module in `keras.datasets`, with - for _.
        file: the .npz in ZOO_DATA or in Keras' cache.
        classes: the names of the classes.

    Raises:
        DataError: the file is broken, or there is neither a file nor a network; says where to put it.
    """
    paths = [folder / file for folder in (data_folder(), keras_home() / "datasets")]
    path = next((path for path in paths if path.exists()), None)
    arrays = _read(path) if path else _download(name, file, paths[-1])
    train, test = (
        Split(_with_channels(arrays[f"x_{part}"]), arrays[f"y_{part}"].reshape(-1).astype(np.int64))
        for part in ("train", "test")
    )
    return Dataset(name, train, test, classes)


def _read(path: Path) -> dict[str, Any]:
    try:
        arrays = read_arrays(path)
    except DataError as error:
        raise DataError(
            f"{error} Remove the file, so that it is downloaded again, or replace it."
        ) from error
    if missing := [key for key in KEYS if key not in arrays]:
        raise DataError(
            f"{path} lacks {', '.join(missing)}. Expected: {', '.join(KEYS)}. "
            f"Received: {', '.join(arrays) or 'nothing'}."
        )
    return arrays


def _download(name: str, file: str, cache: Path) -> dict[str, Any]:
    import keras

    try:
        with contextlib.redirect_stdout(sys.stderr):  # Keras' progress bar; stdout is for --json
            (x_train, y_train), (x_test, y_test) = getattr(
                keras.datasets, name.replace("-", "_")
            ).load_data()
    except Exception as error:  # urllib, sockets and Keras each have errors of their own
        raise DataError(
            f"{name} is not here and cannot be downloaded ({error}). Put {file} (keys "
            f"{', '.join(KEYS)}) at {cache}, or into a folder that ZOO_DATA names."
        ) from error
    return dict(zip(KEYS, (x_train, y_train, x_test, y_test), strict=True))


def _with_channels(images: Any) -> Any:
    return images[..., None] if images.ndim == 3 else images
