"""Patches of photographs, 32 x 32 pixels in colour: of BSDS500, or of scikit-learn's two.

ZOO_DATA/photos/train and ZOO_DATA/photos/val are cut into squares that do not overlap. Without them
the two photographs that come with scikit-learn are, their right quarter for testing.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from zoo.data import Array, Dataset, Split
from zoo.images import images_in, open_image

SIDE = 32
INPUT_SHAPE = (SIDE, SIDE, 3)
CLASSES = None


def load() -> Dataset:
    """Cut the photographs of ZOO_DATA, or those of scikit-learn.

    Raises:
        DataError: a photograph is broken.
    """
    folder = Path(os.environ.get("ZOO_DATA") or "data").expanduser() / "photos"
    train, test = folder / "train", folder / "val"
    if train.is_dir() and test.is_dir():
        parts, origin = (_opened(train), _opened(test)), "the photographs in ZOO_DATA"
    else:
        parts, origin = _samples(), "scikit-learn's two sample photographs"
    splits = [Split(np.concatenate([patches(photo) for photo in part])) for part in parts]
    said = f"uint8 / 255, patches of {SIDE} x {SIDE} of {origin}"
    return Dataset("photo-patches", splits[0], splits[1], preprocessing=said)


def patches(photo: Array) -> Array:
    """Cut a photograph (height, width, 3) into squares side by side; what is left over is left out."""
    rows, columns = photo.shape[0] // SIDE, photo.shape[1] // SIDE
    whole = photo[: rows * SIDE, : columns * SIDE]
    squares = whole.reshape(rows, SIDE, columns, SIDE, 3).swapaxes(1, 2)
    return squares.reshape(-1, SIDE, SIDE, 3)


def _opened(folder: Path) -> Iterable[Array]:
    return [np.asarray(open_image(path).convert("RGB")) for path in images_in(folder)]


def _samples() -> tuple[Iterable[Array], Iterable[Array]]:
    from sklearn.datasets import load_sample_images

    photos = load_sample_images().images
    cuts = [photo.shape[1] * 3 // 4 // SIDE * SIDE for photo in photos]
    left = [photo[:, :cut] for photo, cut in zip(photos, cuts, strict=True)]
    right = [photo[:, cut:] for photo, cut in zip(photos, cuts, strict=True)]
    return left, right
