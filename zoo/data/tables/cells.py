"""The cells of text files with numbers: lines within limits, values, missing values, class columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from itertools import groupby, islice
from pathlib import Path
from typing import IO

from zoo.errors import DataError, UnsafeFile, brief
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.plain_file import open_plain

__all__ = ["LABEL_COLUMNS", "LABEL_WORDS", "Row", "blocks", "is_value", "numbers", "text_lines"]

# the first of these names that a column has tells the classes; a y may also be a coordinate
LABEL_COLUMNS = ("class", "label", "target", "labels", "targets", "category", "species", "y")
LABEL_WORDS = f"{', '.join(LABEL_COLUMNS[:-1])} or {LABEL_COLUMNS[-1]}"  # in messages
MISSING = ("", "?", "nan", "na")
_BLOCK = 2**20  # bytes that are read at once
_VALUES = 10_000  # in one list of series
Row = tuple[int, Sequence[Sequence[float]], str | None]
"""A series: its line, the values of each channel, and its label."""


def text_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, within the limits of their number and their length.

    Raises:
        DataError: there are too many lines, one is too long, the file is no text, or is no plain file.
    """
    most = limit("line_bytes")
    try:
        with open_plain(path) as plain, TextIOWrapper(plain, "utf-8-sig", newline="") as file:
            _check_line_count(path, plain)
            while line := file.readline(most + 1):
                if len(line) > most:
                    check_limit(path, "line_bytes", len(line), more=True)
                if "\0" in line:
                    raise DataError(
                        f"{path} holds zeros, as no text in UTF-8 does. Save it as UTF-8."
                    )
                yield line
    except UnsafeFile as error:
        raise DataError(str(error)) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text in UTF-8. Save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def _check_line_count(path: Path, file: IO[bytes]) -> None:
    """Refuse a file of too many lines before they are parsed, which takes a hundred times longer.

    Raises:
        UnsafeFile: it has too many.
    """
    most, feeds, returns = limit("series_lines"), 0, 0
    while block := file.read(_BLOCK):
        feeds += block.count(b"\n")
        returns += block.count(b"\r")
        if max(feeds, returns) > most:
            check_limit(path, "series_lines", max(feeds, returns), more=True)
    file.seek(0)


def blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield series in lists of one shape, of thousands of values: NumPy is slow for each alone."""
    for (channels, steps), same in groupby(rows, lambda row: (len(row[1]), len(row[1][0]))):
        most = max(1, _VALUES // max(1, channels * steps))
        while block := list(islice(same, most)):
            yield block


def is_value(cell: str) -> bool:
    """Return whether a cell holds a number, or a missing value."""
    if cell.strip().lower() in MISSING:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def numbers(cells: Sequence[str], where: str) -> list[float]:
    """Return the values of a series; a missing one is NaN.

    Raises:
        DataError: a cell is neither a number nor a missing value.
    """
    try:
        return list(map(float, cells))
    except ValueError:
        return [_number(cell, at, where) for at, cell in enumerate(cells, 1)]


def _number(cell: str, at: int, where: str) -> float:
    if cell.strip().lower() in MISSING:
        return math.nan
    try:
        return float(cell)
    except ValueError:
        raise DataError(
            f"{where}: value {at} of the series is no number. Received: {brief(cell.strip())}. "
            "A missing value is left empty, or written ?"
        ) from None
