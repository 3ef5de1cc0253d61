"""The workers of one training from start to end: progress, errors, and a new start if one is lost."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Sequence

from zoo.errors import TrainingError, UsageError, ZooError
from zoo.runs.progress import Progress
from zoo.runs.run import Run
from zoo.runs.workers.messages import ALONE, Event, Job, error_of, replay
from zoo.runs.workers.places import Place, StartedWorker

__all__ = ["LostWorker", "follow", "train_with_workers", "watch"]

Report = tuple[int, Event]  # the number of a worker, and its error
log = logging.getLogger("zoo.workers")

POLL_SECONDS = 0.05
GRACE_SECONDS = 2.0  # after a worker's end: how long the others may tell the true reason
MOST_STARTS = 3  # without a new epoch in between


class LostWorker(Exception):
    """A worker has ended and has told no error of its own."""


def train_with_workers(
    place: Place, run: Run, progress: Progress, *, is_new: bool, tensorboard: bool
) -> Run:
    """Train a run with the workers of a place, from its last checkpoint on.

    If a worker is lost, the others are ended, and all of them start again from the last checkpoint. After
    three starts without a new epoch, training ends.

    Args:
        place: where the workers run.
        run: the run; the caller holds its lock.
        progress: is called with the progress of the worker of rank 0.
        is_new: whether the run has just been created.
        tensorboard: write logs for TensorBoard.

    Returns:
        The run as it is now, with its weights.

    Raises:
        TrainingError: workers are lost again and again, or the loss is no longer finite.
        ZooError: a worker failed. A run that is refused before its first step is removed.
    """
    try:
        return _start_until_trained(place, run, progress, is_new, tensorboard)
    except (Exception, KeyboardInterrupt) as error:
        _record_failure(Run(run.path), error, is_new)
        raise
    finally:
        place.close()


def _start_until_trained(
    place: Place, run: Run, progress: Progress, is_new: bool, tensorboard: bool
) -> Run:
    """Start all workers, again if one is lost, until the run is trained.

    Raises:
        TrainingError: workers are lost again and again, or this place cannot start them again.
        ZooError: a worker failed.
    """
    starts = 0
    while True:
        before = len(run.history)
        try:
            _start_and_watch(place, run, progress, is_new and before == 0, tensorboard)
            return Run(run.path)
        except LostWorker as loss:
            run = Run(run.path)
            if run.state == "trained" and run.weights.exists():
                return run
            starts = 1 if len(run.history) > before else starts + 1
            if not place.restarts or starts >= MOST_STARTS:
                raise TrainingError(
                    f"{loss} Go on from epoch {len(run.history) + 1}: zoo train {run.name} --out {run.path} "
                    "--resume"
                ) from loss
            _record_restart(run, str(loss))


def _start_and_watch(
    place: Place, run: Run, progress: Progress, is_new: bool, tensorboard: bool
) -> None:
    with tempfile.TemporaryDirectory(prefix="zoo-workers-", ignore_cleanup_errors=True) as scratch:
        job = Job(str(run.path.resolve()), ALONE, is_new, tensorboard, scratch)
        workers = place.start(job)
        with progress:
            watch(workers, progress)


def watch(workers: Sequence[StartedWorker], progress: Progress) -> None:
    """Wait until all workers have ended, and show the progress of the first; then end those that are left.

    Raises:
        ZooError: a worker reports an error.
        LostWorker: a worker ended without.
    """
    reported: list[Report] = []
    try:
        while True:
            reported += _new_errors(workers, progress)
            texts = [worker.exit_text() for worker in workers]
            if any(texts) or reported:
                break
            if all(text == "" for text in texts):
                return
            time.sleep(POLL_SECONDS)
        _raise_failure(workers, reported)
    finally:
        for worker in workers:
            worker.stop()


def _new_errors(workers: Sequence[StartedWorker], progress: Progress) -> list[Report]:
    """Return the errors that workers have reported since the last call, and show their progress."""
    errors = []
    for rank, worker in enumerate(workers):
        for event in worker.events():
            replay(event, progress)
            if event["event"] == "error":
                errors.append((rank, event))
    return errors


def _raise_failure(workers: Sequence[StartedWorker], reported: list[Report]) -> None:
    """Raise the error that ended the training: one that is no consequence of another worker's end.

    Raises:
        ZooError: a worker reports such an error.
        LostWorker: a worker has ended without a report; else the first one whose report is a consequence.
    """
    end = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < end:
        if primary := [event for _, event in reported if not event["secondary"]]:
            raise error_of(primary[0])
        time.sleep(POLL_SECONDS)
        reported += _new_errors(workers, Progress())
    silent = {rank: worker.exit_text() for rank, worker in enumerate(workers)}
    for rank, _ in reported:
        silent.pop(rank, None)
    lost = [(rank, text) for rank, text in silent.items() if text]
    lost += [(rank, str(event["message"])) for rank, event in reported]
    rank, text = lost[0]
    raise LostWorker(f"Worker {rank + 1} of {len(workers)} was lost ({text}).")


def _record_restart(run: Run, reason: str) -> None:
    workers = dict(run.record.get("workers", {}))
    workers["restarts"] = int(workers.get("restarts", 0)) + 1
    run.update(workers=workers)
    log.warning("%s All workers start again from epoch %d.", reason, len(run.history) + 1)


def _record_failure(run: Run, error: BaseException, is_new: bool) -> None:
    """Keep in run.json how a training ended; remove a new run that was refused before its first step."""
    if not (run.path / "run.json").exists():
        return
    refused = isinstance(error, UsageError) and not run.history and is_new
    if refused:
        run.clear()
    elif isinstance(error, KeyboardInterrupt | LostWorker) or isinstance(
        error.__cause__, LostWorker
    ):
        run.update(state="interrupted")
    elif isinstance(error, ZooError):
        run.update(state="failed")


def follow(place: Place) -> None:
    """Do the share of a task that follows the one of rank 0.

    Raises:
        ZooError: its worker failed, or was lost.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-workers-", ignore_cleanup_errors=True) as scratch:
        try:
            watch(place.start(Job(None, scratch=scratch)), Progress())
        except LostWorker as loss:
            raise TrainingError(f"{loss}") from loss
