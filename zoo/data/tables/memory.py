"""Data in memory as a dataset: (x, y), arrays by name, or a DataFrame.

(x, y)   (x, y, x_test, y_test)   ((x, y), (x_test, y_test))   x alone   {"x_train": ..., "y_train": ...}
a DataFrame with a column of numbers for each feature, and one of the name of LABEL_COLUMNS
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeAlias, TypeGuard

import numpy as np

from zoo.data.arrays import Array, as_array
from zoo.data.dataset import Dataset
from zoo.data.readers.npz import NamedArrays, dataset_from_arrays, named_arrays
from zoo.data.tables.cells import LABEL_COLUMNS, LABEL_WORDS
from zoo.errors import DataError, UsageError

__all__ = ["MemoryData", "Table", "dataset_from_memory"]

FORMS = (
    "(x, y); (x, y, x_test, y_test); ((x, y), (x_test, y_test)); an array; a dictionary of arrays as in an "
    ".npz; a DataFrame; or a zoo.Dataset"
)


class Table(Protocol):
    """A DataFrame: of pandas, polars, or any other that has columns by name."""

    @property
    def columns(self) -> Any:
        """The names of the columns."""

    def __getitem__(self, name: Any, /) -> Any:
        """Return a column."""


MemoryData: TypeAlias = Sequence[Any] | Mapping[str, Any] | Array | Table


def dataset_from_memory(
    data: MemoryData,
    shape: tuple[int | None, ...] | None = None,
    hold_out: bool = True,
    classes: Sequence[str] | None = None,
) -> Dataset:
    """Return a dataset of arrays, or of the columns of a DataFrame.

    Args:
        data: one of the forms of this module's docstring.
        shape: the input_shape that the model takes, if it is set.
        hold_out: whether a fifth is held out for testing where there is no test split.
        classes: the names of a trained model's classes, which the labels stand for; None where the labels
            decide them.

    Raises:
        UsageError: it has none of these forms.
        DataError: an array is wrong; the message says which one, and what is expected.
    """
    what = "the DataFrame" if _is_table(data) else "the data in memory"
    splits = [_read_table(data)] if _is_table(data) else _read_arrays(data)
    dataset = dataset_from_arrays(what, what, splits, shape, hold_out)
    return dataset if classes is None else _with_classes(dataset, splits, tuple(classes))


def _is_table(data: MemoryData) -> TypeGuard[Table]:
    return hasattr(data, "columns") and hasattr(data, "__getitem__")


def _read_arrays(data: Any) -> list[NamedArrays]:
    """Return the inputs and the targets of each split.

    Raises:
        UsageError: the data has another form.
    """
    if isinstance(data, Mapping):
        return named_arrays("the dictionary", {k: _as_array(k, v) for k, v in data.items()})
    if hasattr(data, "__array__"):
        return [("x", _as_array("x", data), "y", None)]
    if not isinstance(data, tuple | list):
        raise UsageError(f"data must be {FORMS}. Received: {type(data).__name__}")
    if len(data) == 2 and all(isinstance(pair, tuple) and len(pair) == 2 for pair in data):
        data = (*data[0], *data[1])
    if len(data) not in (2, 4):
        raise UsageError(f"data must be {FORMS}. Received: {len(data)} values")
    names = ("x", "y") if len(data) == 2 else ("x_train", "y_train", "x_test", "y_test")
    arrays = [_as_array(name, values) for name, values in zip(names, data, strict=True)]
    return [
        (names[at], arrays[at], names[at + 1], arrays[at + 1]) for at in range(0, len(names), 2)
    ]


def _as_array(name: str, values: Any) -> Array:
    """Return an array of numbers or of text; columns and lists of Python objects become one of these."""
    array = as_array(values)
    if array.dtype.kind != "O":
        return array
    if all(isinstance(value, str) for value in array.flat):
        return array.astype(str)
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must hold numbers, or names of classes: {error}.") from error


def _read_table(table: Table) -> NamedArrays:
    """Return the features of a table, shape (rows, features), and its column of classes or numbers.

    Raises:
        UsageError: no column has the name of one with classes.
        DataError: a feature is no number, or is missing somewhere.
    """
    names = list(table.columns)
    plain = {str(name).strip().lower(): name for name in names}
    target = next((plain[name] for name in LABEL_COLUMNS if name in plain), None)
    if target is None:
        raise UsageError(
            f"The DataFrame has the columns {', '.join(map(str, names[:8]))}. Expected: one of them called "
            f"{LABEL_WORDS}, with the classes or the numbers to predict. Rename it, or give data=(x, y)."
        )
    if repeated := [name for name in names if names.count(name) > 1]:
        raise DataError(
            f"{names.count(repeated[0])} columns of the DataFrame are called {repeated[0]}."
        )
    features = [_feature(name, table[name]) for name in names if name != target]
    if not features:
        raise DataError(f"The DataFrame has no column but {target}.")
    return "x", np.stack(features, 1), str(target), _targets(target, table[target])


def _targets(name: Any, column: Any) -> Array:
    """Return the column of the classes, or of the numbers to predict.

    Raises:
        DataError: a value is missing, or is neither a number nor a name.
    """
    array = np.asarray(column)
    if array.dtype.kind == "O" and any(missing := [_is_missing(value) for value in array]):
        raise DataError(
            f"The column {name} of the DataFrame has no value in row {missing.index(True)}. Fill it, or "
            "leave the row out."
        )
    return _as_array(f"The column {name} of the DataFrame", array)


def _is_missing(value: Any) -> bool:
    """Return whether a value stands for a missing one: None, NaN, or NA of pandas."""
    is_nan = isinstance(value, float) and math.isnan(value)
    return value is None or is_nan or type(value).__name__ == "NAType"


def _feature(name: Any, column: Any) -> Array:
    """Return a column as float32.

    Raises:
        DataError: it holds text, or a value is missing.
    """
    try:
        array = np.asarray(column)
        if array.dtype.kind in "mM":
            raise ValueError("It holds dates or times.")
        if array.dtype.kind == "c":
            raise ValueError("It holds complex numbers.")
        if array.dtype.kind == "O":
            array = np.array([math.nan if _is_missing(each) else each for each in array], object)
        values = array.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The column {name} of the DataFrame holds no numbers. Turn it into numbers, as "
            f"pandas.get_dummies does, or leave it out. {error}"
        ) from error
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise DataError(
            f"The column {name} of the DataFrame has no finite number in row {row}. Fill it, or leave the "
            "row out."
        )
    return values


def _with_classes(
    dataset: Dataset, splits: Sequence[NamedArrays], classes: tuple[str, ...]
) -> Dataset:
    """Return a dataset with labels of a trained model's classes.

    Raises:
        DataError: a name is none of them.
    """
    if dataset.classes is None:
        return dataset
    own, named = dataset.classes, any(s[3] is not None and s[3].dtype.kind == "U" for s in splits)
    if not named:
        return replace(dataset, classes=classes)
    if unknown := sorted(set(own) - set(classes)):
        raise DataError(
            f"{dataset.name} has the class {unknown[0]}, which the model does not know. Its classes: "
            f"{', '.join(classes[:8])}."
        )
    numbers = np.array([classes.index(name) for name in own])
    train, test = (
        replace(split, targets=None if split.targets is None else numbers[split.targets])
        for split in (dataset.train, dataset.test)
    )
    return replace(
        dataset,
        train=train,
        test=train if dataset.test is dataset.train else test,
        classes=classes,
    )
