"""Labels of every kind as numbers of classes: numbers, names, or one column a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.data.arrays import Array, check_numbers, format_dtype
from zoo.errors import DataError
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["check_classes", "read_targets"]

MOST_CLASSES = 100_000


def read_targets(
    where: Any, named: Sequence[tuple[str, Array | None]]
) -> tuple[list[Array | None], tuple[str, ...] | None]:
    """Return the targets of each split and the names of the classes.

    Labels become int64 of shape (n,). Targets that are no labels are returned as they are, without
    classes.

    Args:
        where: the file, for the error messages.
        named: the name and the targets of each split, the training split first; None has no targets.

    Raises:
        DataError: with the array that is wrong and what was expected.
        UnsafeFile: very many classes have no example.
    """
    arrays = [
        _read_labels(f"{name} in {where}", array) for name, array in named if array is not None
    ]
    if not arrays:
        return [None] * len(named), None
    if any(array.dtype.kind == "U" for array in arrays):
        return _number_names(where, [name for name, _ in named], arrays)
    if any(array.ndim != 1 or array.dtype.kind != "i" for array in arrays):
        return list(arrays), None
    for (name, original), array in zip(named, arrays, strict=True):
        _check_range(f"{name} in {where}", array)
        if (
            original is not None and original.ndim == 2 and original.shape[1] > 1
        ):  # a column a class
            return list(arrays), tuple(map(str, range(original.shape[1])))
    top = int(arrays[0].max(initial=0))
    if top > limit("empty_classes"):
        check_limit(where, "empty_classes", top + 1 - len(np.unique(arrays[0])))
    return list(arrays), tuple(map(str, range(top + 1)))


def check_classes(where: Any, classes: Sequence[str] | Array) -> None:
    """Refuse very many classes, and names of classes that are no names.

    Raises:
        UnsafeFile: there are too many, or the name of one is too long.
    """
    check_limit(where, "classes", len(classes))
    check_limit(where, "class_letters", max(map(len, classes), default=0))


def _read_labels(what: str, labels: Array) -> Array:
    """Return labels as int64 of shape (n,) or as text; other numbers are returned as they are."""
    if labels.ndim == 0 or labels.dtype.kind not in "fiubSU":
        raise DataError(
            f"{what} must hold one label for each input. "
            f"Received: {format_dtype(labels.dtype)} of shape {labels.shape}."
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
    if labels.ndim != 1 or not (labels.dtype.kind in "iub" or _are_labels(labels)):
        return labels
    if labels.dtype.kind in "fu":  # int64 may not hold them
        _check_range(what, labels)
    return labels.astype(np.int64, copy=False)


def _are_labels(numbers: Array) -> bool:
    """Return whether floats can be labels: whole and in their range; others are numbers to predict."""
    whole = bool((numbers == numbers.round()).all())
    return whole and numbers.min() >= 0 and numbers.max() < MOST_CLASSES


def _check_range(what: str, labels: Array) -> None:
    low, high = (labels.min(), labels.max()) if labels.size else (0, 0)
    if low < 0 or high >= MOST_CLASSES:
        raise DataError(f"{what} has labels from {low:g} to {high:g}. Expected: 0 to k - 1.")


def _number_names(
    where: Any, names: list[str], arrays: list[Array]
) -> tuple[list[Array | None], tuple[str, ...]]:
    """Number the names of the classes in alphabetical order.

    Raises:
        DataError: an array holds no names, or a name that the training split lacks.
    """
    if any(array.ndim != 1 or array.dtype.kind != "U" for array in arrays):
        raise DataError(f"{' and '.join(names)} in {where} must both hold one name for each input.")
    classes = np.unique(arrays[0])
    check_classes(where, classes.tolist())
    for name, array in zip(names, arrays, strict=True):
        if unknown := sorted(set(array) - set(classes)):
            raise DataError(
                f"{name} in {where} has the class {unknown[0]!s}, which {names[0]} lacks."
            )
    return [np.searchsorted(classes, array) for array in arrays], tuple(map(str, classes))
