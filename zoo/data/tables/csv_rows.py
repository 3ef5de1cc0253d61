"""The series of .csv, .tsv and .txt files: a series in each row, with the class in one of the columns."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from zoo.data.images import SUFFIXES
from zoo.data.tables.cells import LABEL_COLUMNS, LABEL_WORDS, Row, is_value, numbers
from zoo.data.tables.csv_cells import Cells, rows_of_cells
from zoo.data.tables.long_csv import long_layout, long_rows
from zoo.errors import DataError, brief

__all__ = ["csv_rows"]

_log = logging.getLogger("zoo")


def csv_rows(path: Path, unlabeled_columns: int | None) -> Iterator[Row]:
    """Yield the series of a .csv, .tsv or .txt file: each is a row, or in the long format several rows.

    A header may name the column of the class. If not, it is the first column, unless there are as
    many columns as `unlabeled_columns`.

    Raises:
        DataError: the columns do not fit together, or a cell holds no number.
        UnsafeFile: there are too many columns.
    """
    rows = rows_of_cells(path)
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
    name = names[column] if has_header and column is not None and column < len(names) else None
    if name is not None and names.count(name) > 1:
        raise DataError(f"{path} has {names.count(name)} columns called {brief(name)}.")
    if has_header and column == 0 and names[0] not in LABEL_COLUMNS:
        _check_first_column(path, names[0], sample[0])
    header = first[1] if has_header else []
    yield from _wide_rows(path, rows, header, len(names), column)


def _check_row(where: str, row: Sequence[str], header: Sequence[str], column: int | None) -> None:
    """Refuse a row with a cell that holds no number.

    Args:
        where: the file and the line, for messages.
        row: its cells.
        header: the names of the columns; empty where there is none.
        column: the position of the classes, which may be words.

    Raises:
        DataError: with the column and the cell.
    """
    for at, (name, cell) in enumerate(zip(header, row, strict=False)):
        if at != column and not is_value(cell):
            raise DataError(
                f"{where}: the column {brief(name)} holds {brief(cell.strip())}, which is no number."
                f"{_advice(cell)}"
            )
    if column != len(row) - 1 and not is_value(row[-1]):
        raise DataError(
            f"{where}: the last value is no number. Received: {brief(row[-1])}. The class stands in "
            "the first column, or in one that the first line names class."
        )


def _advice(cell: str) -> str:
    if Path(cell.strip()).suffix.lower() in SUFFIXES:
        return (
            " Images are given as a folder for each class (--data FOLDER), not as a list of files."
        )
    return (
        " Turn it into numbers, or remove the column. A missing value is left empty, or written ?"
    )


def _wide_rows(
    path: Path, rows: Iterable[Cells], header: Sequence[str], count: int, column: int | None
) -> Iterator[Row]:
    """Yield the series of rows of so many columns, with the class in one of them, or in none.

    Args:
        path: the file, for messages.
        rows: the rows after the header.
        header: the names of the columns; empty where there is none.
        count: of the columns.
        column: the position of the classes.

    Raises:
        DataError: a row has other columns, or a value is no number.
    """
    for line, row in rows:
        if len(row) != count:
            raise DataError(
                f"{path}, line {line}: {len(row)} columns, where the first line has {count}. Every series "
                "must have the same length; leave a missing value empty, between its commas."
            )
        label = None if column is None else row[column].strip()
        values = row if column is None else row[:column] + row[column + 1 :]
        try:
            channel = list(map(float, values))
        except ValueError:
            where = f"{path}, line {line}"
            _check_row(where, row, header, column)
            channel = numbers(values, where)
        yield line, [channel], label


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
            f"the column of the classes, or of the numbers to predict, {LABEL_WORDS}."
        )
    _log.info(
        "%s: no column is called class; the first one, %s, is taken as the class.", path, name
    )
