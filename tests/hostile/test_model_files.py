"""Hostile .keras and .h5 files: every command that takes one refuses it in a line, and none is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zoo.testing.hostile.case import HostileCase
from zoo.testing.hostile.collection import cases
from zoo.testing.hostile.guard import Outcome
from zoo.testing.hostile.server import Server

CASES = cases("keras", "h5")
COMMANDS = (
    ("export", "--out", "out"),
    ("explain", "item.png", "--out", "out"),
    ("gallery", "--out", "page"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_hostile_model_file_is_refused(
    case: HostileCase, heavy: Server, harmless: Callable[[Outcome], str], tmp_path: Path
) -> None:
    file = case.write(tmp_path)
    outcome = heavy.command("show", "--layers", file)
    text = harmless(outcome)
    assert outcome.code in (1, 2), text
    assert text.startswith(("Error: ", "Warning: ")), text
    assert file.name in text


@pytest.mark.parametrize("case", CASES[::9], ids=str)
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
