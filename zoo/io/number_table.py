"""Rows of numbers as a .csv file with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from zoo.io.atomic import atomic_write
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.text import read_text


def read_rows(path: Path, folder: Path | None = None) -> list[dict[str, float]]:
    """Return the rows of a file by column; an empty cell is left out. No file is no rows.

    Args:
        path: the file.
        folder: the run that it belongs to, if it does. A link must not lead out of it.

    Raises:
        ValueError: a cell is no number, or a row is longer than the header.
        UnsafeFile: the file is too large or has too many rows, is no plain file, or a link out of the folder.
        OSError: it cannot be opened.
    """
    if not path.exists():
        return []
    most, rows = limit("history_rows"), []
    try:
        for row in csv.DictReader(io.StringIO(read_text(path, folder))):
            if None in row:
                raise ValueError(f"row {len(rows) + 1} is longer than the header")
            rows.append({key: float(value) for key, value in row.items() if value})
            if len(rows) > most:
                check_limit(path, "history_rows", len(rows), more=True)
    except csv.Error as error:
        raise ValueError(f"row {len(rows) + 1}: {error}") from error
    return rows


def write_rows(path: Path, rows: Sequence[dict[str, float]]) -> None:
    """Write rows; the columns are all names of all rows, in their order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with atomic_write(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
