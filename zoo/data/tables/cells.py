"""The cells of text files with numbers: lines within limits, values, missing values, class columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path

from zoo.data.arrays import Array
from zoo.errors import DataError, UnsafeFile, brief
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.plain_file import open_plain

__all__ = ["LABEL_COLUMNS", "Row", "is_value", "numbers", "text_lines"]

# the first of these names that a column has tells the classes; a y may also be a coordinate
LABEL_COLUMNS = ("class", "label", "target", "labels", "category", "species", "y")
MISSING = ("", "?", "nan", "na")
Row = tuple[int, Array, str | None]  # the line, values of shape (time, channels), the label


def text_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, none of them longer than the limit.

    Raises:
        DataError: a line is too long, the file is no text, or is no plain file.
    """
    most = limit("line_bytes")
    try:
        with open_plain(path) as plain, TextIOWrapper(plain, "utf-8-sig", newline="") as file:
            while line := file.readline(most + 1):
                if len(line) > most:
                    check_limit(path, "line_bytes", len(line), more=True)
                yield line
    except UnsafeFile as error:
        raise DataError(str(error)) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text in UTF-8. Save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def is_value(cell: str) -> bool:
    """Return whether a cell holds a number, or a missing value."""
    try:
        float(cell)
    except ValueError:
        return cell.strip().lower() in MISSING
    return True


def numbers(cells: Sequence[str], where: str) -> list[float]:
    """Return the values of a series; a missing one is NaN."""
    values = []
    for at, cell in enumerate(cells, 1):
        try:
            values.append(float(cell))
        except ValueError:
            if not is_value(cell):
                raise DataError(
                    f"{where}: value {at} of the series is no number. Received: {brief(cell.strip())}. "
                    "A missing value is left empty, or written ?"
                ) from None
            values.append(math.nan)
    return values
