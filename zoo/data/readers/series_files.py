"""Files of time series: .ts of the UCR and UEA archives, and .csv with one series a row.

Missing values are interpolated along time, linearly between their neighbours.

aeon and sktime read .ts files too. They bring many dependencies, and their errors do not name the line.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain
from pathlib import Path

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import DataError, UnsafeFile, brief
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.plain_file import open_plain

__all__ = ["SUFFIXES", "Series", "parse_series"]

SUFFIXES = (".ts", ".csv")
LABEL_COLUMNS = (
    "class",
    "label",
    "target",
    "y",
)  # a column of a .csv with such a name holds classes
MISSING = ("", "?", "nan", "na")
Row = tuple[int, Array, str | None]  # the line, values of shape (time, channels), the label


@dataclass(frozen=True)
class Series:
    """One series: float32 values of shape (time, channels), the text of its label, and its line."""

    values: Array
    label: str | None
    line: int


def parse_series(path: Path, needs_labels: bool = True, length: int | None = None) -> list[Series]:
    """Return the series of one file, of any lengths, their missing values interpolated.

    Args:
        path: a .ts or .csv file.
        needs_labels: whether a file without labels is refused.
        length: the time steps that a model takes. Where no label is needed, no header of a .csv names
            a class column, and each row has so many columns, all columns are values.

    Raises:
        DataError: a value is no number, a channel has no value, or there is no series.
    """
    rows = _ts(path, needs_labels)
    if path.suffix.lower() != ".ts":
        rows = _csv(path, None if needs_labels else length)
    file = [
        Series(_interpolate(values, f"{path}, line {line}").astype(np.float32), label, line)
        for line, values, label in rows
    ]
    if not file:
        raise DataError(f"{path} holds no series.")
    return file


def _ts(path: Path, needs_labels: bool) -> Iterator[Row]:
    """Yield the rows of a .ts file: channels between colons, the class after the last colon."""
    in_data, labeled = False, True
    for line, text in enumerate(map(str.strip, _lines(path)), 1):
        if not text or text.startswith("#"):
            continue
        if not in_data:
            in_data = text.lower() == "@data"
            labeled &= _header_has_labels(
                f"{path}, line {line}", text.lower().split(), needs_labels
            )
            continue
        channels = text.split(":")
        label = channels.pop().strip() if labeled else None
        if not channels:
            raise DataError(
                f"{path}, line {line}: no class stands behind the series, after a colon."
            )
        values = [_numbers(channel.split(","), f"{path}, line {line}") for channel in channels]
        if len({len(channel) for channel in values}) > 1:
            lengths = ", ".join(str(len(channel)) for channel in values)
            raise DataError(f"{path}, line {line}: the channels differ in length: {lengths}.")
        yield line, np.array(values, np.float64).T, label
    if not in_data:
        raise DataError(f"{path} is no .ts file: no line says @data.")


def _header_has_labels(where: str, words: list[str], needs_labels: bool) -> bool:
    """Return whether a line of the header leaves the series their labels.

    Raises:
        DataError: it announces time stamps, or no classes where the labels are needed.
    """
    if words[:2] == ["@timestamps", "true"]:
        raise DataError(
            f"{where}: series with time stamps are not read. Resample them to equal steps."
        )
    if words[:2] == ["@targetlabel", "true"] and not needs_labels:
        return True
    if words[:2] == ["@classlabel", "false"] and not needs_labels:
        return False
    if words[:2] in (["@classlabel", "false"], ["@targetlabel", "true"]):
        raise DataError(f"{where}: the series have no classes.")
    return True


def _csv(path: Path, unlabeled_columns: int | None) -> Iterator[Row]:
    """Yield the rows of a .csv file.

    A header may name the column of the class. If not, it is the first column, unless there are as
    many columns as `unlabeled_columns`.
    """
    rows = ((line, row) for line, row in _csv_rows(path) if any(row))
    first = next(rows, None)
    if first is None:
        return
    names = [name.strip().lower() for name in first[1]]
    if len(names) < 2:
        raise DataError(
            f"{path} has a single column. Expected: the class and then the values of a series, a series a "
            "row, with commas between."
        )
    has_header = not all(_is_value(cell) for cell in first[1][1:])
    column = _label_column(names if has_header else [], len(names) == unlabeled_columns)
    for line, row in rows if has_header else chain([first], rows):
        where = f"{path}, line {line}"
        if len(row) != len(names):
            raise DataError(
                f"{where}: {len(row)} columns, where the first line has {len(names)}. Every series must "
                "have the same length; leave a missing value empty, between its commas."
            )
        if column != len(row) - 1 and not _is_value(row[-1]):
            raise DataError(
                f"{where}: the last value is no number. Received: {brief(row[-1])}. The class stands in "
                "the first column, or in one that the first line names class."
            )
        label = None if column is None else row.pop(column).strip()
        yield line, np.array(_numbers(row, where), np.float64)[:, None], label


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a .csv file with their numbers.

    Raises:
        DataError: a cell is too long, or the file is no text.
    """
    try:
        yield from enumerate(csv.reader(_lines(path)), 1)
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as CSV: {error}.") from error


def _label_column(names: Sequence[str], unlabeled: bool) -> int | None:
    """Return the position of the column of the class; None where there is none."""
    first = None if unlabeled else 0
    return next((at for at, name in enumerate(names) if name in LABEL_COLUMNS), first)


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, none of them longer than the limit.

    Raises:
        DataError: a line is too long, the file is no text, or is no plain file.
    """
    most = limit("line_bytes")
    try:
        with open_plain(path) as plain, TextIOWrapper(plain, "utf-8-sig", newline="") as file:
            while line := file.readline(most + 1):
                check_limit(path, "line_bytes", len(line), more=True)
                yield line
    except UnsafeFile as error:
        raise DataError(str(error)) from error
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
    """Return the values of a series; a missing one is NaN."""
    values = []
    for at, cell in enumerate(cells, 1):
        text = cell.strip()
        if not _is_value(cell):
            raise DataError(
                f"{where}: value {at} of the series is no number. Received: {brief(text)}. "
                "A missing value is left empty, or written ?"
            )
        values.append(math.nan if text.lower() in MISSING else float(text))
    return values


def _interpolate(values: Array, where: str) -> Array:
    """Fill the missing values of each channel along time.

    Args:
        values: shape (time, channels); changed in place.
        where: the file and line, for the error message.
    """
    steps = np.arange(len(values))
    for at in range(values.shape[1]):
        known = np.isfinite(values[:, at])
        if not known.any():
            raise DataError(f"{where}: channel {at + 1} has no value at all.")
        if not known.all():
            values[:, at] = np.interp(steps, steps[known], values[known, at])
    return values
