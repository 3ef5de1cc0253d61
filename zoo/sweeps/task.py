"""What goes to a worker, a Task, what comes back, a TrialResult, and the study that both sides know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.sweeps.search import FACTOR, Search

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.trial import FrozenTrial

__all__ = ["STATES", "STUDY", "Task", "TrialResult", "in_memory_study"]

STATES = ("finished", "stopped", "failed")
STUDY = "sweep"  # the name of the study; Hyperband chooses a trial's bracket by it


@dataclass(frozen=True)
class Task:
    """What a worker needs to train one trial.

    Args:
        number: of the trial, from 0.
        folder: of its run.
        search: what the sweep searches.
        params: the values of the space, as Optuna has them.
        past: the trials before it, as far as they are known to it.
    """

    number: int
    folder: Path
    search: Search
    params: Mapping[str, Any]
    past: Sequence[FrozenTrial]

    def settings(self) -> dict[str, Any]:
        """Return the settings of the trial that differ from the model's."""
        space = self.search.space
        chosen = {name: space[name].decode(value) for name, value in self.params.items()}
        return {**self.search.settings, **chosen}


@dataclass(frozen=True)
class TrialResult:
    """How a trial ended.

    Args:
        state: one of STATES.
        value: of the metric, for the weights that the run keeps; None where it has none.
        values: of the metric after each epoch, from epoch 1 on.
        notes: what the pruner keeps of the trial.
        error: why it failed; empty where it did not.
        diverged: whether its loss was no number any more.
        refusal: why no trial of this sweep can be trained; empty where they can.
        seconds: that the epochs took.
    """

    state: str
    value: float | None = None
    values: tuple[float, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    diverged: bool = False
    refusal: str = ""
    seconds: float = 0.0


def in_memory_study(search: Search, past: Sequence[FrozenTrial], sampler: Any = None) -> Any:
    """Return a study of Optuna that holds some trials.

    Args:
        search: its direction and its pruner.
        past: the trials, which keep their numbers.
        sampler: of Optuna; its default if not given.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    direction = "maximize" if search.direction == "max" else "minimize"
    study = optuna.create_study(
        study_name=STUDY, direction=direction, sampler=sampler, pruner=_pruner(search)
    )
    study.add_trials(past)
    return study


def _pruner(search: Search) -> BasePruner:
    from optuna import pruners

    if search.pruner == "asha":
        return pruners.SuccessiveHalvingPruner(search.grace, FACTOR)
    if search.pruner == "hyperband":
        return pruners.HyperbandPruner(search.grace, max(search.epochs, search.grace), FACTOR)
    return pruners.NopPruner()
