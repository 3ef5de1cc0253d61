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

from zoo.data.arrays import RANGE_TOLERANCE, Array, check_numbers, example_kind, format_dtype
from zoo.data.dataset import Dataset
from zoo.data.readers.labels import read_targets
from zoo.data.split import Split, train_and_test
from zoo.errors import DataError
from zoo.io.safe_load import read_arrays

__all__ = ["NamedArrays", "dataset_from_arrays", "example_inputs", "named_arrays", "read"]

MOST_NAMES = 20  # of arrays, in messages
MOST_CHANNELS = 16  # of images; a longer last axis may be the width of a volume
_ALIASES = {  # other names of the arrays
    "x_train": ("x_train", "X_train", "train_images", "train_x"),
    "y_train": ("y_train", "Y_train", "train_labels", "train_y"),
    "x_test": ("x_test", "X_test", "test_images", "test_x"),
    "y_test": ("y_test", "Y_test", "test_labels", "test_y"),
    "x": ("x", "X", "images", "inputs", "data"),
    "y": ("y", "Y", "labels", "targets", "target"),
}
Shape = tuple[int | None, ...] | None
NamedArrays = tuple[str, Array, str, Array | None]  # name and inputs, name and targets of a split


def read(path: Path, shape: Shape = None, hold_out: bool = True) -> Dataset:
    """Read an .npz.

    Args:
        path: the file.
        shape: the input_shape that the model takes, if it was set.
        hold_out: whether a fifth is held out for testing where there are no test arrays.

    Raises:
        DataError: with the array that is wrong and what was expected.
    """
    splits = named_arrays(path, read_arrays(path))
    return dataset_from_arrays(str(path.resolve()), path, splits, shape, hold_out)


def example_inputs(path: Path, shape: tuple[int | None, ...]) -> Array:
    """Return the examples of an .npz that a trained model is applied to: `x`, else `x_test`, else `x_train`.

    Args:
        path: the file.
        shape: the input shape of the model.

    Raises:
        DataError: it has none of these arrays, or one without examples, or holds something else than numbers.
    """
    arrays = read_arrays(path)
    keys = _keys(path, arrays)
    for name in ("x", "x_test", "x_train"):
        if name in keys:
            if not (array := arrays[keys[name]]).size:
                raise DataError(
                    f"{keys[name]} in {path} holds no example. Its shape: {array.shape}"
                )
            return _read_inputs(f"{keys[name]} in {path}", array, shape)
    raise DataError(f"{path} has no array x, x_test or x_train. Received: {_list_names(arrays)}.")


def dataset_from_arrays(
    name: str,
    where: Any,
    splits: Sequence[NamedArrays],
    shape: Shape = None,
    hold_out: bool = True,
) -> Dataset:
    """Return a dataset of arrays.

    Args:
        name: the name of the dataset.
        where: the file that holds the arrays, for the error messages.
        splits: the arrays of the training and of the test split, or of a single split.
        shape: the input_shape that the model takes, if it was set.
        hold_out: whether a fifth of a single split is held out for testing.

    Raises:
        DataError: with the array that is wrong and what was expected.
    """
    for x, array, y, labels in splits:
        _check_first_axis(where, x, array, y, labels)
    inputs = [_read_inputs(f"{x} in {where}", array, shape) for x, array, _, _ in splits]
    targets, classes = read_targets(where, [(y, labels) for _, _, y, labels in splits])
    for (x, _, y, _), examples, labels in zip(splits, inputs, targets, strict=True):
        if labels is not None and len(labels) != len(examples):
            raise DataError(
                f"{where} has {len(examples)} examples in {x} and {len(labels)} labels in {y}."
            )
    parts = [Split(x, y) for x, y in zip(inputs, targets, strict=True)]
    train, test = train_and_test(parts, hold_out)
    return Dataset(name, train, test, classes)


def _check_first_axis(path: Any, x: str, inputs: Array, y: str, labels: Array | None) -> None:
    """Refuse inputs whose examples lie along another axis than the first; the labels tell their number."""
    if labels is None or labels.ndim < 1 or inputs.ndim < 2 or len(inputs) == len(labels):
        return
    if inputs.shape.count(len(labels)) == 1:
        axis = inputs.shape.index(len(labels))
        raise DataError(
            f"{path} has {len(labels)} labels in {y}, and {x} of shape {inputs.shape} has its examples "
            f"along axis {axis}. They belong first: numpy.moveaxis({x}, {axis}, 0)."
        )


def named_arrays(path: Any, arrays: dict[str, Array]) -> list[NamedArrays]:
    """Return the inputs and the targets of each split, or of the single one."""
    keys = _keys(path, arrays)
    if "x_train" in keys or "x_test" in keys:
        has_test = bool(keys.keys() & {"x_test", "y_test"})
        splits = [("x_train", "y_train")] + ([("x_test", "y_test")] if has_test else [])
    else:
        splits = [("x", "y")]
    wanted = [x for x, _ in splits]
    if any(y in keys for _, y in splits):
        wanted += [y for _, y in splits if y in keys or len(splits) > 1]
    if missing := [name for name in wanted if name not in keys]:
        raise DataError(
            f"{path} lacks {' and '.join(missing)}. Expected: x_train, y_train, x_test, y_test, or x "
            f"and y. Received: {_list_names(arrays)}."
        )
    targets = [arrays[keys[y]] if y in keys else None for _, y in splits]
    return [
        (keys[x], arrays[keys[x]], keys.get(y, y), each)
        for (x, y), each in zip(splits, targets, strict=True)
    ]


def _list_names(arrays: dict[str, Array]) -> str:
    """Return the names of the arrays in a file, the first ones where there are many."""
    more = f" and {len(arrays) - MOST_NAMES} more" if len(arrays) > MOST_NAMES else ""
    return f"{', '.join(list(arrays)[:MOST_NAMES]) or 'nothing'}{more}"


def _keys(path: Any, arrays: dict[str, Array]) -> dict[str, str]:
    """Return the key under which each of our arrays is in the file.

    Raises:
        DataError: an array is there under two keys.
    """
    keys = {}
    for name, aliases in _ALIASES.items():
        present = [alias for alias in aliases if alias in arrays]
        if len(present) > 1:
            raise DataError(f"{path} has both {' and '.join(present)}. Keep one of them.")
        if present:
            keys[name] = present[0]
    return keys


def _read_inputs(what: str, inputs: Array, shape: Shape) -> Array:
    """Return inputs in the zoo's shapes and dtypes: images with a channel axis, uint8 or float32."""
    if inputs.ndim < 2 or inputs.dtype.kind not in "fiub":
        raise DataError(
            f"{what} must be an array of numbers, an example a row. "
            f"Received: {format_dtype(inputs.dtype)} of shape {inputs.shape}."
        )
    if inputs.size:
        check_numbers(what, inputs)
        _check_channels(what, inputs, shape)
    grey = inputs.ndim == 3 and (shape is None or example_kind(shape) != "series")
    if grey or (shape is not None and len(shape) == inputs.ndim and shape[-1] == 1):
        if grey and inputs.size:
            _check_grey(what, inputs)
        inputs = inputs[..., None]
    return _as_uint8_or_float32(what, inputs)


def _as_uint8_or_float32(what: str, inputs: Array) -> Array:
    """Return uint8 or float32; images of wider integers from 0 to 255 become uint8."""
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
    """Refuse images with the channels first and possible volumes, unless input_shape is set."""
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
    """Refuse arrays (n, a, b) that cannot be grey images; the message tells how to declare series."""
    low, high = inputs.min(), inputs.max()
    white = 255 if inputs.dtype.kind in "iu" else 1 + RANGE_TOLERANCE
    if low < -RANGE_TOLERANCE or high > white:
        _, first, second = inputs.shape
        raise DataError(
            f"{what} has the shape {inputs.shape} and values from {low:g} to {high:g}. As grey images "
            "they must be uint8, or floats from 0 to 1; if they are series of (time, channels), say "
            f"so: --set input_shape={first},{second}"
        )
