"""Time series: .ts files of the UCR and UEA archives, and .csv files with one series a row.

Missing values are filled in along time, in a straight line between their neighbours. Values stay as they
are measured: models standardise inside (zoo/tasks/normalization.py).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.dataset import Dataset
from zoo.data.split import Split, hold_out
from zoo.environment import data_folder
from zoo.errors import DataError, brief

Array = np.ndarray[Any, np.dtype[Any]]
SUFFIXES = (".ts", ".csv")
LABELS = ("class", "label", "target", "y")  # a column of a .csv with such a name holds the classes
MISSING = ("", "?", "nan", "na")


@dataclass(frozen=True)
class Series:
    """Series of one file: values of shape (n, time, channels), and the text of each label."""

    values: Array
    labels: tuple[str, ...]


def read(path: Path) -> Dataset:
    """Read a .ts or .csv file; NAME_TRAIN goes with the NAME_TEST beside it, else a fifth is held out.

    Raises:
        DataError: it names the file, the line and what was expected.
    """
    beside = path.with_name(path.name.replace("_TRAIN", "_TEST"))
    if beside != path and beside.exists():
        return _dataset(str(path), parse_series(path), parse_series(beside))
    return _dataset(str(path), parse_series(path), None)


def read_archive(name: str, title: str) -> Dataset:
    """Read TITLE_TRAIN.ts and TITLE_TEST.ts from the folder `series` below ZOO_DATA.

    Raises:
        DataError: they are not there; says where a user gets them and where to put them.
    """
    folder = data_folder() / "series"
    paths = [folder / f"{title}_{part}.ts" for part in ("TRAIN", "TEST")]
    if missing := [path for path in paths if not path.exists()]:
        raise DataError(
            f"{name} is not here: there is no {missing[0]}. Download {title} from "
            f"https://timeseriesclassification.com, put {paths[0].name} and {paths[1].name} into a "
            "folder series, and let ZOO_DATA name the folder above it."
        )
    return _dataset(name, parse_series(paths[0]), parse_series(paths[1]))


def parse_series(path: Path) -> Series:
    """Parse one file, its gaps filled in.

    Raises:
        DataError: the series differ in length, a value is no number, or there is no series.
    """
    rows = list(_ts(path) if path.suffix.lower() == ".ts" else _csv(path))
    if not rows:
        raise DataError(f"{path} holds no series.")
    first = rows[0]
    for number, values, _ in rows:
        if values.shape != first[1].shape:
            raise DataError(
                f"{path}, line {number}: the series has {_size(values)}, that of line {first[0]} has "
                f"{_size(first[1])}. Cut or pad them to one length."
            )
    filled = [_filled(values, f"{path}, line {number}") for number, values, _ in rows]
    return Series(np.stack(filled).astype(np.float32), tuple(label for *_, label in rows))


def _size(values: Array) -> str:
    return f"{values.shape[0]} steps of {values.shape[1]} channels"


def _dataset(name: str, train: Series, test: Series | None) -> Dataset:
    classes = tuple(sorted(set(train.labels), key=_order))
    if test is not None and (unknown := sorted(set(test.labels) - set(classes))):
        raise DataError(
            f"{name}: no training series has the label {unknown[0]!r} of the test part."
        )
    learnt = _split(train, classes)
    learnt, tested = (learnt, _split(test, classes)) if test else hold_out(learnt)
    return Dataset(name, learnt, tested, classes, preprocessing="as measured, gaps filled in")


def _split(series: Series, classes: Sequence[str]) -> Split:
    places = {label: at for at, label in enumerate(classes)}
    return Split(series.values, np.array([places[label] for label in series.labels], np.int64))


def _order(label: str) -> tuple[float, str]:
    """Order numbers by size, and words after them."""
    try:
        return float(label), label
    except ValueError:
        return math.inf, label


def _ts(path: Path) -> Iterator[tuple[int, Array, str]]:
    """Read channels between colons, values between commas, and the class behind the last colon."""
    inside = False
    for number, line in enumerate(_lines(path), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not inside:
            inside = text.lower() == "@data"
            _check_header(path, number, text.lower().split())
            continue
        *channels, label = text.split(":")
        if not channels:
            raise DataError(
                f"{path}, line {number}: no class stands behind the series, after a colon."
            )
        values = [_numbers(channel.split(","), f"{path}, line {number}") for channel in channels]
        if len({len(channel) for channel in values}) > 1:
            lengths = ", ".join(str(len(channel)) for channel in values)
            raise DataError(f"{path}, line {number}: the channels differ in length: {lengths}.")
        yield number, np.array(values, np.float64).T, label.strip()
    if not inside:
        raise DataError(f"{path} is no .ts file: no line says @data.")


def _check_header(path: Path, number: int, words: list[str]) -> None:
    where = f"{path}, line {number}"
    if words[:2] == ["@timestamps", "true"]:
        raise DataError(
            f"{where}: series with time stamps are not read. Resample them to equal steps."
        )
    if words[:2] == ["@classlabel", "false"] or words[:2] == ["@targetlabel", "true"]:
        raise DataError(f"{where}: the series have no classes.")


def _csv(path: Path) -> Iterator[tuple[int, Array, str]]:
    """Read one series a row; the class stands in the column that a header names, else in the first."""
    rows = [(at, row) for at, row in enumerate(csv.reader(_lines(path)), 1) if any(row)]
    if not rows:
        return
    names = [name.strip().lower() for name in rows[0][1]]
    if len(names) < 2:
        raise DataError(
            f"{path} has a single column. Expected: the class and then the values of a series, a series a "
            "row, with commas between."
        )
    header = not all(_is_value(cell) for cell in rows[0][1][1:])
    place = next((at for at, name in enumerate(names) if header and name in LABELS), 0)
    for number, row in rows[header:]:
        where = f"{path}, line {number}"
        if len(row) != len(names):
            raise DataError(
                f"{where}: {len(row)} columns, where the first line has {len(names)}. Every series must "
                "have the same length; leave a missing value empty, between its commas."
            )
        if place < len(row) - 1 and not _is_value(row[-1]):
            raise DataError(
                f"{where}: the last value is no number. Received: {brief(row[-1])}. The class stands in "
                "the first column, or in one that the first line names class."
            )
        values = _numbers([*row[:place], *row[place + 1 :]], where)
        yield number, np.array(values, np.float64)[:, None], row[place].strip()


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from file
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text in UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def _is_value(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip().lower() in MISSING
    return True


def _numbers(cells: Sequence[str], where: str) -> list[float]:
    values = []
    for at, cell in enumerate(cells, 1):
        if not _is_value(cell):
            raise DataError(
                f"{where}: value {at} of the series is no number. Received: {brief(cell.strip())}. "
                "A missing value is left empty, or written ?"
            )
        text = cell.strip()
        values.append(math.nan if text.lower() in MISSING else float(text))
    return values


def _filled(values: Array, where: str) -> Array:
    """Fill each channel's gaps in along time."""
    steps = np.arange(len(values))
    for at in range(values.shape[1]):
        known = np.isfinite(values[:, at])
        if not known.any():
            raise DataError(f"{where}: channel {at + 1} has no value at all.")
        if not known.all():
            values[:, at] = np.interp(steps, steps[known], values[known, at])
    return values
