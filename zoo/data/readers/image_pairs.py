"""Pairs of photographs, a blurred and a sharp one: pairs:DIR.

    DIR/train/SCENE/blur/*.png, DIR/train/SCENE/sharp/*.png, DIR/test/...     GoPro's (Nah et al. 2017)
    DIR/train/A/*.png, DIR/train/B/*.png, DIR/test/...                        A is blurred, B is sharp

or either without train and test: a fifth is held out. The two images of a pair have the same name. An
example is both images, one behind the other: (height, width, 2 or 6). Photographs are never scaled, which
would change the blur; where sizes differ, the middle of each is cut out, as large as the smallest is.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.image_folders import describe_left_out, folders_in, images_in, log_left_out
from zoo.data.images import image_size, open_image, to_array
from zoo.data.readers.image_folder import LAZY_BYTES, split_folders
from zoo.data.readers.lazy_images import LazyImages
from zoo.data.split import Split, train_and_test
from zoo.errors import DataError

__all__ = ["PREFIX", "Pairs", "join_names", "path_of", "read"]

PREFIX = "pairs:"  # begins the source; the folder follows
FOLDER_NAMES = (("blur", "sharp"), ("blurred", "sharp"), ("A", "B"), ("blurry", "sharp"))
SEPARATOR = "\0"  # of the two paths that are stored as one name; no path holds it
Pair = tuple[Path, Path]  # a blurred image and a sharp one
Size = tuple[int, int, int]  # height, width, channels


def path_of(source: str) -> Path:
    """Return the path that a source names, with or without the prefix; ~ is the home folder."""
    return Path(source.removeprefix(PREFIX)).expanduser()


def read(path: Path, shape: tuple[int | None, ...] | None = None, hold_out: bool = True) -> Dataset:
    """Read a folder of pairs.

    Args:
        path: the folder.
        shape: the input_shape that the model takes, if it was set; each size at most the smallest image's.
        hold_out: whether a fifth is held out for testing where the folder has no test folder.

    Raises:
        DataError: an image has no partner or one of another size, cannot be read, or there is no pair.
    """
    folders = split_folders(path)
    pairs_of_splits = [list(_find_pairs(folder)) for folder in folders]
    for folder, pairs in zip(folders, pairs_of_splits, strict=True):
        if not pairs:
            raise DataError(
                f"There is no pair under {folder}. Expected: folders blur and sharp, or A and B, with images "
                f"of the same names.{describe_left_out(folder)}"
            )
    log_left_out(path, folders)
    size = _common_size(path, [pair for pairs in pairs_of_splits for pair in pairs], shape)
    train, test = train_and_test([_split(pairs, size) for pairs in pairs_of_splits], hold_out)
    preprocessing = f"uint8 / 255, blurred and sharp, the middle {size[0]} x {size[1]}"
    return Dataset(f"{PREFIX}{path.resolve()}", train, test, None, preprocessing)


class Pairs(LazyImages):
    """Pairs of image files that look like an array of shape (n, height, width, 2 or 6), uint8."""

    def _pixels(self, name: bytes) -> Array:
        height, width, channels = self.shape[1:]
        both = [_crop_middle(path, height, width, channels // 2) for path in _split_name(name)]
        return np.concatenate(both, -1)

    def _content(self, name: bytes) -> bytes:
        return b"".join(path.read_bytes() for path in _split_name(name))


def join_names(pairs: Sequence[Pair]) -> Array:
    """Return the two paths of each pair as one name in bytes, shape (n,)."""
    return np.array([SEPARATOR.encode().join(map(os.fsencode, pair)) for pair in pairs])


def _split_name(name: bytes) -> list[Path]:
    """Return the two paths that `join_names` joined."""
    return [Path(os.fsdecode(path)) for path in name.split(SEPARATOR.encode())]


def _find_pairs(root: Path) -> Iterator[Pair]:
    """Yield the pairs in a folder and in those below it.

    Raises:
        DataError: an image has no partner.
    """
    folders = {folder.name: folder for folder in folders_in(root)}
    for names in FOLDER_NAMES:
        if all(name in folders for name in names):
            yield from _match_names(*(folders[name] for name in names))
            return
    for folder in folders.values():
        yield from _find_pairs(folder)


def _match_names(blurred_folder: Path, sharp_folder: Path) -> Iterator[Pair]:
    """Yield the pairs of images that have one name in both folders.

    Raises:
        DataError: a name is in one of the folders only.
    """
    blurred, sharp = _images_by_name(blurred_folder), _images_by_name(sharp_folder)
    for images, others, folder in (
        (blurred, sharp, sharp_folder),
        (sharp, blurred, blurred_folder),
    ):
        if alone := sorted(images.keys() - others.keys()):
            raise DataError(f"{images[alone[0]]} has no partner: {folder / alone[0]}.* is missing.")
    yield from ((blurred[name], sharp[name]) for name in sorted(blurred))


def _images_by_name(folder: Path) -> dict[Path, Path]:
    return {path.relative_to(folder).with_suffix(""): path for path in images_in(folder)}


def _common_size(path: Path, pairs: Sequence[Pair], shape: tuple[int | None, ...] | None) -> Size:
    """Return the size of all examples: the smallest height and width, or those of `shape`.

    Raises:
        DataError: `shape` is larger, or is no shape of a pair.
    """
    sizes = [size for pair in pairs for size in _pair_sizes(*pair)]
    height, width = (min(axis) for axis in list(zip(*sizes, strict=True))[:2])
    channels = 2 * max(size[2] for size in sizes)
    if shape is None:
        return height, width, channels
    largest = (height, width, channels)
    size = tuple(want or most for want, most in zip(shape, largest, strict=False))
    if len(shape) != 3 or size[2] not in (2, 6) or size[0] > height or size[1] > width:
        raise DataError(
            f"The pairs in {path} give examples of up to {largest}. "
            f"Received: input_shape {tuple(shape)}."
        )
    return size[0], size[1], size[2]


def _pair_sizes(blurred: Path, sharp: Path) -> tuple[Size, Size]:
    """Return the sizes of the two images of a pair.

    Raises:
        DataError: their heights or widths differ.
    """
    first, second = image_size(blurred), image_size(sharp)
    if first[:2] != second[:2]:
        raise DataError(
            f"{blurred} is {first[1]} x {first[0]} pixels and its partner {sharp} is "
            f"{second[1]} x {second[0]}."
        )
    return first, second


def _split(pairs: Sequence[Pair], size: Size) -> Split:
    """Return the pairs as a split: decoded now where they are few, else on demand."""
    files = Pairs(join_names(pairs), size, resize="crop")
    return Split(files if len(pairs) * math.prod(size) > LAZY_BYTES else files[:])


def _crop_middle(path: Path, height: int, width: int, channels: int) -> Array:
    """Decode one image and return its middle, uint8 of shape (height, width, channels)."""
    pixels = to_array(open_image(path), (None, None, channels))
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]
