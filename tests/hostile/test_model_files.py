"""Hostile .keras and .h5 files: every command that takes one refuses it in a line, and none is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zoo.testing.hostile.case import HostileCase
from zoo.testing.hostile.collection import cases
from zoo.testing.hostile.guard import Outcome
from zoo.testing.hostile.server import Server

CASES = cases("keras", "h5")
LONG = CASES[1::3] + CASES[2::3]  # of the names in a config, of which there are hundreds
COMMANDS = (
    ("export", "--out", "out"),
    ("explain", "item.png", "--out", "out"),
    ("gallery", "--out", "page"),
)


def with_marks(case: HostileCase) -> Any:
    """Return a case that is left out by default where there are many of its kind."""
    is_name = case.name.startswith(("layer ", "initializer "))
    marks = [pytest.mark.long] if is_name and case in LONG else []
    return pytest.param(case, marks=marks)


@pytest.mark.parametrize("case", list(map(with_marks, CASES)), ids=str)
def test_a_hostile_model_file_is_refused(
    case: HostileCase, heavy: Server, harmless: Callable[[Outcome], str], tmp_path: Path
) -> None:
    file = case.write(tmp_path)
    outcome = heavy.command("show", "--layers", file)
    text = harmless(outcome)
    assert outcome.code in (1, 2), text
    assert text.startswith(("Error: ", "Warning: ")), text
    assert file.name in text


@pytest.mark.parametrize("case", CASES[::11], ids=str)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_refuses_it(
    command: tuple[str, ...],
    case: HostileCase,
    heavy: Server,
    harmless: Callable[[Outcome], str],
    tmp_path: Path,
) -> None:
    file = case.write(tmp_path)
    outcome = heavy.command(command[0], file, *command[1:])
    text = harmless(outcome)
    assert outcome.code in (1, 2), text
