"""Results as tables: aligned, short, and without markup or control characters of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from zoo.io.tables.shown_table import ShownTable, short_value


@dataclass(frozen=True, repr=False)
class Table(ShownTable):
    """A table of given rows."""

    title: str
    rows: Sequence[Sequence[str]]

    def _title_and_rows(self) -> tuple[str, Sequence[Sequence[str]]]:
        return self.title, self.rows


def test_columns_are_aligned() -> None:
    table = Table("two rows", [("part", "format"), ("classifier", "onnx"), ("a", "")])
    assert repr(table) == "two rows\npart        format\nclassifier  onnx\na"
    assert str(table) == repr(table)


def test_a_notebook_gets_html_without_markup_of_a_cell() -> None:
    html = Table("<b>", [("part",), ("<script>",)])._repr_html_()
    assert "<th>part</th>" in html
    assert "<td>&lt;script&gt;</td>" in html
    assert "&lt;b&gt;" in html


def test_control_characters_and_long_cells_are_cut() -> None:
    text = repr(Table("a\x1b[31m\nb", [("head",), ("x" * 200,)]))
    title, _, row = text.splitlines()
    assert title == r"a\x1b[31m b"
    assert len(row) == 60


def test_many_rows_are_counted() -> None:
    table = Table("many", [("n",), *((str(n),) for n in range(100))])
    assert repr(table).splitlines()[-1] == "and 60 more rows"
    assert "and 60 more rows" in table._repr_html_()


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "none"), (0.00010, "0.0001"), ((1, 2), "[1, 2]"), ([1] * 9, "[1, 1, 1, 1, ...]")],
)
def test_values_are_short(value: object, text: str) -> None:
    assert short_value(value) == text
