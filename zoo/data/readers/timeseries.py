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
from zoo.data.readers.labels import check_classes
from zoo.data.readers.series_files import SeriesBlock, parse_blocks
from zoo.data.split import Split, train_and_test
from zoo.environment import data_folder
from zoo.errors import DataError, brief

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
    values, labels = zip(*map(_values_and_labels, paths), strict=True)
    preprocessing = "as measured, gaps filled in"
    if paths[0].suffix.lower() == ".csv" and (targets := _numbers_to_predict(labels)):
        splits = [Split(x, np.array(y)) for x, y in zip(values, targets, strict=True)]
        return Dataset(name, *train_and_test(splits, hold_out), preprocessing=preprocessing)
    classes = tuple(sorted(set(labels[0]), key=_label_order))
    check_classes(name, classes)
    if unknown := sorted(set(labels[-1]) - set(classes)):
        raise DataError(
            f"{name}: no training series has the label {brief(unknown[0])} of the test part."
        )
    splits = [_split(*each, classes) for each in zip(values, labels, strict=True)]
    train, test = train_and_test(splits, hold_out)
    return Dataset(name, train, test, classes, preprocessing=preprocessing)


def _numbers_to_predict(labels: Sequence[Sequence[str]]) -> list[list[np.float32]]:
    """Return the labels of each file as numbers, if all are numbers and one is not whole; else nothing."""
    try:
        numbers = {label: np.float32(label) for file in labels for label in set(file)}
    except ValueError:
        return []
    is_finite = all(map(math.isfinite, numbers.values()))
    if not is_finite or not any(number % 1 for number in numbers.values()):
        return []
    return [[numbers[label] for label in file] for file in labels]


def _values_and_labels(path: Path) -> tuple[Array, list[str]]:
    """Return all values and all labels of a file; np.concatenate would take twice the memory."""
    blocks = _same_shape(path, parse_blocks(path))
    count = sum(len(block.lines) for block in blocks)
    values, at = np.empty((count, *blocks[0].values.shape[1:]), np.float32), 0
    for block in blocks:
        values[at : (at := at + len(block.lines))] = block.values
    return values, [str(label) for block in blocks for label in block.labels]


def _same_shape(path: Path, blocks: list[SeriesBlock]) -> list[SeriesBlock]:
    """Refuse series of different lengths or channels."""
    shape, line = blocks[0].values.shape[1:], blocks[0].lines[0]
    for block in blocks:
        if (own := block.values.shape[1:]) != shape:
            raise DataError(
                f"{path}, line {block.lines[0]}: the series has {describe_shape(own)}, that of line {line} "
                f"has {describe_shape(shape)}. Cut or pad them to one length."
            )
    return blocks


def _split(values: Array, labels: Sequence[str], classes: Sequence[str]) -> Split:
    numbers = {label: at for at, label in enumerate(classes)}
    return Split(values, np.array([numbers[label] for label in labels], np.int64))


def _label_order(label: str) -> tuple[float, str]:
    """Return the sort key of a label: numbers by size, and words after them; nan is a word."""
    try:
        number = float(label)
    except ValueError:
        number = math.inf
    return (number, label) if math.isfinite(number) else (math.inf, label)
