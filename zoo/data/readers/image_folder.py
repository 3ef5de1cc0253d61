"""A folder of images.

mine/train/CLASS/*.png, mine/test/CLASS/*.png (or val)     or mine/CLASS/*.png: a fifth is held out
mine/Training/..., mine/Validation/... and the like

Images directly in the folder (or directly in train and test) have no labels. The images of a class may lie
in folders below it. Hidden files and folders (.DS_Store, .ipynb_checkpoints, __MACOSX) are ignored.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.dataset import Dataset
from zoo.data.image_folders import (
    describe_left_out,
    folders_in,
    images_directly_in,
    images_in,
    log_left_out,
)
from zoo.data.images import SUFFIXES, image_size, open_image, to_array
from zoo.data.readers.image_size import Size, common_shape, resize_description
from zoo.data.readers.lazy_images import LazyImages, map_in_blocks
from zoo.data.split import Split, train_and_test
from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = ["LAZY_BYTES", "read", "split_folders"]

LAZY_BYTES = 64 * 2**20  # bytes of pixels; a larger split is decoded on demand, not held in memory
_log = logging.getLogger("zoo")
TRAIN = ("train", "training")  # in small letters
TESTS = ("test", "testing", "val", "valid", "validation")
LabeledFile = tuple[Path, int]  # an image and the number of its class


def read(
    path: Path,
    shape: tuple[int | None, ...] | None = None,
    hold_out: bool = True,
    resize: Resize = "pad",
) -> Dataset:
    """Read a folder of images, brought to one size where they have more than one.

    Args:
        path: the folder.
        shape: the input_shape that the model takes, if it was set; images are scaled to it.
        hold_out: whether a fifth is held out for testing where the folder has no test folder.
        resize: how an image of another size is brought to it: pad, stretch or crop.

    Raises:
        DataError: with the file or folder that is wrong, and what was expected.
    """
    folders = split_folders(_without_wrapper(path))
    classes = _class_names(folders[0])
    files_of_splits = [list(_labeled_files(folder, classes)) for folder in folders]
    for folder, files in zip(folders, files_of_splits, strict=True):
        if not files:
            raise DataError(
                f"There is no image under {folder}. Expected: {', '.join(sorted(SUFFIXES))}."
                f"{describe_left_out(folder)}"
            )
    _log_left_out(path, folders, classes)
    sizes = _count_sizes([file for files in files_of_splits for file, _ in files])
    size = common_shape(f"The images in {path}", sizes, shape)
    splits = [_split(files, size, classes is not None, resize) for files in files_of_splits]
    train, test = train_and_test(splits, hold_out)
    done = resize_description(sizes, size, resize)
    return Dataset(str(path.resolve()), train, test, classes, done)


def _without_wrapper(path: Path) -> Path:
    """Return a folder, or the only folder in it where that one holds the classes or the splits."""
    folders = folders_in(path)
    if len(folders) != 1 or any(map(images_directly_in, (path, folders[0]))):
        return path
    inside = [folder for folder in folders_in(folders[0]) if images_in(folder)]
    if len(inside) < 2 or folders[0].name == "train":
        return path
    _log.info("reading %s, the only folder in %s", folders[0], path)
    return folders[0]


def _log_left_out(path: Path, roots: Sequence[Path], classes: Sequence[str] | None) -> None:
    """Print how many files are left out: those of other kinds, and images beside the folders of the classes.

    Args:
        path: the folder, for the message.
        roots: the folders of the splits.
        classes: of the training split; None where the images lie in the roots themselves.
    """
    links = [link for root in roots for link in folders_in(root) if classes and link.is_symlink()]
    log_left_out(path, [*roots, *links])
    loose = [image for root in roots if classes for image in images_directly_in(root)]
    if loose:
        _log.warning(
            "Warning: %d image%s beside the folders of the classes, such as %s, %s left out.",
            len(loose),
            "s" * (len(loose) != 1),
            min(loose),
            "is" if len(loose) == 1 else "are",
        )


def _count_sizes(files: Sequence[Path]) -> Counter[Size]:
    """Count the images of each size; threads read the headers, since a folder may be on another machine."""
    with ThreadPoolExecutor(8, "headers") as threads:
        return Counter(map_in_blocks(threads, image_size, files))


def split_folders(path: Path) -> list[Path]:
    """Return the folders of the training and the test images; `path` alone where there is no train.

    A folder of another name than `train` may be a class, unless one for tests stands beside it.
    """
    folders = {folder.name.lower(): folder for folder in folders_in(path)}
    trains = [folders[name] for name in TRAIN if name in folders]
    tests = [folders[name] for name in TESTS if name in folders]
    if not trains or (trains[0].name != "train" and not tests):
        return [path]
    for unused in tests[1:]:
        _log.info("%s is not read: the test split is %s.", unused, tests[0])
    for unused in folders.values():
        if unused not in (trains[0], *tests) and images_in(unused):
            _log.info("%s is not read: the training examples are in %s.", unused, trains[0])
    return [trains[0], *tests[:1]]


def _class_names(root: Path) -> tuple[str, ...] | None:
    """Return the names of the folders as classes; None where the images lie in `root` itself.

    Raises:
        DataError: there is no image, or none in one of the folders.
    """
    folders = folders_in(root)
    filled = [folder for folder in folders if images_in(folder)]
    if not filled and images_in(root):
        return None
    if not filled:
        found = describe_left_out(root)
        raise DataError(f"{root} must hold a folder for each class, with images in it.{found}")
    if empty := [folder for folder in folders if folder not in filled]:
        found = describe_left_out(empty[0])
        raise DataError(f"There is no image in {empty[0]}.{found} Remove it if it is no class.")
    for folder in folders:
        if not folder.name.isprintable():
            raise DataError(f"The folder {str(folder)!r} has a name that cannot be printed.")
    return tuple(folder.name for folder in folders)


def _labeled_files(root: Path, classes: Sequence[str] | None) -> Iterator[LabeledFile]:
    """Yield the images of one split with the numbers of their classes.

    Raises:
        DataError: a folder is no class of the training split.
    """
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


def _split(
    files: Sequence[LabeledFile], shape: tuple[int, int, int], has_labels: bool, resize: Resize
) -> Split:
    """Return the files as a split: decoded now where they are few, else on demand."""
    labels = np.array([label for _, label in files]) if has_labels else None
    if len(files) * math.prod(shape) > LAZY_BYTES:
        return Split(LazyImages([file for file, _ in files], shape, resize=resize), labels)
    pixels = np.empty((len(files), *shape), np.uint8)
    for at, (file, _) in enumerate(files):
        pixels[at] = to_array(open_image(file), shape, resize)
    return Split(pixels, labels, [str(file) for file, _ in files])
