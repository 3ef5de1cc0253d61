"""A result that Python's prompt shows as a title and a table of text, and a notebook as HTML."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape
from typing import Any

from zoo.io.printable import printable

__all__ = ["ShownTable", "short_value"]

MOST_ROWS = 40  # below the head
LONGEST_CELL = 60  # letters

Rows = Sequence[Sequence[str]]


class ShownTable(ABC):
    """The base of results with many values. A dataclass of this base sets `repr=False`."""

    @abstractmethod
    def _title_and_rows(self) -> tuple[str, Rows]:
        """Return a line of text, and the rows of a table, the first of which is its head."""

    def __repr__(self) -> str:
        title, rows = self._title_and_rows()
        cells, more = _short_rows(rows)
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
        return "\n".join([_line(title), *lines, *more])

    def _repr_html_(self) -> str:
        title, rows = self._title_and_rows()
        (head, *others), more = _short_rows(rows)
        body = "".join(_html_row("td", row) for row in others)
        below = "".join(f"<small>{escape(line)}</small>" for line in more)
        return (
            f"<div><b>{escape(_line(title))}</b>"
            f"<table>{_html_row('th', head)}{body}</table>{below}</div>"
        )


def short_value(value: Any) -> str:
    """Return the value of a setting, or a measure, in a few characters."""
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        items = ", ".join(map(str, value[:4]))
        return f"[{items}{', ...' if len(value) > 4 else ''}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _short_rows(rows: Rows) -> tuple[list[list[str]], list[str]]:
    """Return the head and the first rows, with short cells, and a line that counts the rows left out."""
    cells = [[_cell(cell) for cell in row] for row in rows[: MOST_ROWS + 1]]
    left_out = len(rows) - len(cells)
    return cells, [f"and {left_out:,} more rows"] * bool(left_out)


def _line(text: str) -> str:
    """Return a text of any origin as one line without control characters."""
    return " ".join(printable(text).split())


def _cell(text: str) -> str:
    line = _line(text)
    return line if len(line) <= LONGEST_CELL else f"{line[: LONGEST_CELL - 1]}…"


def _html_row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
