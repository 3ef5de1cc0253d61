"""The text files of a run: a history has all cells in every row, and a limit of columns."""

from __future__ import annotations

from pathlib import Path

import pytest

import zoo
from zoo.io.run_files import read_history, write_history


def test_rows_with_other_columns_are_read_as_they_were_written() -> None:
    rows = [{"epoch": 1.0, "loss": 2.0}, {"epoch": 2.0, "accuracy": 0.5}, {"epoch": 3.0}]
    write_history(Path(), rows)
    assert read_history(Path()) == rows


@pytest.mark.parametrize(("row", "word"), [("1", "shorter"), ("1,2,3", "longer")])
def test_a_row_has_as_many_cells_as_the_header(row: str, word: str) -> None:
    Path("history.csv").write_text(f"epoch,loss\n1,\n{row}\n")
    with pytest.raises(zoo.RunError, match=f"row 2 is {word} than the header"):
        read_history(Path())


def test_columns_have_a_limit() -> None:
    Path("history.csv").write_text("," * 20_000 + "\n1\n")
    with pytest.raises(zoo.UnsafeFile, match=r"columns of history\.csv: 20,001 found"):
        read_history(Path())


@pytest.mark.parametrize("epoch", ["inf", "nan", "1e300", "-1", "1.5"])
def test_an_epoch_is_a_whole_number(epoch: str) -> None:
    Path("history.csv").write_text(f"epoch,loss\n{epoch},1\n")
    with pytest.raises(zoo.RunError, match="is no number of an epoch"):
        read_history(Path())
