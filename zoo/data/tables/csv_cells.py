"""The rows of .csv, .tsv and .txt files, split into cells; decimal commas become points."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from zoo.data.tables.cells import text_lines
from zoo.errors import DataError
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["Cells", "rows_of_cells"]

DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+(e[-+]?\d+)?\s*", re.IGNORECASE)
Cells = tuple[int, list[str]]  # the line, and its cells


def rows_of_cells(path: Path) -> Iterator[Cells]:
    """Yield the rows that are not empty.

    Raises:
        UnsafeFile: one has too many columns.
    """
    most = limit("series_columns")
    for line, row in _cells(path):
        if len(row) > most:
            check_limit(path, "series_columns", len(row))
        if any(row):
            yield line, row


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
    whole = _WholeRows(path, chain([first], lines))
    try:
        for line, row in enumerate(csv.reader(whole, delimiter=between), 1):
            whole.letters = 0
            yield line, row if between == "," else list(map(_with_decimal_point, row))
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as CSV: {error}.") from error


class _WholeRows:
    """The lines of a .csv file; a row, which quotes extend over many lines, is as long as a line at most.

    Args:
        path: the file, for messages.
        lines: of the file.

    Attributes:
        letters: of the row so far; its reader sets it to 0 after each row.
    """

    def __init__(self, path: Path, lines: Iterable[str]) -> None:
        self._path, self._lines, self.letters = path, lines, 0

    def __iter__(self) -> Iterator[str]:
        most = limit("line_bytes")
        for line in self._lines:
            self.letters += len(line)
            if self.letters > most:
                check_limit(self._path, "line_bytes", self.letters, more=True)
            yield line


def _delimiter(line: str) -> str:
    """Return the delimiter of the cells of a line; beside semicolons, commas may be decimal commas."""
    if ";" in line and line.count(";") + 1 >= line.count(","):
        return ";"
    return "\t" if "\t" in line and "," not in line else ","


def _with_decimal_point(cell: str) -> str:
    """Return a number with a decimal comma as one with a point; any other text as it is."""
    return cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell
