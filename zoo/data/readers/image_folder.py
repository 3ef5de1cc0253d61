"""A folder of images.

mine/train/CLASS/*.png, mine/test/CLASS/*.png (or val)     or mine/CLASS/*.png: a fifth is held out

Images right in the folder (or right in train and test) have no labels. A class' images may lie in
folders of their own; what is hidden (.DS_Store, .ipynb_checkpoints, __MACOSX) is passed over.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from zoo.data.dataset import Dataset
from zoo.data.images import SUFFIXES, folders_in, image_size, images_in, open_image, to_array
from zoo.data.readers.image_size import Size, common_shape, resize_description
from zoo.data.readers.lazy_images import LazyImages
from zoo.data.split import Split, hold_out
from zoo.errors import DataError

HELD = 64 * 2**20  # bytes of pixels up to which a split is decoded once and held in memory
Labelled = list[tuple[Path, int]]


def read(path: Path, shape: tuple[int | None, ...] | None = None) -> Dataset:
    """Read a folder of images, scaled and cut to one size where they have more than one.

    Raises:
        DataError: with the file or folder that is at fault and what was expected.
    """
    parts = roots(path)
    classes = _classes(parts[0])
    listed = [list(_listed(root, classes)) for root in parts]
    for root, files in zip(parts, listed, strict=True):
        if not files:
            raise DataError(
                f"There is no image under {root}. Expected: {', '.join(sorted(SUFFIXES))}."
            )
    sizes = _sizes([file for files in listed for file, _ in files])
    size = common_shape(f"The images in {path}", sizes, shape)
    splits = [_decoded(files, size, classes is not None) for files in listed]
    train, test = splits if len(splits) == 2 else hold_out(splits[0])
    return Dataset(str(path.resolve()), train, test, classes, resize_description(sizes, size))


def roots(path: Path) -> list[Path]:
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


def _sizes(files: Sequence[Path]) -> Counter[Size]:
    return Counter(image_size(file) for file in files)


def _decoded(files: Labelled, shape: tuple[int, int, int], labelled: bool) -> Split:
    """Decode the files now where they are few, else as they are needed."""
    labels = np.array([label for _, label in files]) if labelled else None
    if len(files) * math.prod(shape) > HELD:
        return Split(LazyImages([file for file, _ in files], shape), labels)
    pixels = np.empty((len(files), *shape), np.uint8)
    for at, (file, _) in enumerate(files):
        pixels[at] = to_array(open_image(file), shape)
    return Split(pixels, labels)
