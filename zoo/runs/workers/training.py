"""Training with workers: the run is created here, trained by the workers, and measured here.

The process that the user starts creates the run, starts the workers, and watches them. When they have saved
the weights and ended, it loads the model and measures it as any other. Under Slurm or mpirun, the task of
rank 0 does so, and the others start their worker and wait.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zoo.compute.kernels import use_threads
from zoo.errors import UsageError, ZooError
from zoo.io.recovery import drop_replaced
from zoo.registry.model_size import check_memory
from zoo.runs.evaluation import finish_run
from zoo.runs.load import describe_start, load_finite_model, resolve_start
from zoo.runs.progress import Progress, check_tensorboard
from zoo.runs.recipe import Recipe
from zoo.runs.run import Run
from zoo.runs.run_directory import create_run, find_unfinished_run, new_record, recipe_to_resume
from zoo.runs.training import TrainedModel
from zoo.runs.workers.checks import check_resumable, check_workers
from zoo.runs.workers.places import Place, TaskPlace, open_place
from zoo.runs.workers.plan import WorkerPlan
from zoo.runs.workers.supervision import follow, train_with_workers

__all__ = ["follow_first_task", "recorded_workers", "train_on_workers"]

log = logging.getLogger("zoo.workers")


def train_on_workers(
    plan: WorkerPlan,
    name: str,
    settings: Mapping[str, Any],
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    resume: bool | Run = False,
    force: bool = False,
    tensorboard: bool = False,
    progress: Progress | None = None,
    from_run: str | Path | Run | None = None,
) -> TrainedModel:
    """Train a model with several processes, and return it in memory as `train_model` does.

    The batches, their order, the learning rate and the random numbers do not depend on the number of workers;
    the result depends on it by rounding only.

    Args:
        plan: how many workers train, and where.
        name: a catalog name or an architecture, as for `train`; so are out, seed, force and from_run.
        settings: the settings that differ from the model's.
        data: the name of a dataset or a path that every worker can open.
        resume: go on with the unfinished run. Another number of workers than before is allowed.
        tensorboard: write logs for TensorBoard.
        progress: is called at every step and epoch; None shows nothing.

    Returns:
        The run, its recipe and the trained model.

    Raises:
        UsageError: a name, a setting or the data is wrong, or the workers cannot share the work.
        TrainingError: workers are lost again and again, or the loss is no longer finite.
        ZooError: as `train`.
    """
    if tensorboard:
        check_tensorboard()
    if resume:
        run, recipe = _run_to_resume(plan, name, data, out, settings, resume)
        place = None
    else:
        recipe, start = _new_recipe(plan, name, settings, data, from_run)
        record = _new_record(plan, recipe, seed, settings, start)
        place = open_place(plan, recipe.config.threads)
        with _close_on_error(place):
            run = create_run(name, Path(out) if out is not None else None, force, record)
    with run.lock():
        if not (run.state == "trained" and run.weights.exists()):
            if place is None:
                place = _place_to_resume(plan, run, recipe)
            run = _train(place, run, progress or Progress(), not resume, tensorboard)
        recipe, model = load_finite_model(run, recipe.load_data())
        finish_run(run, recipe, model)
    return TrainedModel(run, recipe, model)


def _train(place: Place, run: Run, progress: Progress, is_new: bool, tensorboard: bool) -> Run:
    """Train a run with the workers of a place; what it replaces is removed once it has begun."""
    try:
        return train_with_workers(place, run, progress, is_new=is_new, tensorboard=tensorboard)
    finally:
        if (run.path / "run.json").exists():  # it has begun
            drop_replaced(run.path)


def _new_recipe(
    plan: WorkerPlan,
    name: str,
    settings: Mapping[str, Any],
    data: str | Path | None,
    from_run: str | Path | Run | None,
) -> tuple[Recipe, Run | None]:
    """Return the recipe of a new run, and the run that it starts from, or None."""
    start = None if from_run is None else Run.open(from_run)
    recipe = resolve_start(name, settings, data, start)
    use_threads(recipe.config.threads)
    recipe = recipe.with_data()
    check_workers(plan, recipe)
    check_memory(recipe.name, recipe.parameters)
    return recipe, start


def _new_record(
    plan: WorkerPlan, recipe: Recipe, seed: int, settings: Mapping[str, Any], start: Run | None
) -> dict[str, Any]:
    """Return the content of run.json of a new run."""
    record = new_record(recipe, seed, settings, start) | describe_start(start) | _describe(plan)
    record["command"] = f"{record['command']} --workers {plan.count}"
    return record


@contextmanager
def _close_on_error(place: Place) -> Iterator[None]:
    """Close a place if its run cannot be created."""
    try:
        yield
    except BaseException:
        place.close()
        raise


def _run_to_resume(
    plan: WorkerPlan,
    name: str,
    data: str | Path | None,
    out: str | Path | None,
    settings: Mapping[str, Any],
    resume: bool | Run,
) -> tuple[Run, Recipe]:
    """Return the run to go on with, and its recipe."""
    run = (
        resume
        if isinstance(resume, Run)
        else find_unfinished_run(name, Path(out) if out is not None else None)
    )
    check_resumable(run.path, run.record)
    recipe = recipe_to_resume(run, name, data, settings)
    check_workers(plan, recipe)
    if (before := recorded_workers(run)) not in (None, plan.count):
        log.warning(
            "%s was trained by %d workers so far, and goes on with %d: its result differs by rounding.",
            run.path, before, plan.count,
        )  # fmt: skip
    return run, recipe


def _place_to_resume(plan: WorkerPlan, run: Run, recipe: Recipe) -> Place:
    """Return the place for an unfinished run, and keep in run.json how many workers go on with it."""
    place = open_place(plan, _recorded_threads(plan, run, recipe))
    run.update(**_describe(plan, run))
    return place


def recorded_workers(run: Run) -> int | None:
    """Return how many workers have trained a run so far; None if it was trained by one process."""
    count = run.record.get("workers", {}).get("count")
    return count if isinstance(count, int) and count > 0 else None


def _recorded_threads(plan: WorkerPlan, run: Run, recipe: Recipe) -> int | None:
    """Return the threads of each worker so far, for the same bits; for other workers, the setting."""
    threads = run.record.get("compute", {}).get("threads")
    if recorded_workers(run) == plan.count and isinstance(threads, int):
        return threads
    return recipe.config.threads


def _describe(plan: WorkerPlan, run: Run | None = None) -> dict[str, Any]:
    """Return what run.json says about the workers."""
    before = dict(run.record.get("workers", {})) if run is not None else {}
    return {"workers": {**before, "count": plan.count, "place": plan.place}}


def follow_first_task(
    plan: WorkerPlan,
    name: str,
    settings: Mapping[str, Any],
    *,
    data: str | Path | None = None,
    resume: bool = False,
    from_run: str | Path | Run | None = None,
) -> None:
    """Do the share of a task of Slurm or mpirun that is not the first one.

    Args:
        plan: has the task.
        name: as for `train_on_workers`; so are settings, data and from_run.
        resume: whether the run is gone on with.

    Raises:
        ZooError: what the first task refuses, or its own worker failed; the message names the task.
    """
    assert plan.task is not None
    logging.getLogger("zoo").setLevel(logging.ERROR)  # the first task says what all of them would
    try:
        threads = None
        if not resume:
            threads = _new_recipe(plan, name, settings, data, from_run)[0].config.threads
        follow(TaskPlace(plan.task, threads))
    except ZooError as error:
        kind = UsageError if isinstance(error, UsageError) else type(error)
        where = f"Task {plan.task.rank} of {plan.task.count} on {socket.gethostname()}"
        raise kind(f"{where}: {error}") from error
