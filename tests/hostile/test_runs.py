"""Runs from strangers: a hostile one is refused in a line, and hides no other run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import zoo
from tests.hostile.run_cases import HIDDEN, REFUSED, RESUMED, dataset, special
from zoo.testing.hostile.guard import Outcome
from zoo.testing.hostile.server import Server

Check = Callable[[Outcome], str]


@pytest.fixture
def runs(trained: zoo.Run, tmp_path: Path) -> Path:
    """A folder with runs/good and runs/bad, two copies of a run."""
    for name in ("good", "bad"):
        shutil.copytree(trained.path, tmp_path / "runs" / name)
    return tmp_path / "runs"


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_run_is_refused(case: str, runs: Path, heavy: Server, harmless: Check) -> None:
    REFUSED[case](runs / "bad")
    outcome = heavy.command("show", "--layers", "runs/bad", folder=runs.parent)
    assert outcome.code in (1, 2), harmless(outcome)
    assert harmless(outcome).startswith(("Error: ", "Warning: "))
    if list(REFUSED).index(case) % 4 == 0:
        for words in (("export", "runs/bad", "--to", "onnx"), ("evaluate", "runs/bad")):
            outcome = heavy.command(*words, folder=runs.parent)
            assert outcome.code in (1, 2), harmless(outcome)
            assert harmless(outcome)


@pytest.mark.parametrize("case", RESUMED)
def test_a_hostile_checkpoint_is_refused(
    case: str, runs: Path, heavy: Server, harmless: Check
) -> None:
    data = zoo.open_dataset("digits")
    dataset(source="digits", fingerprint=data.fingerprint)(runs / "bad")
    RESUMED[case](runs / "bad")
    outcome = heavy.command("train", "mlp", "--resume", "--out", "runs/bad", folder=runs.parent)
    assert outcome.code in (1, 2), harmless(outcome)
    assert "runs/bad" in harmless(outcome)


@pytest.mark.parametrize("case", HIDDEN)
def test_a_broken_file_hides_no_other_run(
    case: str, runs: Path, light: Server, heavy: Server, harmless: Check
) -> None:
    HIDDEN[case](runs / "bad")
    outcome = light.command("runs", folder=runs.parent)
    shown = harmless(outcome)
    assert outcome.code == 0, shown
    assert "good" in shown
    assert "bad" in shown
    outcome = light.command("compare", "runs/good", "runs/bad", folder=runs.parent)
    assert outcome.code == 0, harmless(outcome)
    assert "accuracy" in harmless(outcome)


def test_a_source_of_100_000_letters_is_shortened(
    runs: Path, heavy: Server, harmless: Check
) -> None:
    dataset(source="a" * 100_000)(runs / "bad")
    outcome = heavy.command("evaluate", "runs/bad", folder=runs.parent)
    assert outcome.code in (1, 2), harmless(outcome)
    assert len(harmless(outcome)) < 1500


def test_a_training_from_a_pipe_leaves_no_folder(
    runs: Path, heavy: Server, harmless: Check
) -> None:
    special("model.weights.h5", "pipe")(runs / "bad")
    words = ("train", "mlp", "--data", "digits", "--from", "runs/bad", "--out", "new")
    outcome = heavy.command(*words, folder=runs.parent)
    assert outcome.code in (1, 2), harmless(outcome)
    assert "is a named pipe" in harmless(outcome)
    assert not (runs.parent / "new").exists()


def test_an_honest_training_from_a_run_passes(runs: Path, heavy: Server, harmless: Check) -> None:
    words = ("train", "mlp", "--data", "digits", "--from", "runs/good", "--out", "new")
    outcome = heavy.command(*words, "--set", "epochs=1", folder=runs.parent)
    assert outcome.code == 0, harmless(outcome)
    assert "weights of" in harmless(outcome)
    assert zoo.Run.open(runs.parent / "new").state == "finished"
