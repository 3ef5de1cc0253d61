"""Photographs cut into squares: those of ZOO_DATA (BSDS500), else the two that scikit-learn ships.

The photographs in ZOO_DATA/photos/train and ZOO_DATA/photos/val are cut into squares that do not overlap.
Without these folders scikit-learn's two photographs are cut, and their right quarters are for testing.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.image_folders import images_in
from zoo.data.images import open_image
from zoo.data.split import Split
from zoo.environment import data_folder
from zoo.errors import DataError

__all__ = ["cut_squares", "photograph_dataset"]


def photograph_dataset(name: str, side: int, step: int | None = None) -> Dataset:
    """Return a dataset of squares of the photographs of ZOO_DATA, or of scikit-learn's.

    Args:
        name: of the dataset.
        side: of a square, in pixels.
        step: pixels from one training square to the next in scikit-learn's two photographs; less than
            the side gives more squares, which overlap. None: the side.

    Raises:
        DataError: a photograph is broken, or none is as large as a square.
    """
    folder = data_folder() / "photos"
    train, test = folder / "train", folder / "val"
    if train.is_dir() and test.is_dir():
        parts, steps = (_open_photographs(train), _open_photographs(test)), (side, side)
        origin = "the photographs in ZOO_DATA"
    else:
        parts, steps = _sample_photographs(side), (step or side, side)
        origin = "scikit-learn's two sample photographs"
    cuts = [
        [cut_squares(photo, side, each) for photo in part]
        for part, each in zip(parts, steps, strict=True)
    ]
    if not all(sum(map(len, part)) for part in cuts):
        raise DataError(f"No photograph in {folder} is as large as {side} x {side}.")
    splits = [Split(np.concatenate(part)) for part in cuts]
    preprocessing = f"uint8 / 255, squares of {side} x {side} of {origin}"
    return Dataset(name, splits[0], splits[1], preprocessing=preprocessing)


def cut_squares(photo: Array, side: int, step: int | None = None) -> Array:
    """Return the squares of a photograph, row by row; the rest at its right and lower edge is left out.

    Args:
        photo: uint8 of shape (height, width, 3).
        side: of a square, in pixels.
        step: pixels from one square to the next; with less than the side they overlap. None: the side.

    Returns:
        uint8 of shape (squares, side, side, 3).
    """
    if min(photo.shape[:2]) < side:
        return np.empty((0, side, side, photo.shape[-1]), photo.dtype)
    windows = np.lib.stride_tricks.sliding_window_view(photo, (side, side), (0, 1))
    squares = windows[:: step or side, :: step or side]
    return np.ascontiguousarray(np.moveaxis(squares, 2, -1)).reshape(
        -1, side, side, photo.shape[-1]
    )


def _open_photographs(folder: Path) -> Iterable[Array]:
    return [np.asarray(open_image(path).convert("RGB")) for path in images_in(folder)]


def _sample_photographs(side: int) -> tuple[Iterable[Array], Iterable[Array]]:
    from sklearn.datasets import load_sample_images

    photos = load_sample_images().images
    cuts = [photo.shape[1] * 3 // 4 // side * side for photo in photos]
    left = [photo[:, :cut] for photo, cut in zip(photos, cuts, strict=True)]
    right = [photo[:, cut:] for photo, cut in zip(photos, cuts, strict=True)]
    return left, right
