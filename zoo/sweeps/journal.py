"""The trials of a sweep in Optuna's journal, one file that any number of readers may open meanwhile.

A trial is written when it begins and when it ends. What a killed process leaves is a trial that runs, whose
run goes on from its last epoch.
"""

from __future__ import annotations

import importlib.util
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import RunError, UsageError
from zoo.io.atomic import disk_errors
from zoo.sweeps.files.journal_file import FILE, check_journal, repair_journal
from zoo.sweeps.search import Search
from zoo.sweeps.task import STUDY, Task, TrialResult, in_memory_study

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

__all__ = ["Journal", "check_optuna"]

RANDOM_TRIALS = 10  # that are drawn at random, before the sampler has results to learn from
STATE, ERROR, NOTES, SECONDS = "state", "error", "pruner", "seconds"  # attributes of a trial
STARTS = "starts"  # [whole epochs, how often the trial was started with these]


def check_optuna() -> None:
    """Refuse to begin where Optuna is not installed.

    Raises:
        UsageError: says how to install it.
    """
    if importlib.util.find_spec("optuna") is None:
        raise UsageError("Optuna is not installed. pip install 'keras-zoo[sweep]'")


class Journal:
    """The journal of one sweep.

    Args:
        folder: of the sweep.
        search: what it searches.
        writes: whether this process holds the lock of the folder, and may repair the file.
    """

    def __init__(self, folder: Path, search: Search, writes: bool = False) -> None:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        path = folder / FILE
        self.folder, self.search = folder, search
        if writes:
            repair_journal(folder, search.space)
        elif not os.path.lexists(path):
            raise RunError(f"{folder} has no {FILE}: the sweep never began.")
        else:
            check_journal(folder, search.space)
        direction = "maximize" if search.direction == "max" else "minimize"
        with disk_errors(path):
            storage = JournalStorage(JournalFileBackend(str(path)))
            if writes:
                self.study = optuna.create_study(
                    study_name=STUDY, storage=storage, direction=direction, load_if_exists=True
                )
                return
        try:  # a reader takes no lock: a lock of a killed reader would stop the sweep
            self.study = optuna.load_study(study_name=STUDY, storage=storage)
        except KeyError as error:
            raise RunError(f"{folder} has no trials yet.") from error

    def trials(self) -> list[FrozenTrial]:
        """Return all trials, in the order of their numbers."""
        return list(self.study.get_trials(deepcopy=False))

    def can_begin(self, number: int) -> bool:
        """Return whether every result that a trial is chosen from is there."""
        before = self.trials()[: max(0, number - self.search.window + 1)]
        return all(trial.state.is_finished() for trial in before)

    def begin(self, number: int) -> Task:
        """Return what a worker needs to train a trial; its settings are chosen if they are not yet.

        Args:
            number: at most one more than the last trial's.
        """
        from optuna.trial import TrialState, create_trial

        trials = self.trials()
        past = [self._as_known(trial, number) for trial in trials[:number]]
        if number == len(trials):
            space = self.search.space
            distributions = {name: space[name].distribution() for name in space}
            chosen = in_memory_study(self.search, past, self._sampler(number)).ask(distributions)
            template = create_trial(
                state=TrialState.RUNNING, params=chosen.params, distributions=distributions
            )
            with disk_errors(self.folder / FILE):
                self.study.add_trial(template)
            params = chosen.params
        else:
            params = trials[number].params
        run = self.folder / self.search.trial_folder(number)
        return Task(number, run, self.search, params, past)

    def count_start(self, number: int, epochs: int) -> int:
        """Return how often in a row a trial was started with so many whole epochs, now included."""
        before, count = self.trials()[number].user_attrs.get(STARTS, (-1, 0))
        count = count + 1 if before == epochs else 1
        self._set_starts(number, epochs, count)
        return int(count)

    def forget_starts(self, number: int) -> None:
        """Forget the starts of a trial, whose process was not killed."""
        self._set_starts(number, -1, 0)

    def _set_starts(self, number: int, epochs: int, count: int) -> None:
        with disk_errors(self.folder / FILE):
            self._trial(number).set_user_attr(STARTS, [epochs, count])

    def _trial(self, number: int) -> Trial:
        """Return a trial that runs, to write to it."""
        from optuna.trial import Trial

        return Trial(self.study, self.trials()[number]._trial_id)

    def end(self, number: int, result: TrialResult) -> None:
        """Write the result of a trial that runs."""
        from optuna.trial import TrialState

        trial = self._trial(number)
        with disk_errors(self.folder / FILE):
            for epoch, value in enumerate(result.values, 1):
                trial.report(value, epoch)
            trial.set_user_attr(STATE, result.state)
            trial.set_user_attr(NOTES, dict(result.notes))
            trial.set_user_attr(SECONDS, result.seconds)
            if result.error:
                trial.set_user_attr(ERROR, result.error)
            if result.state == "finished":
                self.study.tell(number, result.value)
            elif result.state == "stopped" or result.diverged:
                self.study.tell(number, state=TrialState.PRUNED)
            else:
                self.study.tell(number, state=TrialState.FAIL)

    def _as_known(self, trial: FrozenTrial, number: int) -> FrozenTrial:
        """Return a trial as trial `number` knows it: one inside the window has settings and no result."""
        from optuna.trial import TrialState, create_trial

        kind = {"params": trial.params, "distributions": trial.distributions}
        if trial.number > number - self.search.window or not trial.state.is_finished():
            return create_trial(state=TrialState.RUNNING, **kind)
        return create_trial(
            state=trial.state,
            value=trial.value if trial.state == TrialState.COMPLETE else None,
            intermediate_values=trial.intermediate_values,
            system_attrs=dict(trial.user_attrs.get(NOTES, {})),
            **kind,
        )

    def _sampler(self, number: int) -> Any:
        """Return the sampler of one trial, whose random numbers follow from the seed and its number."""
        from optuna.samplers import TPESampler

        seed = zlib.crc32(f"{self.search.seed} {number}".encode())
        return TPESampler(seed=seed, n_startup_trials=RANDOM_TRIALS, constant_liar=True)
