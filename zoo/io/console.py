"""A console and tables for texts of files from elsewhere: control characters and markup have no effect."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from zoo.io.printable import printable

__all__ = ["SafeConsole", "SafeTable"]


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
