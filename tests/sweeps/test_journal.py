"""What the next trial is, and what is kept: a function of the seed and the results, whatever comes first."""

from __future__ import annotations

import math
import random
import shutil
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from zoo.errors import RunError, WriteError
from zoo.runs.run import Run
from zoo.sweeps import engines, trial
from zoo.sweeps.journal import FILE, Journal
from zoo.sweeps.progress import SweepProgress
from zoo.sweeps.results import read_sweep
from zoo.sweeps.search import FACTOR, Search
from zoo.sweeps.space import Choice, Range
from zoo.sweeps.task import Task, TrialResult
from zoo.sweeps.trial import FallsBehind, Watch, train_trial

SPACE: Any = {"rate": Range(1e-4, 1e-1, log=True), "units": Choice(([8], [8, 8], [16]))}
EPOCHS = 9


def search(window: int = 1, **changes: Any) -> Search:
    fixed = {"trials": 18, "metric": "val_loss", "direction": "min", "epochs": EPOCHS}
    return Search("mlp", SPACE, **{**fixed, "window": window, **changes})


def loss_after(epoch: int, settings: dict[str, Any]) -> float:
    """Return the loss of a pretended trial, which follows from its settings."""
    return abs(math.log10(settings["rate"]) + 2) + len(settings["units"]) / (10 * epoch)


def pretend(task: Task) -> TrialResult:
    """Return how a trial would end."""
    settings, watch = task.settings(), Watch(task)
    watch.start(EPOCHS, 1, 0)
    try:
        for epoch in range(1, EPOCHS + 1):
            watch.epoch(epoch, {"val_loss": loss_after(epoch, settings)})
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


def epochs_by_asha(losses: list[list[float]], window: int, grace: int, factor: int) -> list[int]:
    """Return the epochs of each trial by the rule of Li et al. (MLSys 2020), Algorithm 2, as it stops trials.

    A trial that reaches epoch grace * factor^k goes on if it is among the best n / factor of the n trials
    that have reached it, itself included; among fewer than `factor` trials, if it is the best one.
    """
    epochs, rungs = [], defaultdict[int, dict[int, float]](dict)
    for number, curve in enumerate(losses):
        epoch = grace
        while epoch < EPOCHS:
            value = rungs[epoch][number] = curve[epoch - 1]
            known = [v for other, v in rungs[epoch].items() if other <= number - window]
            reached = sorted([*known, value])
            if value not in reached[: max(1, len(reached) // factor)]:
                break
            epoch *= factor
        epochs.append(min(epoch, EPOCHS))
    return epochs


@pytest.mark.parametrize(("window", "grace"), [(1, 1), (5, 1), (1, 2)])
def test_trials_are_stopped_by_asynchronous_successive_halving(
    tmp_path: Path, window: int, grace: int
) -> None:
    found = search(window, grace=grace, trials=30)
    rows = run(tmp_path / "sweep", found, window, random.Random(0))
    losses = [
        [loss_after(epoch, settings) for epoch in range(1, EPOCHS + 1)] for *_, settings in rows
    ]
    epochs = [epochs for _, _, epochs, _ in rows]
    assert epochs == epochs_by_asha(losses, window, grace, FACTOR)
    assert set(epochs) == {grace, grace * FACTOR, EPOCHS}


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
    (tmp_path / FILE).touch()
    with pytest.raises(RunError, match="has no trials yet"):
        Journal(tmp_path, search())
    shutil.rmtree(tmp_path)


def test_a_reader_changes_nothing(tmp_path: Path) -> None:
    Journal(tmp_path, search(), writes=True).begin(0)
    before = (tmp_path / FILE).read_bytes()
    assert len(Journal(tmp_path, search()).trials()) == 1
    assert (tmp_path / FILE).read_bytes() == before


def test_a_trial_whose_metric_is_no_number_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(task: Task, watch: Watch) -> None:
        watch.start(EPOCHS, 1, 0)
        watch.epoch(1, {"val_loss": math.nan})

    monkeypatch.setattr(trial, "_train", train)
    result = train_trial(Journal(tmp_path, search(), writes=True).begin(0))
    assert (result.state, result.diverged) == ("failed", True)
    assert result.error == "val_loss is nan after epoch 1"


def test_a_run_that_another_process_holds_ends_the_sweep_and_no_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "LOCK_SECONDS", 0.0)
    task = Journal(tmp_path, search(), writes=True).begin(0)
    task.folder.mkdir()
    (task.folder / "run.json").write_text("{}")
    with Run(task.folder).lock(), pytest.raises(trial.BusyRun, match="process"):
        train_trial(task)


def test_a_trial_that_kills_its_process_each_time_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, begun = Journal(tmp_path, search(trials=2), writes=True), list[int]()

    def train(task: Task) -> TrialResult:
        begun.append(task.number)
        if len(begun) < 5:
            raise KeyboardInterrupt  # is not counted: nothing killed the process
        return pretend(task)

    monkeypatch.setattr(engines, "train_trial", train)
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            engines.run_here(journal, SweepProgress())
    assert [journal.count_start(0, 0) for _ in range(3)] == [1, 2, 3]
    engines.run_here(journal, SweepProgress())
    rows = read_sweep(journal).rows
    assert [row.state for row in rows] == ["failed", "finished"]
    assert "the process was killed 3 times in epoch 1" in rows[0].error
    assert begun == [0, 0, 0, 0, 1]


class LostError(Exception):
    """A worker is lost, as Ray says it."""


class FailedError(LostError):
    """A task has raised an error."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause


def run_on_pretended_ray(journal: Journal, outcome: Callable[[Task], TrialResult]) -> None:
    ray = SimpleNamespace(
        exceptions=SimpleNamespace(RayError=LostError, RayTaskError=FailedError),
        wait=lambda tasks, num_returns: (tasks[:1], tasks[1:]),
        get=lambda task: task(),
    )
    train = SimpleNamespace(remote=lambda task: partial(outcome, task))
    engines._run(ray, train, {}, journal, SweepProgress(), 1)


def test_a_trial_whose_worker_is_lost_each_time_fails_alone(tmp_path: Path) -> None:
    found = search(trials=3, pruner="none")
    journal, begun = Journal(tmp_path, found, writes=True), list[int]()

    def outcome(task: Task) -> TrialResult:
        begun.append(task.number)
        if task.number == 1:
            raise LostError("The node died.")
        return pretend(task)

    run_on_pretended_ray(journal, outcome)
    rows = read_sweep(journal).rows
    assert [row.state for row in rows] == ["finished", "failed", "finished"]
    assert rows[1].error == "its worker was lost 3 times: The node died."
    assert begun == [0, 1, 1, 1, 2]


def test_a_full_disk_ends_the_sweep_and_no_trial(tmp_path: Path) -> None:
    def outcome(task: Task) -> TrialResult:
        raise FailedError(WriteError("No space left."))

    journal = Journal(tmp_path, search(), writes=True)
    with pytest.raises(WriteError, match="No space left"):
        run_on_pretended_ray(journal, outcome)
    assert [row.state for row in read_sweep(journal).rows] == ["unfinished"]
