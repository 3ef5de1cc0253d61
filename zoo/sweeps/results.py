"""The trials of a sweep and the best of them, as a table and as plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import RunError
from zoo.io.tables.shown_table import Rows, ShownTable, short_value
from zoo.runs.run import Run
from zoo.sweeps.files.search_file import read_search
from zoo.sweeps.journal import ERROR, SECONDS, STATE, Journal
from zoo.sweeps.search import Search

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

__all__ = ["RUNNING", "Sweep", "TrialRow", "open_sweep", "trial_row"]

RUNNING = "unfinished"


@dataclass(frozen=True)
class TrialRow:
    """One trial: its number, its run, its state, and its values of the metric.

    Args:
        number: from 0.
        run: the folder of its run.
        state: finished, stopped, failed or unfinished.
        value: of the metric; one that is stopped, or runs, has that of its last epoch.
        epochs: that it was trained for.
        seconds: that these took.
        settings: the values of the space.
        error: why it failed, or nothing.
    """

    number: int
    run: Path
    state: str
    value: float | None
    epochs: int
    seconds: float
    settings: dict[str, Any]
    error: str = ""


@dataclass(frozen=True, repr=False)
class Sweep(ShownTable):
    """A sweep: what is searched, and its trials in the order of their numbers."""

    folder: Path
    search: Search
    rows: tuple[TrialRow, ...]

    @property
    def best(self) -> TrialRow | None:
        """The finished trial with the best value, the first of equal ones; None if there is none."""
        finished = [row for row in self.rows if row.state == "finished"]
        return min(finished, key=self.rank, default=None)

    @property
    def run(self) -> Run:
        """The run of the best trial.

        Raises:
            RunError: no trial is finished.
        """
        if self.best is None:
            raise RunError(f"No trial of {self.folder} is finished.")
        return Run(self.best.run)

    def rank(self, row: TrialRow) -> float:
        """Return a number that is smaller for a better trial."""
        if row.value is None or not math.isfinite(row.value):
            return math.inf
        return -row.value if self.search.direction == "max" else row.value

    @property
    def ranking(self) -> list[TrialRow]:
        """The trials, the best finished one first."""
        return sorted(self.rows, key=lambda row: (row.state != "finished", self.rank(row)))

    def _title_and_rows(self) -> tuple[str, Rows]:
        search, space = self.search, list(self.search.space)
        rows = [
            (
                str(row.number),
                row.state,
                str(row.epochs),
                "" if row.value is None else f"{row.value:.5g}",
                *(
                    short_value(row.settings[name]) if name in row.settings else ""
                    for name in space
                ),
            )
            for row in self.ranking
        ]
        title = f"Sweep of {search.name} in {self.folder}: {len(rows)} trials"
        return title, [("trial", "state", "epochs", search.metric, *space), *rows]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        best = self.best
        return {
            "folder": str(self.folder),
            "search": self.search.to_json(),
            "trials": [asdict(row) | {"run": str(row.run)} for row in self.rows],
            "best": None if best is None else best.number,
            "test": self.run.metrics if best is not None else {},
        }


def open_sweep(folder: str | Path) -> Sweep:
    """Return the sweep in a folder, which may still run.

    Raises:
        RunError: it holds no sweep.
    """
    folder = Path(folder).expanduser()
    search = read_search(folder)
    return read_sweep(Journal(folder, search))


def read_sweep(journal: Journal) -> Sweep:
    """Return the sweep of a journal."""
    folder, search = journal.folder, journal.search
    trials: Sequence[FrozenTrial] = journal.trials()
    return Sweep(folder, search, tuple(trial_row(folder, search, trial) for trial in trials))


def trial_row(folder: Path, search: Search, trial: FrozenTrial) -> TrialRow:
    """Return a trial of the journal as a row.

    Args:
        folder: of the sweep.
        search: what it searches.
        trial: as Optuna has it.
    """
    if not trial.state.is_finished():
        return _running_row(folder, search, trial)
    values, attributes = trial.intermediate_values, trial.user_attrs
    value = trial.value if trial.values else values.get(max(values, default=0))
    return TrialRow(
        trial.number,
        folder / search.trial_folder(trial.number),
        str(attributes.get(STATE, RUNNING)),
        None if value is None else float(value),  # JSON has whole numbers of any size
        max(values, default=0),
        float(attributes.get(SECONDS, 0.0)),
        _settings(search, trial),
        str(attributes.get(ERROR, "")),
    )


def _running_row(folder: Path, search: Search, trial: FrozenTrial) -> TrialRow:
    """Return a trial that runs, or whose process was killed, with the epochs of its run so far."""
    run = folder / search.trial_folder(trial.number)
    rows = Run(run).history
    value = rows[-1].get(search.metric) if rows else None
    seconds = sum(row.get("seconds", 0.0) for row in rows)
    settings = _settings(search, trial)
    return TrialRow(trial.number, run, RUNNING, value, len(rows), seconds, settings)


def _settings(search: Search, trial: FrozenTrial) -> dict[str, Any]:
    return {name: search.space[name].decode(value) for name, value in trial.params.items()}
