"""The places where workers are started: this machine, or a task of Slurm or mpirun beside others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zoo.compute.distribution import Member
from zoo.errors import UsageError
from zoo.runs.workers.messages import Event, Job
from zoo.runs.workers.plan import Task, WorkerPlan
from zoo.runs.workers.processes import WorkerProcess, free_port, threads_of_worker

__all__ = ["LocalPlace", "Place", "StartedWorker", "TaskPlace", "open_place"]


class StartedWorker(Protocol):
    """A worker that was started somewhere."""

    def events(self) -> list[Event]:
        """Return the events since the last call."""

    def exit_text(self) -> str | None:
        """Return how the worker has ended: empty if well; None while it runs."""

    def stop(self) -> None:
        """End the worker at once."""


class Place(Protocol):
    """Where workers are started."""

    @property
    def restarts(self) -> bool:
        """Whether all workers can be started again when one is lost."""

    def start(self, job: Job) -> Sequence[StartedWorker]:
        """Start the workers of this place, the one of the lowest rank first."""

    def close(self) -> None:
        """Give back what the place holds."""


@dataclass(frozen=True)
class LocalPlace:
    """All workers on this machine.

    Args:
        count: of the workers.
        threads: of each worker; None is its share of the cores.
    """

    count: int
    threads: int | None = None
    restarts = True

    def start(self, job: Job) -> list[WorkerProcess]:
        """Start a process for each worker."""
        coordinator = f"127.0.0.1:{free_port()}"
        threads = threads_of_worker(self.threads, self.count)
        members = [Member(rank, self.count, coordinator, True) for rank in range(self.count)]
        return [WorkerProcess(job.for_member(member), threads) for member in members]

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class TaskPlace:
    """The one worker of a task of Slurm or mpirun.

    Args:
        task: this process among the others.
        threads: of the worker; None is all cores that the task may use.
    """

    task: Task
    threads: int | None = None
    restarts = False

    def start(self, job: Job) -> list[WorkerProcess]:
        """Start the worker of this task; the one of rank 0 tells the others the run.

        Raises:
            UsageError: the environment does not tell where the worker of rank 0 runs.
        """
        if self.task.coordinator is None and self.task.count > 1:
            raise UsageError(
                f"{self.task.launcher} does not tell on which host the first task runs. Set "
                "ZOO_COORDINATOR=HOST:PORT, the host of rank 0 and a free port, for all tasks."
            )
        member = Member(self.task.rank, self.task.count, self.task.coordinator or "")
        return [WorkerProcess(job.for_member(member), threads_of_worker(self.threads, 1))]

    def close(self) -> None:
        """Nothing is held."""


def open_place(plan: WorkerPlan, threads: int | None) -> Place:
    """Return the place of a plan.

    Args:
        plan: how many workers train, and where.
        threads: of each worker; None leaves it to the place.

    Raises:
        UsageError: the Ray cluster does not answer, or has too few processors.
    """
    if plan.task is not None:
        return TaskPlace(plan.task, threads)
    if plan.address is not None:
        from zoo.runs.workers.ray_place import RayPlace

        return RayPlace(plan.address, plan.count, threads)
    return LocalPlace(plan.count, threads)
