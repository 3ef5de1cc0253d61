"""The series of .csv, .tsv and .txt files: a series in each row, with the class in one of the columns."""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from zoo.data.images import SUFFIXES
from zoo.data.tables.cells import LABEL_COLUMNS, Row, is_value, numbers, text_lines
from zoo.data.tables.long_csv import long_layout, long_rows
from zoo.errors import DataError, brief

__all__ = ["csv_rows"]

DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+(e[-+]?\d+)?\s*", re.IGNORECASE)
_log = logging.getLogger("zoo")
Cells = tuple[int, list[str]]  # the line, and its cells


def csv_rows(path: Path, unlabeled_columns: int | None) -> Iterator[Row]:
    """Yield the series of a .csv, .tsv or .txt file: each is a row, or in the long format several rows.

    A header may name the column of the class. If not, it is the first column, unless there are as
    many columns as `unlabeled_columns`.
    """
    rows: Iterator[Cells] = ((line, row) for line, row in _cells(path) if any(row))
    first = next(rows, None)
    if first is None:
        return
    names = [name.strip().lower() for name in first[1]]
    if len(names) < 2:
        raise DataError(
            f"{path} has a single column. Expected: the class and then the values of a series, a series a "
            "row, with commas, semicolons or tabs between."
        )
    following = next(rows, None)
    has_header = _is_header(first[1], following[1] if following else first[1])
    if has_header and (layout := long_layout(names, LABEL_COLUMNS)):
        yield from long_rows(path, layout, chain(filter(None, [following]), rows), numbers)
        return
    rows = chain(filter(None, [following] if has_header else [first, following]), rows)
    sample = following[1] if has_header and following else first[1]
    column = _label_column(names if has_header else [], len(names) == unlabeled_columns, sample)
    if has_header and column == 0 and names[0] not in LABEL_COLUMNS:
        _check_first_column(path, names[0], sample[0])
    header = first[1] if has_header else []
    yield from _wide_rows(path, _checked_cells(path, rows, header, column), len(names), column)


def _checked_cells(
    path: Path, rows: Iterable[Cells], header: Sequence[str], column: int | None
) -> Iterator[Cells]:
    """Yield rows; one whose header names a column that holds no number is refused.

    Args:
        path: the file, for messages.
        rows: the rows after the header.
        header: the names of the columns; empty where there is none.
        column: the position of the classes, which may be words.

    Raises:
        DataError: with the column and the cell.
    """
    for line, row in rows:
        for at, (name, cell) in enumerate(zip(header, row, strict=False)):
            if at != column and not is_value(cell):
                where = f"{path}, line {line}: the column {brief(name)} holds {brief(cell.strip())}"
                raise DataError(f"{where}, which is no number.{_advice(cell)}")
        yield line, row


def _advice(cell: str) -> str:
    if Path(cell.strip()).suffix.lower() in SUFFIXES:
        return (
            " Images are given as a folder for each class (--data FOLDER), not as a list of files."
        )
    return (
        " Turn it into numbers, or remove the column. A missing value is left empty, or written ?"
    )


def _wide_rows(path: Path, rows: Iterable[Cells], count: int, column: int | None) -> Iterator[Row]:
    """Yield the series of rows of so many columns, with the class in one of them, or in none.

    Raises:
        DataError: a row has other columns, or a value is no number.
    """
    for line, row in rows:
        where = f"{path}, line {line}"
        if len(row) != count:
            raise DataError(
                f"{where}: {len(row)} columns, where the first line has {count}. Every series must "
                "have the same length; leave a missing value empty, between its commas."
            )
        if column != len(row) - 1 and not is_value(row[-1]):
            raise DataError(
                f"{where}: the last value is no number. Received: {brief(row[-1])}. The class stands in "
                "the first column, or in one that the first line names class."
            )
        label = None if column is None else row.pop(column).strip()
        yield line, np.array(numbers(row, where), np.float64)[:, None], label


def _is_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """Return whether the first line names the columns: it has words where the second line has numbers."""
    if all(map(is_value, first[1:])):
        return False
    if not any(map(is_value, first)) and any(
        cell.strip().lower() in LABEL_COLUMNS for cell in first
    ):
        return True
    return not all(map(is_value, first[1:-1])) or is_value(second[-1]) or first is second


def _label_column(names: Sequence[str], unlabeled: bool, sample: Sequence[str]) -> int | None:
    """Return the position of the column of the class; None where there is none.

    Args:
        names: the header; empty where there is none.
        unlabeled: whether there is no such column unless the header names one.
        sample: a row; words in its last column alone are a class.
    """
    first = None if unlabeled else 0
    if not is_value(sample[-1]) and all(map(is_value, sample[:-1])):
        first = len(sample) - 1
    return next((list(names).index(name) for name in LABEL_COLUMNS if name in names), first)


def _check_first_column(path: Path, name: str, cell: str) -> None:
    """Refuse a first column that is no class, in a file whose header names no class.

    Raises:
        DataError: it holds numbers with decimals.
    """
    if is_value(cell) and not cell.strip().removeprefix("-").replace(".0", "").isdecimal():
        raise DataError(
            f"{path}: no column is called class, and the first one, {brief(name)}, holds {brief(cell)}. Call "
            "the column of the classes, or of the numbers to predict, class, label, target or y."
        )
    _log.info(
        "%s: no column is called class; the first one, %s, is taken as the class.", path, name
    )


def _cells(path: Path) -> Iterator[Cells]:
    """Yield the rows of a .csv, .tsv or .txt file with their numbers, split into cells.

    The cells of a .tsv or .txt stand between tabs, commas or spaces, whichever the first row has. Its class
    is a number in any form, such as 1.0000000e+00.
    """
    if path.suffix.lower() not in (".tsv", ".txt"):
        yield from _plain_cells(path)
        return
    between: str | None = None
    for line, text in enumerate(map(str.strip, text_lines(path)), 1):
        if line == 1:
            between = next((sign for sign in ("\t", ",") if sign in text), None)
        label, *cells = text.split(between) or [""]
        yield line, [_whole_number(label), *cells]


def _whole_number(label: str) -> str:
    """Return a whole number without its decimals and its exponent; any other text as it is."""
    try:
        number = float(label)
    except ValueError:
        return label
    return str(int(number)) if number.is_integer() else label


def _plain_cells(path: Path) -> Iterator[Cells]:
    """Yield the rows of a .csv file with their numbers; the first line shows the delimiter.

    Raises:
        DataError: a cell is too long, or the file is no text.
    """
    lines = text_lines(path)
    first = next(lines, "")
    between = _delimiter(first)
    try:
        for line, row in enumerate(csv.reader(chain([first], lines), delimiter=between), 1):
            yield line, row if between == "," else list(map(_with_decimal_point, row))
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as CSV: {error}.") from error


def _delimiter(line: str) -> str:
    """Return the delimiter of the cells of a line; beside semicolons, commas may be decimal commas."""
    if ";" in line and line.count(";") + 1 >= line.count(","):
        return ";"
    return "\t" if "\t" in line and "," not in line else ","


def _with_decimal_point(cell: str) -> str:
    """Return a number with a decimal comma as one with a point; any other text as it is."""
    return cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell
