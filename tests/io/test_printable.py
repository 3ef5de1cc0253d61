"""Texts of files where they are shown."""

import csv
from pathlib import Path

import pytest

from zoo.io.printable import printable, spreadsheet_text
from zoo.runs.files.predictions import _write_csv


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+x", "-x", "@SUM(1)", "\t=1", "\r=1"])
def test_a_text_is_no_formula_in_a_spreadsheet(text: str) -> None:
    assert spreadsheet_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["cat", "", "-1", "+2.5", "1e-5", "a=b", "x@y"])
def test_other_texts_and_numbers_stay(text: str) -> None:
    assert spreadsheet_text(text) == text


def test_a_table_of_predictions_has_no_formula_and_any_name_of_a_file() -> None:
    _write_csv({"file": ["\udcff.png"], "target": ["=1+1"], "p_a": [-0.5]}, Path("p.csv"))
    with open("p.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["file", "target", "p_a"], ["\\udcff.png", "'=1+1", "-0.5"]]


@pytest.mark.parametrize(
    "mark", ["\x1b", "\x9b", "\xad", "\u202e", "\ufffa", "\U000e0041", "\ud800"]
)
def test_marks_that_nobody_sees_are_shown(mark: str) -> None:
    assert printable(f"a{mark}b") == f"a{ascii(mark)[1:-1]}b"
