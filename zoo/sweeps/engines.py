"""The two ways through the trials of a sweep: one after the other in this process, or on workers of Ray.

Both take the same decisions (zoo/sweeps/search.py), so a sweep may go on with the other one. After the last
trial, the best one is measured on the test split.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from zoo.compute.ray_cluster import check_ray, check_workers, ray_session, task_resources
from zoo.errors import TrainingError, UsageError, ZooError
from zoo.runs.evaluation import measure
from zoo.runs.run import Run
from zoo.sweeps.journal import Journal
from zoo.sweeps.progress import SweepProgress
from zoo.sweeps.results import Sweep, trial_row
from zoo.sweeps.task import Task, TrialResult
from zoo.sweeps.trial import import_for_trials, train_trial

__all__ = ["check_engine", "measure_winner", "run_here", "run_on_ray", "started_workers"]

MOST_ATTEMPTS = 3  # for a trial whose worker is lost, or whose process is killed, each time
FIRST_FAILURES = 3  # trials that fail before any other ends: the sweep is given up
STOP_SECONDS = 30.0


def check_engine(workers: int | None, address: str | None) -> None:
    """Refuse workers that cannot be started.

    Args:
        workers: of Ray; None is this process.
        address: of a cluster.

    Raises:
        UsageError: Ray is not installed, the number is out of range, or an address has no workers.
    """
    if workers is not None:
        check_workers(workers, address)
        check_ray()
    elif address is not None:
        raise UsageError("--address needs --workers: how many trials run at once on that cluster.")


def run_here(journal: Journal, progress: SweepProgress) -> None:
    """Train the trials that have not ended, one after the other.

    Args:
        journal: of the sweep; this process holds the lock of its folder.
        progress: is informed of each trial.

    Raises:
        UsageError: the validation has no such metric.
        TrainingError: the first trials all fail.
        WriteError: the disk refuses.
    """
    for number in open_numbers(journal):
        task = journal.begin(number)
        progress.begin(number)
        _end(journal, number, _train_here(journal, task), progress)


def _train_here(journal: Journal, task: Task) -> TrialResult:
    """Train a trial, unless each start of it before has ended with a killed process: memory may be short."""
    has_rows = (task.folder / "history.csv").is_file()
    epochs = len(Run(task.folder).history) if has_rows else 0
    if journal.count_start(task.number, epochs) > MOST_ATTEMPTS:
        return TrialResult(
            "failed",
            error=f"the process was killed {MOST_ATTEMPTS} times in epoch {epochs + 1}; memory may be short",
        )
    try:
        return train_trial(task)
    except BaseException:  # such as Ctrl-C: the process ends by itself
        journal.forget_starts(task.number)
        raise


@contextmanager
def started_workers(
    workers: int | None, address: str | None, settings: Mapping[str, Any]
) -> Iterator[None]:
    """Start Ray, and let its workers import Keras while this process does so too.

    Each import takes seconds of a processor, and a worker would begin its own after that of this process.

    Args:
        workers: trials that run at once, at most; None starts nothing.
        address: of a cluster; None starts one on this machine.
        settings: of all trials.

    Raises:
        UsageError: there is no such cluster.
    """
    if workers is None:
        yield
        return
    threads = _threads(settings)
    with ray_session(workers * threads, address, threads) as ray:
        resources = task_resources(workers, threads)
        import_all = ray.remote(max_retries=0, **resources)(import_for_trials)
        tasks = [import_all.remote() for _ in range(workers)]  # a trial tells what fails
        yield
        del tasks


def _threads(settings: Mapping[str, Any]) -> int:
    threads = settings.get("threads") or 1
    return threads if type(threads) is int and threads > 0 else 1  # the trials refuse another one


def run_on_ray(
    journal: Journal, progress: SweepProgress, workers: int, address: str | None = None
) -> None:
    """Train the trials that have not ended on workers of Ray.

    A trial whose worker is lost goes on from its last epoch on another worker.

    Args:
        journal: of the sweep; this process holds the lock of its folder.
        progress: is informed of each trial.
        workers: trials that run at once, at most.
        address: of a cluster; None starts one on this machine.

    Raises:
        UsageError: there is no such cluster, or the validation has no such metric.
        TrainingError: the first trials all fail.
        WriteError: the disk refuses.
    """
    threads = _threads(journal.search.settings)
    with ray_session(workers * threads, address, threads) as ray:
        resources = task_resources(workers, threads)
        train = ray.remote(max_retries=0, **resources)(train_trial)
        running: dict[Any, int] = {}
        try:
            _run(ray, train, running, journal, progress, workers)
        finally:  # where the sweep is given up, nothing of it goes on
            for task in running:
                ray.cancel(task, force=True)
            if running:
                ray.wait(list(running), num_returns=len(running), timeout=STOP_SECONDS)


def _run(
    ray: Any,
    train: Any,
    running: dict[Any, int],
    journal: Journal,
    progress: SweepProgress,
    workers: int,
) -> None:
    waiting, attempts = open_numbers(journal), dict[int, int]()
    while waiting or running:
        while waiting and len(running) < workers and journal.can_begin(waiting[0]):
            number = waiting.pop(0)
            attempts[number] = attempts.get(number, 0) + 1
            progress.begin(number)
            running[train.remote(journal.begin(number))] = number
        (ended,), _ = ray.wait(list(running), num_returns=1)
        number = running.pop(ended)
        try:
            result: TrialResult = ray.get(ended)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ZooError):  # such as a full disk
                raise error.cause from error
            raise  # an error that nobody foresaw
        except ray.exceptions.RayError as error:
            reason = str(error).strip().partition("\n")[0][:200]
            if attempts[number] < MOST_ATTEMPTS:
                progress.lose(number, reason)
                waiting.insert(0, number)
                continue
            message = f"its worker was lost {MOST_ATTEMPTS} times: {reason}"
            result = TrialResult("failed", error=message)
        _end(journal, number, result, progress)


def open_numbers(journal: Journal) -> list[int]:
    """Return the numbers of the trials that have not ended, in order."""
    ended = {trial.number for trial in journal.trials() if trial.state.is_finished()}
    return [number for number in range(journal.search.trials) if number not in ended]


def _end(journal: Journal, number: int, result: TrialResult, progress: SweepProgress) -> None:
    """Write the result of a trial.

    Raises:
        UsageError: no trial of this sweep can be trained.
        TrainingError: the first trials all fail.
    """
    if result.refusal:
        raise UsageError(result.refusal)
    journal.end(number, result)
    trials = journal.trials()
    progress.end(trial_row(journal.folder, journal.search, trials[number]))
    ended = [trial for trial in trials if trial.state.is_finished()]
    _check_first_failures([str(trial.user_attrs.get("error", "")) for trial in ended])


def _check_first_failures(errors: Sequence[str]) -> None:
    """Give up where the first trials all fail, since the next ones would, too."""
    if len(errors) == FIRST_FAILURES and all(errors):
        raise TrainingError(
            f"The first {FIRST_FAILURES} trials all failed. The last one: {errors[-1]}"
        )


def measure_winner(found: Sweep) -> None:
    """Measure the best run on the test split, once.

    Raises:
        TrainingError: no trial is finished.

    Warns:
        UserWarning: another trial was measured before, when the sweep had fewer trials.
    """
    if found.best is None:
        errors = [f" The last error: {row.error}" for row in found.rows if row.error]
        raise TrainingError(f"No trial of {found.folder} is finished.{''.join(errors[-1:])}")
    winner = found.run
    before = [row for row in found.rows if Run(row.run).metrics and row.run != winner.path]
    if before:
        warnings.warn(
            f"The test split was used before, for trial {before[0].number}, which was the best of fewer "
            "trials. A choice between both by their test results would be biased.",
            stacklevel=4,
        )
    if winner.state != "finished":
        try:
            measure(winner)
        except ZooError as error:
            raise type(error)(f"All trials have ended. The best one: {error}") from error
