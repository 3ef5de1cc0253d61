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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zoo.compute import distribution
from zoo.errors import PluginError, UsageError, ZooError
from zoo.runs.progress import Observers, Progress
from zoo.runs.recipe import recipe_from_run
from zoo.runs.run import Run
from zoo.runs.training import fit_and_save
from zoo.runs.workers.messages import Event, Job, ReportedProgress, error_event

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
        work(job, ReportedProgress(send) if job.member.rank == 0 else Progress())
    except ZooError as error:
        send(error_event(_explain(error)))
        reports.flush()
        os._exit(1)  # without waiting for the others, which may wait for this one
    except BaseException as error:
        send(error_event(error))
        reports.flush()
        raise
    send({"event": "done"})


def work(job: Job, progress: Progress) -> None:
    """Join the other workers, train from the last checkpoint on, and save the weights."""
    distribution.join(job.member)
    path = job.run
    if job.member.count > 1 and (job.member.rank == 0 or path is None):
        path = distribution.share_text("zoo-run", path)
    with _own_run(Path(str(path)), job) as run:
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
