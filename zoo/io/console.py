"""A console and tables for texts of files from elsewhere: control characters and markup have no effect.

And a way to silence a library that logs to the console.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from zoo.io.printable import printable

__all__ = ["SafeConsole", "SafeTable", "make_table", "quiet_logger"]

_NUMBERS = (
    "size",
    "largest difference",
    "R",
    "value",
    "examples",
    "parameters",
    "live",
    "above",
)  # to the right


class SafeConsole(Console):
    """A console that escapes control characters, which may be in texts of files from elsewhere."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to show, without control characters of its own."""
        return super().render_str(printable(text), **options)


class SafeTable(Table):
    """A table whose cells are plain text: markup and control characters in them have no effect."""

    def add_row(self, *cells: Any, **options: Any) -> None:
        """Add a row; texts are shown as they are."""
        super().add_row(
            *(Text(printable(cell)) if isinstance(cell, str) else cell for cell in cells), **options
        )


def make_table(*columns: str) -> SafeTable:
    """Return an empty table; columns of numbers are aligned to the right."""
    table = SafeTable(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        number = column in _NUMBERS
        table.add_column(
            Text(printable(column)), justify="right" if number else "left", overflow="fold"
        )
    return table


@contextmanager
def quiet_logger(name: str) -> Iterator[None]:
    """Set a logger and those below it to write errors only.

    Args:
        name: of the logger.
    """
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
