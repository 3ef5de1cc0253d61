"""Who does a training of `zoo train`: this process alone, or workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from zoo.cli.options import import_backend
from zoo.environment import set_backend
from zoo.errors import RunError, UsageError

if TYPE_CHECKING:
    from zoo.runs.run import Run
    from zoo.runs.training import TrainedModel
    from zoo.runs.workers.plan import WorkerPlan


def plan_workers(workers: int | None, address: str | None, slurm: bool) -> WorkerPlan | None:
    """Return who trains together, or None where one process trains alone.

    Args:
        workers: how many processes there are; None is this one alone.
        address: of a Ray cluster.
        slurm: whether the tasks of Slurm are the workers.

    Raises:
        UsageError: address or slurm is given, and not the number of workers.
    """
    if workers is None:
        if address is not None or slurm:
            option = "--slurm" if slurm else "--address"
            raise UsageError(f"{option} says where workers run. Say how many: --workers 2")
        return None
    from zoo.runs.workers import plan

    return plan.plan_workers(workers, address, slurm)


def recorded_plan(run: Run) -> WorkerPlan | None:
    """Return the plan of a run that workers of this machine have trained so far, or None."""
    workers = run.record.get("workers", {})
    if not workers.get("count"):
        return None
    if workers.get("place") != "local":
        raise RunError(
            f"{run} is trained by {workers['count']} workers ({workers.get('place')}). Say where they run "
            f"now: --workers {workers['count']}, with --address or --slurm if not on this machine."
        )
    return plan_workers(int(workers["count"]), None, False)


def train_function(plan: WorkerPlan | None) -> Callable[..., TrainedModel]:
    """Return the function that trains: in this process, or with workers."""
    if plan is None:
        from zoo.runs.training import train_model

        return train_model
    from zoo.runs.workers.training import train_on_workers

    return partial(train_on_workers, plan)


def follow_first_task(
    plan: WorkerPlan, name: str, settings: dict[str, Any], **options: Any
) -> None:
    """Train as a task of Slurm or mpirun that is not the first: it prints nothing.

    Args:
        plan: who trains together.
        name: of the architecture or of the catalog's model.
        settings: as the command has them.
        options: of `zoo.runs.workers.training.follow_first_task`.
    """
    set_backend("jax")
    import_backend()
    from zoo.runs.workers import training

    training.follow_first_task(plan, name, settings, **options)
