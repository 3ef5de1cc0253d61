"""An .npz of the user's own.

x_train, y_train, x_test, y_test      or x, y (or no test arrays): a fifth is held out

x   images (n, height, width, channels) or, if grey, (n, height, width): uint8, or floats in [0, 1];
    series (n, time, channels), with input_shape=TIME,CHANNELS to tell them from grey images;
    volumes (n, depth, height, width, channels); or plain numbers (n, features)
y   labels 0 ... k - 1, names of classes, or one column a class with a single 1 in each row
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import SLACK, Array, check_numbers
from zoo.data.dataset import Dataset
from zoo.data.split import Split, hold_out
from zoo.errors import DataError
from zoo.io.safe_load import read_arrays

MOST_CLASSES = 100_000
MOST_CHANNELS = 16  # of images; where a last axis is longer it may be the width of a volume
_ALIASES = {  # what other people call the arrays
    "x_train": ("x_train", "X_train", "train_images", "train_x"),
    "y_train": ("y_train", "Y_train", "train_labels", "train_y"),
    "x_test": ("x_test", "X_test", "test_images", "test_x"),
    "y_test": ("y_test", "Y_test", "test_labels", "test_y"),
    "x": ("x", "X", "images", "inputs", "data"),
    "y": ("y", "Y", "labels", "targets", "target"),
}
Shape = tuple[int | None, ...] | None
Pair = tuple[str, Array, str, Array | None]


def read(path: Path, shape: Shape = None) -> Dataset:
    """Read an .npz.

    Raises:
        DataError: with the array that is at fault and what was expected.
    """
    return dataset_of(str(path.resolve()), path, _pairs(path, read_arrays(path)), shape)


def dataset_of(name: str, where: Any, pairs: Sequence[Pair], shape: Shape = None) -> Dataset:
    """Make a dataset of arrays: of two pairs the second is the test part, of one a fifth.

    Args:
        name: the dataset's.
        where: what the arrays lie in, for the errors.
        pairs: the name of the inputs, the inputs, the name of the labels, the labels or None.
        shape: the input_shape that the model wants, if it was set.

    Raises:
        DataError: with the array that is at fault and what was expected.
    """
    for x, array, y, labels in pairs:
        _check_order(where, x, array, y, labels)
    inputs = [_inputs(f"{x} in {where}", array, shape) for x, array, _, _ in pairs]
    targets, classes = _targets(where, [(y, labels) for _, _, y, labels in pairs])
    for (x, _, y, _), examples, labels in zip(pairs, inputs, targets, strict=True):
        if labels is not None and len(labels) != len(examples):
            raise DataError(
                f"{where} has {len(examples)} examples in {x} and {len(labels)} labels in {y}."
            )
    splits = [Split(x, y) for x, y in zip(inputs, targets, strict=True)]
    train, test = splits if len(splits) == 2 else hold_out(splits[0])
    return Dataset(name, train, test, classes)


def _check_order(path: Any, x: str, inputs: Array, y: str, labels: Array | None) -> None:
    """Refuse inputs whose examples lie along another axis than the first, as the labels' number tells."""
    if labels is None or labels.ndim < 1 or inputs.ndim < 2 or len(inputs) == len(labels):
        return
    if inputs.shape.count(len(labels)) == 1:
        axis = inputs.shape.index(len(labels))
        raise DataError(
            f"{path} has {len(labels)} labels in {y}, and {x} of shape {inputs.shape} has its examples "
            f"along axis {axis}. They belong first: numpy.moveaxis({x}, {axis}, 0)."
        )


def _pairs(path: Path, arrays: dict[str, Array]) -> list[Pair]:
    """Find the inputs and the labels of each split, or of the one that is to be divided."""
    found = _found(path, arrays)
    if "x_train" in found or "x_test" in found:
        whole = not found.keys() & {"x_test", "y_test"}
        parts = [("x_train", "y_train")] + ([] if whole else [("x_test", "y_test")])
    else:
        parts = [("x", "y")]
    wanted = [x for x, _ in parts]
    if any(y in found for _, y in parts):
        wanted += [y for _, y in parts if y in found or len(parts) > 1]
    if missing := [name for name in wanted if name not in found]:
        raise DataError(
            f"{path} lacks {' and '.join(missing)}. Expected: x_train, y_train, x_test, y_test, or x "
            f"and y. Received: {', '.join(arrays) or 'nothing'}."
        )
    return [(found[x], arrays[found[x]], found.get(y, y), _of(arrays, found, y)) for x, y in parts]


def _of(arrays: dict[str, Array], found: dict[str, str], name: str) -> Array | None:
    return arrays[found[name]] if name in found else None


def _found(path: Path, arrays: dict[str, Array]) -> dict[str, str]:
    """Tell under which key each of the arrays is there."""
    found = {}
    for name, aliases in _ALIASES.items():
        keys = [alias for alias in aliases if alias in arrays]
        if len(keys) > 1:
            raise DataError(f"{path} has both {' and '.join(keys)}. Keep one of them.")
        if keys:
            found[name] = keys[0]
    return found


def _inputs(what: str, inputs: Array, shape: Shape) -> Array:
    """Bring inputs to the zoo's shapes and dtypes: a channel axis for images, uint8 or float32."""
    if inputs.ndim < 2 or inputs.dtype.kind not in "fiub":
        raise DataError(
            f"{what} must be an array of numbers, an example a row. "
            f"Received: {inputs.dtype} of shape {inputs.shape}."
        )
    if inputs.size:
        check_numbers(what, inputs)
        _check_channels(what, inputs, shape)
    grey = inputs.ndim == 3 and (shape is None or len(shape) != 2)
    if grey or (shape is not None and len(shape) == inputs.ndim and shape[-1] == 1):
        if grey and inputs.size:
            _check_grey(what, inputs)
        inputs = inputs[..., None]
    return _plain(what, inputs)


def _plain(what: str, inputs: Array) -> Array:
    """Give uint8 or float32; whole numbers of more bits that are pixels become uint8 again."""
    if inputs.dtype == np.uint8:
        return inputs
    wide = inputs.dtype.kind in "iu" and inputs.itemsize > 1
    if inputs.ndim == 4 and wide and inputs.size and inputs.min() >= 0 and 1 < inputs.max() <= 255:
        return inputs.astype(np.uint8)
    with np.errstate(over="ignore"):
        converted = inputs.astype(np.float32)
    check_numbers(f"{what}, as float32,", converted)
    return converted


def _check_channels(what: str, inputs: Array, shape: Shape) -> None:
    """Refuse images in PyTorch's order and what may be volumes, unless the setting says what they are."""
    if inputs.ndim != 4 or shape is not None:
        return
    channels, *sizes = inputs.shape[1:]
    if channels in (1, 3) and min(sizes) > 4:
        raise DataError(
            f"{what} has the shape {inputs.shape}. Expected: channels last, as x.transpose(0, 2, 3, "
            "1) puts them."
        )
    if sizes[-1] > MOST_CHANNELS:
        own = ",".join(map(str, inputs.shape[1:]))
        raise DataError(
            f"{what} has the shape {inputs.shape}. Say whether they are volumes (--set "
            f"input_shape={own},1) or images of {sizes[-1]} channels (--set input_shape={own})."
        )


def _check_grey(what: str, inputs: Array) -> None:
    """Refuse (n, a, b) that cannot be grey images, with the way to say that they are series."""
    low, high = inputs.min(), inputs.max()
    white = 255 if inputs.dtype.kind in "iu" else 1 + SLACK
    if low < -SLACK or high > white:
        _, first, second = inputs.shape
        raise DataError(
            f"{what} has the shape {inputs.shape} and values from {low:g} to {high:g}. As grey images "
            "they must be uint8, or floats from 0 to 1; if they are series of (time, channels), say "
            f"so: --set input_shape={first},{second}"
        )


def _targets(
    path: Any, named: list[tuple[str, Array | None]]
) -> tuple[list[Array | None], tuple[str, ...] | None]:
    """Turn labels of every kind into numbers of classes; targets that are no labels stay as they are."""
    arrays = [_labels(f"{name} in {path}", array) for name, array in named if array is not None]
    if not arrays:
        return [None] * len(named), None
    if any(array.dtype.kind == "U" for array in arrays):
        return _numbered(path, [name for name, _ in named], arrays)
    if any(array.ndim != 1 or array.dtype.kind != "i" for array in arrays):
        return list(arrays), None
    for (name, given), array in zip(named, arrays, strict=True):
        _check_range(f"{name} in {path}", array)
        if given is not None and given.ndim == 2 and given.shape[1] > 1:  # a column a class
            return list(arrays), tuple(map(str, range(given.shape[1])))
    top = int(arrays[0].max(initial=0))
    return list(arrays), tuple(map(str, range(top + 1)))


def _labels(what: str, labels: Array) -> Array:
    """Give labels as int64 of shape (n,) or as text, whatever way they are written."""
    if labels.ndim == 0 or labels.dtype.kind not in "fiubSU":
        raise DataError(
            f"{what} must hold one label for each input. "
            f"Received: {labels.dtype} of shape {labels.shape}."
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind == "S":
        return np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind == "U" or not labels.size:
        return labels
    check_numbers(what, labels)
    if labels.ndim == 2 and np.isin(labels, (0, 1)).all() and (labels.sum(1) == 1).all():
        return np.asarray(labels.argmax(1), np.int64)
    whole = labels.dtype.kind in "iub" or _are_labels(labels)
    if labels.ndim != 1 or not whole:
        return labels
    if labels.dtype.kind in "fu":  # before they are cast to where they may not fit
        _check_range(what, labels)
    return labels.astype(np.int64)


def _are_labels(numbers: Array) -> bool:
    """Tell whether floats can be labels: whole and of their range; others are for regression."""
    whole = bool((numbers == numbers.round()).all())
    return whole and numbers.min() >= 0 and numbers.max() < MOST_CLASSES


def _check_range(what: str, labels: Array) -> None:
    low, high = (labels.min(), labels.max()) if labels.size else (0, 0)
    if low < 0 or high >= MOST_CLASSES:
        raise DataError(f"{what} has labels from {low:g} to {high:g}. Expected: 0 to k - 1.")


def _numbered(
    path: Any, names: list[str], arrays: list[Array]
) -> tuple[list[Array | None], tuple[str, ...]]:
    """Number the names of classes in alphabetical order."""
    if any(array.ndim != 1 or array.dtype.kind != "U" for array in arrays):
        raise DataError(f"{' and '.join(names)} in {path} must both hold one name for each input.")
    classes = np.unique(arrays[0])
    for name, array in zip(names, arrays, strict=True):
        if unknown := sorted(set(array) - set(classes)):
            raise DataError(
                f"{name} in {path} has the class {unknown[0]!s}, which {names[0]} lacks."
            )
    return [np.searchsorted(classes, array) for array in arrays], tuple(map(str, classes))
