"""Datasets of time series, from .ts and .csv files.

Values are not scaled: models standardise inside (zoo/tasks/normalization.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zoo.data.arrays import Array, describe_shape
from zoo.data.dataset import Dataset
from zoo.data.readers.series_files import Series, parse_series
from zoo.data.split import Split, train_and_test
from zoo.environment import data_folder
from zoo.errors import DataError

__all__ = ["read", "read_archive"]


def read(path: Path, hold_out: bool = True) -> Dataset:
    """Read a .ts or .csv file as a dataset; NAME_TEST beside NAME_TRAIN is its test split.

    Args:
        path: the file.
        hold_out: whether a fifth is held out for testing where there is no NAME_TEST.

    Raises:
        DataError: with the file, the line, and what was expected.
    """
    beside = path.with_name(path.name.replace("_TRAIN", "_TEST"))
    paths = [path, beside] if beside != path and beside.exists() else [path]
    return _dataset(str(path), paths, hold_out)


def read_archive(name: str, title: str) -> Dataset:
    """Read TITLE_TRAIN.ts and TITLE_TEST.ts from the folder `series` below ZOO_DATA.

    Raises:
        DataError: they are not there; says where to get them and where to put them.
    """
    folder = data_folder() / "series"
    paths = [folder / f"{title}_{part}.ts" for part in ("TRAIN", "TEST")]
    if missing := [path for path in paths if not path.exists()]:
        raise DataError(
            f"{name} is not here: there is no {missing[0]}. Download {title} from "
            f"https://timeseriesclassification.com, put {paths[0].name} and {paths[1].name} into a "
            "folder series, and let ZOO_DATA name the folder above it."
        )
    return _dataset(name, paths)


def _dataset(name: str, paths: Sequence[Path], hold_out: bool = True) -> Dataset:
    """Make a dataset of the training file, and of the test file where there is one."""
    files = [_same_shape(path, parse_series(path)) for path in paths]
    labels = [[str(series.label) for series in file] for file in files]
    preprocessing = "as measured, gaps filled in"
    if paths[0].suffix.lower() == ".csv" and (targets := _numbers_to_predict(labels)):
        splits = [Split(_values(file), np.array(y)) for file, y in zip(files, targets, strict=True)]
        return Dataset(name, *train_and_test(splits, hold_out), preprocessing=preprocessing)
    classes = tuple(sorted(set(labels[0]), key=_label_order))
    if unknown := sorted(set(labels[-1]) - set(classes)):
        raise DataError(
            f"{name}: no training series has the label {unknown[0]!r} of the test part."
        )
    splits = [_split(*each, classes) for each in zip(files, labels, strict=True)]
    train, test = train_and_test(splits, hold_out)
    return Dataset(name, train, test, classes, preprocessing=preprocessing)


def _numbers_to_predict(labels: Sequence[Sequence[str]]) -> list[list[np.float32]]:
    """Return the labels of each file as numbers, if all are numbers and one is not whole; else nothing."""
    try:
        numbers = [[np.float32(label) for label in file] for file in labels]
    except ValueError:
        return []
    each = [number for file in numbers for number in file]
    is_finite = all(math.isfinite(number) for number in each)
    return numbers if is_finite and any(number % 1 for number in each) else []


def _values(file: Sequence[Series]) -> Array:
    return np.stack([series.values for series in file])


def _same_shape(path: Path, file: list[Series]) -> list[Series]:
    """Refuse series of different lengths or channels."""
    first = file[0]
    for series in file:
        if series.values.shape != first.values.shape:
            raise DataError(
                f"{path}, line {series.line}: the series has {describe_shape(series.values.shape)}, that "
                f"of line {first.line} has {describe_shape(first.values.shape)}. Cut or pad them to one "
                "length."
            )
    return file


def _split(file: Sequence[Series], labels: Sequence[str], classes: Sequence[str]) -> Split:
    numbers = {label: at for at, label in enumerate(classes)}
    return Split(_values(file), np.array([numbers[label] for label in labels], np.int64))


def _label_order(label: str) -> tuple[float, str]:
    """Return the sort key of a label: numbers by size, and words after them."""
    try:
        return float(label), label
    except ValueError:
        return math.inf, label
