"""Rows of numbers as a .csv file with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from zoo.io.atomic import atomic_write
from zoo.io.text import read_text


def read_rows(path: Path) -> list[dict[str, float]]:
    """Return the rows of a file by column; an empty cell is left out. No file is no rows."""
    if not path.exists():
        return []
    rows = csv.DictReader(io.StringIO(read_text(path)))
    return [{key: float(value) for key, value in row.items() if value} for row in rows]


def write_rows(path: Path, rows: Sequence[dict[str, float]]) -> None:
    """Write rows; the columns are all names of all rows, in their order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with atomic_write(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
