"""What is refused before workers are started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.compute.distribution import check_batch
from zoo.config import Config, WithoutData
from zoo.errors import RunError, UsageError
from zoo.runs.recipe import Recipe
from zoo.runs.workers.plan import WorkerPlan

__all__ = ["check_resumable", "check_workers"]


def check_workers(plan: WorkerPlan, recipe: Recipe) -> None:
    """Refuse a training that several workers cannot do together.

    Args:
        plan: how many workers train, and where.
        recipe: what is trained, with its data.

    Raises:
        UsageError: it learns from no examples; or its data is in memory alone, where workers cannot open it.
        SettingError: the workers cannot get equal shares of a batch.
    """
    config = recipe.config
    if isinstance(config, WithoutData):
        raise UsageError(
            f"{recipe.name} learns from no examples, so there is no batch to divide among workers. Train it "
            "without --workers."
        )
    if recipe.source is None:
        raise UsageError(
            "Workers are processes of their own, and open the data themselves. Give its name or its path, "
            "not a Dataset in memory."
        )
    check_batch(batch_size(recipe, config), plan.count)


def batch_size(recipe: Recipe, config: Config) -> int:
    """Return the examples of a batch: the setting, or all examples if there are fewer."""
    data = recipe.load_data()
    return min(int(config.batch_size), len(data.train) - data.validation_size(config))


def check_resumable(path: Any, record: Mapping[str, Any]) -> None:
    """Refuse to go on with a run of another backend than JAX.

    Raises:
        RunError: with the backend.
    """
    backend = record.get("compute", {}).get("backend", "jax")
    if backend != "jax":
        raise RunError(
            f"{path} was started on {backend}, and workers train on JAX. Go on without --workers."
        )
