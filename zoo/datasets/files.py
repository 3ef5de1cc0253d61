"""The user's own files: an .npz, or a folder of images with a folder a class.

mine.npz        x_train, y_train, x_test, y_test      or x, y: a fifth is held out
mine/           train/CLASS/*.png, test/CLASS/*.png   or CLASS/*.png: a fifth is held out
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from zoo.data import Array, Dataset, Split
from zoo.errors import DataError
from zoo.images import SUFFIXES, channels_of, open_image, to_array
from zoo.untrusted import read_arrays

HELD_OUT = 0.2
_KEYS = {  # what other people call the four arrays
    "x_train": ("x_train", "X_train", "train_images", "train_x"),
    "y_train": ("y_train", "Y_train", "train_labels", "train_y"),
    "x_test": ("x_test", "X_test", "test_images", "test_x"),
    "y_test": ("y_test", "Y_test", "test_labels", "test_y"),
    "x": ("x", "X", "images", "inputs", "data"),
    "y": ("y", "Y", "labels", "targets", "target"),
}


def read(path: Path, shape: tuple[int, ...] | None = None) -> Dataset:
    """Read an .npz or a folder.

    Raises:
        DataError: with the file that is at fault and what was expected.
    """
    if path.is_dir():
        return _folder(path, shape)
    if path.suffix != ".npz":
        raise DataError(f"{path}: only an .npz file or a folder can be read as a dataset.")
    return _npz(path)


def _npz(path: Path) -> Dataset:
    arrays = read_arrays(path)
    found = {name: arrays[key] for name, keys in _KEYS.items() for key in keys if key in arrays}
    if "x_train" in found and "x_test" in found:
        train = _split(path, found["x_train"], found.get("y_train"))
        test = _split(path, found["x_test"], found.get("y_test"))
    elif "x" in found:
        train, test = hold_out(_split(path, found["x"], found.get("y")))
    else:
        raise DataError(
            f"{path} must hold x_train, y_train, x_test and y_test, or x and y. "
            f"Received: {', '.join(arrays) or 'nothing'}."
        )
    return Dataset(str(path.resolve()), train, test, _classes(path, train, test))


def _split(path: Path, inputs: Array, targets: Array | None) -> Split:
    """Bring arrays to the zoo's shapes: a channel axis for images, one number for a label."""
    if inputs.ndim == 0 or inputs.dtype.kind not in "fiub":
        raise DataError(f"{path}: inputs must be numbers in an array. Received: {inputs.dtype}.")
    if inputs.ndim == 3:
        inputs = inputs[..., None]
    if inputs.dtype != np.uint8:
        inputs = inputs.astype(np.float32)
    if targets is not None and targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if targets is not None and targets.dtype.kind == "f" and (targets == targets.round()).all():
        targets = targets.astype(np.int64)
    return Split(inputs, targets)


def _classes(path: Path, train: Split, test: Split) -> tuple[str, ...] | None:
    """Number the classes from the training labels; targets that are no labels have none."""
    labels = train.targets
    if labels is None or labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        return None
    if labels.min() < 0 or labels.max() > 100_000:
        raise DataError(
            f"{path} has labels from {labels.min()} to {labels.max()}. Expected: 0 to k - 1."
        )
    return tuple(str(label) for label in range(int(labels.max()) + 1))


def hold_out(split: Split) -> tuple[Split, Split]:
    """Hold out a fifth of a split for testing, the same one every time."""
    if len(split) < 2:
        raise DataError(f"At least 2 examples are needed, to hold one out. Received: {len(split)}.")
    order = np.random.default_rng(0).permutation(len(split))
    held = max(1, round(HELD_OUT * len(split)))
    return split.take(np.sort(order[held:])), split.take(np.sort(order[:held]))


def _folder(path: Path, shape: tuple[int, ...] | None) -> Dataset:
    parts = {part: path / part for part in ("train", "test", "val") if (path / part).is_dir()}
    roots = [parts["train"], parts.get("test") or parts["val"]] if len(parts) > 1 else [path]
    if len(parts) > 1 and "train" not in parts:
        roots = [path]
    classes = tuple(sorted(folder.name for folder in roots[0].iterdir() if folder.is_dir()))
    if not classes:
        raise DataError(f"{roots[0]} must hold a folder for each class, with images in it.")
    listed = [_listed(root, classes) for root in roots]
    shape = shape or _common_shape([file for files in listed for file, _ in files])
    splits = [_decoded(files, shape) for files in listed]
    train, test = splits if len(splits) == 2 else hold_out(splits[0])
    return Dataset(str(path.resolve()), train, test, classes)


def _listed(root: Path, classes: tuple[str, ...]) -> list[tuple[Path, int]]:
    files = [
        (file, label)
        for label, name in enumerate(classes)
        for file in sorted((root / name).rglob("*"))
        if file.suffix.lower() in SUFFIXES
    ]
    if not files:
        raise DataError(f"There is no image under {root}. Expected: {', '.join(sorted(SUFFIXES))}.")
    return files


def _common_shape(files: list[Path]) -> tuple[int, ...]:
    """Find the one size of all images; grey among colours becomes colour."""
    sizes: Counter[tuple[int, int]] = Counter()
    channels = 1
    for file in files:
        image = open_image(file)
        sizes[image.size] += 1
        channels = max(channels, channels_of(image))
    (width, height), _ = sizes.most_common(1)[0]
    if len(sizes) > 1:
        shown = ", ".join(f"{w}x{h} ({count})" for (w, h), count in sizes.most_common(4))
        raise DataError(
            f"The images have {len(sizes)} sizes: {shown}. Say which they should be scaled and cut "
            f"to: --set input_shape={height},{width},{channels}"
        )
    return height, width, channels


def _decoded(files: list[tuple[Path, int]], shape: tuple[int, ...]) -> Split:
    if len(shape) != 3 or shape[-1] not in (1, 3, 4):
        raise DataError(
            f"Images have shape (height, width, 1 or 3). Received: input_shape {shape}."
        )
    images = np.stack([to_array(open_image(file), shape) for file, _ in files])
    return Split(images, np.array([label for _, label in files], np.int64))
