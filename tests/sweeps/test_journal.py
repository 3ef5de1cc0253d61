"""What the next trial is, and what is kept: a function of the seed and the results, whatever comes first."""

from __future__ import annotations

import math
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from zoo.errors import RunError
from zoo.sweeps.journal import FILE, Journal
from zoo.sweeps.results import read_sweep
from zoo.sweeps.search import Search
from zoo.sweeps.space import Choice, Range
from zoo.sweeps.task import Task, TrialResult
from zoo.sweeps.trial import FallsBehind, Watch

SPACE: Any = {"rate": Range(1e-4, 1e-1, log=True), "units": Choice(([8], [8, 8], [16]))}
EPOCHS = 9


def search(window: int = 1, **changes: Any) -> Search:
    fixed = {"trials": 18, "metric": "val_loss", "direction": "min", "epochs": EPOCHS}
    return Search("mlp", SPACE, **{**fixed, "window": window, **changes})


def pretend(task: Task) -> TrialResult:
    """Return how a trial would end whose loss follows from its settings."""
    chosen, watch = task.settings(), Watch(task)
    watch.start(EPOCHS, 1, 0)
    try:
        for epoch in range(1, EPOCHS + 1):
            loss = abs(math.log10(chosen["rate"]) + 2) + len(chosen["units"]) / (10 * epoch)
            watch.epoch(epoch, {"val_loss": loss})
    except FallsBehind:
        return TrialResult("stopped", values=tuple(watch.values), notes=watch.notes())
    value = watch.values[-1]
    return TrialResult("finished", value, tuple(watch.values), watch.notes())


def run(folder: Path, found: Search, at_once: int, shuffle: random.Random) -> list[Any]:
    """Run a sweep of pretended trials, some at once, that end in any order; return its rows."""
    folder.mkdir()
    journal = Journal(folder, found, writes=True)
    waiting, running = list(range(found.trials)), list[Task]()
    while waiting or running:
        while waiting and len(running) < at_once and journal.can_begin(waiting[0]):
            running.append(journal.begin(waiting.pop(0)))
        task = running.pop(shuffle.randrange(len(running)))
        journal.end(task.number, pretend(task))
    rows = read_sweep(Journal(folder, found)).rows
    return [(row.state, row.value, row.epochs, row.settings) for row in rows]


@pytest.mark.parametrize("pruner", ["asha", "hyperband", "none"])
def test_the_order_in_which_trials_end_changes_nothing(tmp_path: Path, pruner: str) -> None:
    found = search(4, pruner=pruner)
    one = run(tmp_path / "one", found, 1, random.Random(0))
    assert one == run(tmp_path / "three", found, 3, random.Random(1))
    assert one == run(tmp_path / "four", found, 4, random.Random(2))
    states = {state for state, *_ in one}
    assert states == ({"finished"} if pruner == "none" else {"finished", "stopped"})


def test_another_seed_chooses_other_settings(tmp_path: Path) -> None:
    one = run(tmp_path / "one", search(trials=3), 1, random.Random(0))
    other = run(tmp_path / "other", search(trials=3, seed=1), 1, random.Random(0))
    assert [row[3] for row in one] != [row[3] for row in other]


def test_results_guide_the_choice(tmp_path: Path) -> None:
    rows = run(tmp_path / "long", search(trials=40, pruner="none"), 1, random.Random(0))
    losses = [value for _, value, *_ in rows]
    assert sum(losses[-20:]) < 0.6 * sum(losses[:20])


def test_a_sweep_that_is_killed_goes_on_with_the_same_trials(tmp_path: Path) -> None:
    found = search(2)
    whole = run(tmp_path / "whole", found, 2, random.Random(0))
    folder = tmp_path / "killed"
    folder.mkdir()
    journal = Journal(folder, found, writes=True)
    for number in range(5):
        journal.end(number, pretend(journal.begin(number)))
    begun = journal.begin(5)
    with (folder / FILE).open("ab") as file:
        file.write(b'{"op_code":4,"work')  # kill -9 in the middle of a line
    (folder / f"{FILE}.lock").write_text("")
    journal = Journal(folder, found, writes=True)
    again = journal.begin(5)
    assert again.params == begun.params
    journal.end(5, pretend(again))
    for number in range(6, found.trials):
        journal.end(number, pretend(journal.begin(number)))
    rows = read_sweep(Journal(folder, found)).rows
    assert whole == [(row.state, row.value, row.epochs, row.settings) for row in rows]


def test_a_trial_begins_once_the_results_that_it_is_chosen_from_are_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path, search(3), writes=True)
    tasks = [journal.begin(number) for number in range(3)]
    assert not journal.can_begin(3)
    journal.end(1, pretend(tasks[1]))
    assert not journal.can_begin(3)
    journal.end(0, pretend(tasks[0]))
    assert journal.can_begin(3)
    assert not journal.can_begin(5)


def test_trials_that_fail_and_that_diverge_are_kept_with_their_errors(tmp_path: Path) -> None:
    journal = Journal(tmp_path, search(), writes=True)
    journal.begin(0)
    journal.end(0, TrialResult("failed", error="The image is too small."))
    journal.begin(1)
    journal.end(
        1, TrialResult("failed", values=(2.0,), error="The loss became nan.", diverged=True)
    )
    journal.end(2, pretend(journal.begin(2)))
    rows = read_sweep(journal).rows
    assert [row.state for row in rows] == ["failed", "failed", "finished"]
    assert rows[1].error == "The loss became nan."
    assert rows[1].epochs == 1
    best = read_sweep(journal).best
    assert best is not None
    assert best.number == 2


def test_a_folder_without_a_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="never began"):
        Journal(tmp_path, search())
    shutil.rmtree(tmp_path)
