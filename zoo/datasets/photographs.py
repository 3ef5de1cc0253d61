"""Photographs cut into squares: those of ZOO_DATA (BSDS500), else the two that scikit-learn ships.

ZOO_DATA/photos/train and ZOO_DATA/photos/val are cut into squares that do not overlap. Without them
scikit-learn's two photographs are, their right quarter for testing.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.images import images_in, open_image
from zoo.data.split import Split
from zoo.environment import data_folder
from zoo.errors import DataError


def photograph_dataset(name: str, side: int, step: int | None = None) -> Dataset:
    """Cut the photographs of ZOO_DATA, or those of scikit-learn.

    Args:
        name: of the dataset.
        side: of a square, in pixels.
        step: pixels from one training square to the next in scikit-learn's two photographs, where it
            may be less than the side, since they are few. None: the side.

    Raises:
        DataError: a photograph is broken, or none is as large as a square.
    """
    folder = data_folder() / "photos"
    train, test = folder / "train", folder / "val"
    if train.is_dir() and test.is_dir():
        parts, steps = (_opened(train), _opened(test)), (side, side)
        origin = "the photographs in ZOO_DATA"
    else:
        parts, steps = _samples(side), (step or side, side)
        origin = "scikit-learn's two sample photographs"
    cuts = [
        [cut_squares(photo, side, each) for photo in part]
        for part, each in zip(parts, steps, strict=True)
    ]
    if not all(sum(map(len, part)) for part in cuts):
        raise DataError(f"No photograph in {folder} is as large as {side} x {side}.")
    splits = [Split(np.concatenate(part)) for part in cuts]
    said = f"uint8 / 255, squares of {side} x {side} of {origin}"
    return Dataset(name, splits[0], splits[1], preprocessing=said)


def cut_squares(photo: Array, side: int, step: int | None = None) -> Array:
    """Cut a photograph (height, width, 3) into squares, row by row; what is left over is left out.

    Args:
        photo: uint8.
        side: of a square.
        step: from one square to the next; less than the side lets them overlap. None: the side.
    """
    if min(photo.shape[:2]) < side:
        return np.empty((0, side, side, photo.shape[-1]), photo.dtype)
    seen = np.lib.stride_tricks.sliding_window_view(photo, (side, side), (0, 1))
    chosen = seen[:: step or side, :: step or side]
    return np.ascontiguousarray(np.moveaxis(chosen, 2, -1)).reshape(-1, side, side, photo.shape[-1])


def _opened(folder: Path) -> Iterable[Array]:
    return [np.asarray(open_image(path).convert("RGB")) for path in images_in(folder)]


def _samples(side: int) -> tuple[Iterable[Array], Iterable[Array]]:
    from sklearn.datasets import load_sample_images

    photos = load_sample_images().images
    cuts = [photo.shape[1] * 3 // 4 // side * side for photo in photos]
    left = [photo[:, :cut] for photo, cut in zip(photos, cuts, strict=True)]
    right = [photo[:, cut:] for photo, cut in zip(photos, cuts, strict=True)]
    return left, right
