"""A process that trains together with others: `python -m zoo.runs.workers.worker`.

The first line of its standard input is its job; each line of its standard output is an event. It ends when
its standard input ends, so it does not outlive the process that started it.

The worker of rank 0 writes the run. The others compute the same, and write into a temporary copy that they
remove: whatever a callback or a plug-in does is done in each of them, in the same order.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from zoo.compute import distribution
from zoo.compute.distribution import Member
from zoo.errors import PluginError, UsageError, ZooError
from zoo.runs.progress import Observers, Progress
from zoo.runs.recipe import recipe_from_run
from zoo.runs.run import Run
from zoo.runs.training import fit_and_save
from zoo.runs.workers.messages import Event, Job, ReportedProgress, error_event
from zoo.runs.workers.plan import wait_seconds

NOT_AN_ARGUMENT = "non-addressable"  # in JAX's error about an array that a step uses from outside


def main() -> None:
    """Do the job on standard input, and report on standard output."""
    reports = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no report

    def send(event: Event) -> None:
        reports.write(f"{json.dumps(event)}\n")

    job = Job.from_line(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        with end_after(wait_seconds(), job.member, send):
            path = join(job)
        work(job, path, ReportedProgress(send) if job.member.rank == 0 else Progress())
    except ZooError as error:
        send(error_event(_explain(error)))
        reports.flush()
        os._exit(1)  # without waiting for the others, which may wait for this one
    except BaseException as error:
        send(error_event(error))
        reports.flush()
        raise
    send({"event": "done"})


@contextmanager
def end_after(seconds: float, member: Member, send: Callable[[Event], None]) -> Iterator[None]:
    """End this process with an error if it waits for the others for longer.

    Args:
        seconds: that it waits.
        member: this process among the others.
        send: reports the error.
    """

    def end() -> None:
        error = UsageError(
            f"Worker {member.rank + 1} of {member.count} has waited {seconds:,} seconds for the others at "
            f"{member.coordinator}. Start all of them in this time, where they reach this address, or set "
            "ZOO_WORKERS_WAIT to more seconds."
        )
        send(error_event(error))
        os._exit(1)  # JAX waits in C++, where no exception reaches it

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def join(job: Job) -> Path:
    """Join the other workers, and return the folder of the run, which the worker of rank 0 tells."""
    distribution.join(job.member, wait_seconds())
    path = job.run
    if job.member.count > 1 and (job.member.rank == 0 or path is None):
        path = distribution.share_text("zoo-run", path, wait_seconds())
    return Path(str(path))


def work(job: Job, path: Path, progress: Progress) -> None:
    """Train a run from the last checkpoint on, and save the weights.

    Args:
        job: of this worker, which has joined the others.
        path: of the run.
        progress: is called at every step and epoch.
    """
    with _own_run(path, job) as run:
        recipe = dataclasses.replace(recipe_from_run(run), download=True)  # on each machine
        fit_and_save(run, recipe, Observers(progress, job.tensorboard), job.is_new)
    distribution.leave()


@contextmanager
def _own_run(path: Path, job: Job) -> Iterator[Run]:
    """Yield the run that a worker writes: the run itself, or a copy of what a training reads of it."""
    if job.member.rank == 0:
        yield Run(path)
        return
    with tempfile.TemporaryDirectory(prefix="worker-", dir=job.scratch) as folder:
        copy = Path(folder)
        for name in ("run.json", "history.csv", "checkpoint/state.npz"):
            if (path / name).exists():
                (copy / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(path / name, copy / name)
        yield Run(copy)


def _explain(error: ZooError) -> ZooError:
    """Return an error in words for the user where JAX refuses to trace a step."""
    if isinstance(error, PluginError) and NOT_AN_ARGUMENT in str(error):
        return UsageError(
            "This architecture cannot be trained by several workers: its training step uses an array that "
            "is neither a variable of the model nor in the batch. Train it without --workers. "
            f"({error})"
        )
    return error


def _end_with_parent() -> None:
    """End this process when its standard input ends."""
    while sys.stdin.read(1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
