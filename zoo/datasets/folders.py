"""A folder of images.

mine/train/CLASS/*.png, mine/test/CLASS/*.png (or val)     or mine/CLASS/*.png: a fifth is held out

Images right in the folder (or right in train and test) have no labels. A class' images may lie in
folders of their own; what is hidden (.DS_Store, .ipynb_checkpoints, __MACOSX) is passed over.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from zoo.data import Dataset, Split, hold_out
from zoo.datasets.decoding import Files
from zoo.errors import DataError
from zoo.images import SUFFIXES, folders_in, images_in, measure, open_image, to_array

LONGEST = 128  # pixels; photographs of mixed sizes are made as small, to be learnt from in minutes
HELD = 64 * 2**20  # bytes of pixels up to which a split is decoded once and held in memory
Labelled = list[tuple[Path, int]]


def read(path: Path, shape: tuple[int | None, ...] | None = None) -> Dataset:
    """Read a folder of images, scaled and cut to one size where they have more than one.

    Raises:
        DataError: with the file or folder that is at fault and what was expected.
    """
    roots = _roots(path)
    classes = _classes(roots[0])
    listed = [list(_listed(root, classes)) for root in roots]
    for root, files in zip(roots, listed, strict=True):
        if not files:
            raise DataError(
                f"There is no image under {root}. Expected: {', '.join(sorted(SUFFIXES))}."
            )
    sizes = _sizes([file for files in listed for file, _ in files])
    size = _one_shape(path, sizes, shape)
    splits = [_decoded(files, size, classes is not None) for files in listed]
    train, test = splits if len(splits) == 2 else hold_out(splits[0])
    scaled = any(found[:2] != size[:2] for found in sizes)
    preprocessing = f"scaled and cut to {size[0]} x {size[1]}, uint8 / 255" if scaled else ""
    return Dataset(str(path.resolve()), train, test, classes, preprocessing)


def _roots(path: Path) -> list[Path]:
    """Find the folders of the training and the test images; one where they are not divided."""
    parts = {folder.name: folder for folder in folders_in(path)}
    if "train" not in parts:
        return [path]
    tests = [parts[name] for name in ("test", "val") if name in parts]
    return [parts["train"], *tests[:1]]


def _classes(root: Path) -> tuple[str, ...] | None:
    """Name the classes after the folders; none where the images lie in `root` itself.

    Raises:
        DataError: there is no image, or none in one of the folders.
    """
    folders = folders_in(root)
    filled = [folder for folder in folders if images_in(folder)]
    if not filled and images_in(root):
        return None
    if not filled:
        raise DataError(f"{root} must hold a folder for each class, with images in it.")
    if empty := [folder for folder in folders if folder not in filled]:
        raise DataError(f"There is no image in {empty[0]}. Remove it if it is no class.")
    for folder in folders:
        if not folder.name.isprintable():
            raise DataError(f"The folder {str(folder)!r} has a name that cannot be printed.")
    return tuple(folder.name for folder in folders)


def _listed(root: Path, classes: Sequence[str] | None) -> Iterator[tuple[Path, int]]:
    """List the images of one split with the numbers of their classes."""
    if classes is None:
        yield from ((file, 0) for file in images_in(root))
        return
    for folder in folders_in(root):
        files = images_in(folder)
        if files and folder.name not in classes:
            raise DataError(
                f"{folder} is a class that training lacks. Its classes: {', '.join(classes[:8])}."
            )
        yield from ((file, classes.index(folder.name)) for file in files)


def _sizes(files: Sequence[Path]) -> Counter[tuple[int, int, int]]:
    return Counter(measure(file) for file in files)


def _one_shape(
    path: Path, sizes: Counter[tuple[int, int, int]], wanted: tuple[int | None, ...] | None
) -> tuple[int, int, int]:
    """Choose the shape of all images: what is wanted, else their own, else their median, made small.

    Raises:
        DataError: what is wanted is no shape of an image.
    """
    height, width, channels = _median(sizes)
    if wanted is not None:
        if len(wanted) != 3 or wanted[-1] not in (None, 1, 3, 4):
            raise DataError(
                f"The images in {path} have the shape (height, width, 1 or 3 or 4). "
                f"Received: input_shape {tuple(wanted)}."
            )
        height, width, channels = wanted[0] or height, wanted[1] or width, wanted[2] or channels
    return height, width, channels


def _median(sizes: Counter[tuple[int, int, int]]) -> tuple[int, int, int]:
    """Give the one size of all images, or their median made small; grey among colours is colour."""
    heights, widths, channels = zip(*sizes.elements(), strict=True)
    height, width = int(statistics.median(heights)), int(statistics.median(widths))
    if len(set(zip(heights, widths, strict=True))) > 1:
        height, width = _shrunk(height, width)
    return height, width, max(channels)


def _shrunk(height: int, width: int) -> tuple[int, int]:
    shrink = max(1.0, max(height, width) / LONGEST)
    return math.ceil(height / shrink), math.ceil(width / shrink)


def _decoded(files: Labelled, shape: tuple[int, int, int], labelled: bool) -> Split:
    """Decode the files now where they are few, else as they are needed."""
    labels = np.array([label for _, label in files]) if labelled else None
    if len(files) * math.prod(shape) > HELD:
        return Split(Files([file for file, _ in files], shape), labels)
    pixels = np.empty((len(files), *shape), np.uint8)
    for at, (file, _) in enumerate(files):
        pixels[at] = to_array(open_image(file), shape)
    return Split(pixels, labels)
