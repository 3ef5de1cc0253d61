"""Datasets that `keras.datasets` downloads: first ZOO_DATA, then Keras' cache, then the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data import Dataset, Split
from zoo.errors import DataError
from zoo.untrusted import read_arrays


def load_cached(name: str, file: str, classes: tuple[str, ...]) -> Dataset:
    """Load one of the image datasets of `keras.datasets`, wherever it can be found.

    Raises:
        DataError: there is neither a file nor a network; says where to put the file.
    """
    if path := _at_hand(file):
        arrays = read_arrays(path)
        pairs = [(arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test")]
    else:
        pairs = _downloaded(name, file)
    train, test = (Split(_with_channels(x), y.reshape(-1).astype(np.int64)) for x, y in pairs)
    return Dataset(name, train, test, classes)


def _at_hand(file: str) -> Path | None:
    folder = os.environ.get("ZOO_DATA")
    path = Path(folder).expanduser() / file if folder else None
    return path if path and path.exists() else None


def _downloaded(name: str, file: str) -> list[tuple[Any, Any]]:
    import keras

    try:
        return list(getattr(keras.datasets, name).load_data())
    except Exception as error:  # urllib, sockets and Keras each have errors of their own
        cache = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets" / file
        raise DataError(
            f"{name} is not here and cannot be downloaded ({error}). Put {file} (keys x_train, "
            f"y_train, x_test, y_test) into the folder that ZOO_DATA names, or at {cache}."
        ) from error


def _with_channels(images: Any) -> Any:
    return images[..., None] if images.ndim == 3 else images
