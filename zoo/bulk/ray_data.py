"""Ray Data over the parts: here, or in the cluster where this process is only a client of it."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from typing import Any

from zoo.bulk.worker import PartWorker
from zoo.compute.ray_cluster import ray_session
from zoo.errors import ZooError

__all__ = ["run_parts"]

Row = dict[str, Any]
MOST_LOST = (
    3  # workers in a row that fail while they start, and that Ray replaces; its own number is 0
)
MOST_RUNS = 3  # of Ray Data in a row that fail before any part is written


def run_parts(
    rows: list[Row], arguments: tuple[Any, ...], workers: int, address: str | None
) -> Generator[Row, None, None]:
    """Yield what the workers return for each part, as soon as it is written. Close it to leave Ray.

    Args:
        rows: the number of each `part`, and its `items`.
        arguments: of PartWorker.
        workers: processes.
        address: of a cluster of Ray; None starts one on this machine.

    Raises:
        ZooError: worker after worker fails while it starts.
    """
    left, failures = {row["part"]: row for row in rows}, 0
    with ray_session(workers, address) as ray:
        while left:
            try:
                for result in _run(ray, list(left.values()), arguments, workers, address):
                    del left[result["part"]]
                    failures = 0
                    yield result
                return
            except ray.exceptions.RayActorError as error:
                failures += 1
                if failures >= MOST_RUNS:
                    raise _failure(error) from error


def _run(
    ray: Any, rows: list[Row], arguments: tuple[Any, ...], workers: int, address: str | None
) -> Iterator[Row]:
    if not (address or "").startswith("ray://"):
        yield from _iterate(rows, arguments, workers)
        return
    results = ray.remote(num_cpus=0)(_Results).remote(rows, arguments, workers)
    yield from iter(lambda: ray.get(results.next.remote()), None)


def _failure(error: Exception) -> ZooError:
    """Return an error of Ray about a worker as one for the user."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ZooError(
        f"The workers of Ray fail while they start, again and again. The last one: {lines[-1][:300]}. What "
        "is written stays: the same command goes on with the rest."
    )


class _Results:
    """An actor that runs Ray Data, which does not run in a client of the cluster (ray://HOST:PORT)."""

    def __init__(self, rows: list[Row], arguments: tuple[Any, ...], workers: int) -> None:
        self._rows = _iterate(rows, arguments, workers)

    def next(self) -> Row | None:
        """Return the next result, or None after the last one."""
        return next(self._rows, None)


def _iterate(rows: list[Row], arguments: tuple[Any, ...], workers: int) -> Iterator[Row]:
    from ray import data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # errors reach the user as errors
    context = data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    context.max_consecutive_actor_init_deaths = MOST_LOST
    parts = data.from_items(rows, override_num_blocks=len(rows))
    pool = data.ActorPoolStrategy(size=min(workers, len(rows)), max_tasks_in_flight_per_actor=2)
    done = parts.map(PartWorker, fn_constructor_args=arguments, compute=pool, num_cpus=1)
    yield from done.iter_rows()
