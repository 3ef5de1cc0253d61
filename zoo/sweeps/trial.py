"""One trial: an ordinary run that is trained, not measured, and that ends early where it falls behind.

Whether it falls behind follows from its history and from the results of earlier trials, so a trial that is
killed and resumed, here or on another machine, ends as the one that is left alone.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from zoo.errors import RunError, TrainingError, UnknownName, UsageError, WriteError, ZooError
from zoo.io.atomic import make_directory
from zoo.io.console import quiet_logger
from zoo.runs.progress import Progress
from zoo.runs.run import Run
from zoo.sweeps.task import Task, TrialResult, in_memory_study

if TYPE_CHECKING:
    from optuna.trial import Trial

__all__ = ["import_for_trials", "kept_value", "train_trial"]

LOCK_SECONDS = 120.0  # for which a trial waits for a lost worker to let go of its run


class FallsBehind(KeyboardInterrupt):
    """The trial is no longer among the best of its epoch; its run becomes interrupted, and resumable."""


class NoSuchMetric(UnknownName):
    """Validation has no measure of the metric's name, in this trial and in every other."""

    def __init__(self, metric: str, logs: Mapping[str, float]) -> None:
        names = [name for name in logs if name.startswith("val_")]
        super().__init__("metric", metric, names, "A sweep chooses by the validation.")


class BusyRun(RunError):
    """Another process still trains into the run of the trial."""


class Watch(Progress):
    """Compares the trial with earlier ones after each epoch, and stops it where it falls behind."""

    def __init__(self, task: Task) -> None:
        self._metric = task.search.metric
        self._trial = _pruning_trial(task)
        self._epochs = 0
        self.values: list[float] = []

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Note the epochs of the whole training."""
        self._epochs = epochs

    def epoch(self, number: int, logs: Mapping[str, float]) -> None:
        """Compare the trial.

        Raises:
            FallsBehind: it is to stop.
            NoSuchMetric: the validation has no such measure.
        """
        if self._metric not in logs:
            raise NoSuchMetric(self._metric, logs)
        value = float(logs[self._metric])
        self.values.append(value)
        self._trial.report(value, number)
        if self._trial.should_prune() and number < self._epochs:
            raise FallsBehind(f"trial stopped after epoch {number}")

    def replay(self, rows: Sequence[Mapping[str, float]], epochs: int) -> None:
        """Compare the epochs that a run has already.

        Raises:
            FallsBehind: as `epoch`.
        """
        self._epochs = epochs
        for number, row in enumerate(rows, 1):
            self.epoch(number, row)

    def notes(self) -> dict[str, Any]:
        """Return what the pruner keeps of the trial."""
        attributes = self._trial.study.trials[self._trial.number].system_attrs
        return {name: value for name, value in attributes.items() if name != "fixed_params"}


def import_for_trials() -> None:
    """Import what every trial needs: Keras, its backend and the training."""
    for name in ("keras", "zoo.runs.training"):
        import_module(name)


def train_trial(task: Task) -> TrialResult:
    """Train a trial from where it stands; one that is trained is only read.

    It runs in the process of the sweep, or in a worker of Ray.

    Raises:
        WriteError: the disk refuses: that is no fault of the trial, and ends the sweep.
        BusyRun: as the class says; this ends the sweep, too.
    """
    import keras

    keras.utils.clear_session()  # the trial before it leaves its graphs in memory
    watch = Watch(task)
    try:
        with quiet_logger("zoo"):  # or each trial tells of the data and the model
            _train(task, watch)
    except FallsBehind:
        _mark_interrupted(Run(task.folder))
        if math.isfinite(watch.values[-1]):
            return _result("stopped", task, watch)
        return _metric_failure(task, watch, watch.values[-1])
    except NoSuchMetric as error:
        return TrialResult("failed", error=str(error), refusal=str(error))
    except (WriteError, BusyRun):
        raise
    except ZooError as error:
        diverged = isinstance(error, TrainingError)
        return _result("failed", task, watch, error=str(error), diverged=diverged)
    value = kept_value(Run(task.folder), task.search.metric)
    if not math.isfinite(value):
        return _metric_failure(task, watch, value)
    return _result("finished", task, watch, value=value)


def kept_value(run: Run, metric: str) -> float:
    """Return the metric of the epoch whose weights a run keeps: the last one, or the best one.

    Args:
        run: a trained run.
        metric: by its name in history.csv.
    """
    from zoo.runs.callbacks.best_epoch import best_epoch

    rows, config = run.history, run.config
    at = best_epoch(rows, str(config["monitor"])) if config.get("best_epoch") else len(rows)
    return float(rows[at - 1].get(metric, math.nan))


def _pruning_trial(task: Task) -> Trial:
    """Return Optuna's trial of that number, among the trials that are known to it."""
    study = in_memory_study(task.search, task.past)
    study.enqueue_trial(dict(task.params))
    space = task.search.space
    return study.ask({name: space[name].distribution() for name in space})


def _train(task: Task, watch: Watch) -> None:
    """Begin or resume the run of a trial."""
    from zoo.runs.training import train_model

    data, run = task.search.data, Run(task.folder)
    if not (task.folder / "run.json").is_file():
        shutil.rmtree(task.folder, ignore_errors=True)  # a killed process left it before it began
        make_directory(task.folder.parent)
        train_model(
            task.search.name, task.settings(), data=data, out=task.folder, seed=task.search.seed,
            progress=watch, measure=False,
        )  # fmt: skip
        return
    _wait_for_lock(run)
    run = Run(task.folder)
    watch.replay(_whole_epochs(run), int(run.config["epochs"]))
    if not run.weights.exists() or run.state not in ("trained", "finished"):
        train_model(task.search.name, {}, data=data, resume=run, progress=watch, measure=False)


def _whole_epochs(run: Run) -> list[dict[str, float]]:
    """Return the rows of the epochs that a resumed run keeps."""
    from zoo.runs.callbacks.checkpoint import finished_epochs

    return run.history[: finished_epochs(run)]


def _wait_for_lock(run: Run) -> None:
    """Wait until a worker that is lost, but not quite dead, lets go of the run.

    Raises:
        BusyRun: another process still trains into it.
    """
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            with run.lock():
                return
        except RunError as error:
            if time.monotonic() > end:
                raise BusyRun(str(error)) from error
            time.sleep(0.5)


def _mark_interrupted(run: Run) -> None:
    """Write to run.json that training was stopped; it may not be there where a trial never began."""
    with suppress(UsageError):
        if run.state == "training":
            run.update(state="interrupted")


def _metric_failure(task: Task, watch: Watch, value: float) -> TrialResult:
    message = f"{task.search.metric} is {value} after epoch {len(watch.values)}"
    return _result("failed", task, watch, error=message, diverged=True)


def _result(state: str, task: Task, watch: Watch, **more: Any) -> TrialResult:
    seconds = 0.0
    if (task.folder / "history.csv").is_file():
        with suppress(ZooError):
            seconds = sum(row.get("seconds", 0.0) for row in Run(task.folder).history)
    values = tuple(watch.values)
    return TrialResult(state, values=values, notes=watch.notes(), seconds=round(seconds, 3), **more)
