"""A model applied to many items by workers of Ray Data, in parts that are written once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.bulk.first_items import try_first_items
from zoo.bulk.plan import (
    Plan,
    count_part,
    items_digest,
    lock_results,
    open_plan,
    part_file,
    write_broken,
)
from zoo.bulk.ray_data import run_parts
from zoo.bulk.sources import list_items
from zoo.bulk.starts import count_starts
from zoo.compute.ray_cluster import check_ray, check_workers
from zoo.errors import UsageError, ZooError
from zoo.io.digest import file_digest
from zoo.runs.predictors import export_folder, onnx_parts
from zoo.runs.run import Run

__all__ = ["BulkProgress", "BulkResult", "apply_in_bulk"]

PART_SECONDS = 20.0  # that a part should take, so that little is lost with a worker
MOST_ITEMS = 1000  # of a part
PARTS_PER_WORKER = 4  # at least, so that no worker waits long for the last one


class BulkProgress:
    """What a bulk prediction tells while it runs; this class shows nothing."""

    def start(self, items: int, done: int) -> None:
        """Begin.

        Args:
            items: of all parts.
            done: items of the parts that are there already.
        """

    def add(self, items: int, broken: int) -> None:
        """Count the items of a part that is written, and how many of them are broken."""


@dataclass(frozen=True)
class BulkResult:
    """What came of a bulk prediction.

    Args:
        folder: with results/, pictures/ and broken.csv.
        items: how many there are, the broken ones included.
        broken: how many could not be used.
        first_broken: the first of these, each with its error.
        computed: items that were computed now; the others were there already.
        seconds: that took.
    """

    folder: Path
    items: int
    broken: int
    first_broken: tuple[tuple[str, str], ...]
    computed: int
    seconds: float


def apply_in_bulk(
    run: Run,
    items: Sequence[str],
    out: Path,
    *,
    workers: int,
    address: str | None = None,
    part_size: int | None = None,
    progress: BulkProgress | None = None,
) -> BulkResult:
    """Apply a run's exported, verified ONNX files to many items, and write the results as Parquet.

    The memory does not grow with the results: each part is written, and forgotten. If the command is
    killed, the same command goes on with the parts that are missing.

    Args:
        run: a run with trained weights; it is exported first if it is not yet.
        items: files, folders, or addresses such as s3://BUCKET/FOLDER.
        out: the folder of the results; on a cluster, all machines see it under this name.
        workers: processes of one thread each.
        address: of a cluster of Ray; None starts one on this machine.
        part_size: items of a part, which a killed worker loses; about 20 seconds of work if not given.
        progress: is informed of each part.

    Raises:
        UsageError: Ray is not installed, there is no item, or the architecture cannot be applied so.
        DataError: none of the first items can be used.
        RunError: the folder holds other results, or another process writes there.
    """
    check_workers(workers, address)
    check_ray()
    if part_size is not None and part_size < 1:
        raise UsageError(f"A part has at least 1 item. Received: {part_size}")
    onnx_parts(run)
    out, shape = out.expanduser().absolute(), run.record["config"].get("input_shape")
    found = list_items(items, tuple(shape) if shape else None)
    first = try_first_items(_reference(run), found)
    digest = file_digest(export_folder(run) / "report.json")
    size = part_size or _part_size(first.seconds, len(found), workers)
    plan = open_plan(out, Plan(str(run), digest, items_digest(found), len(found), size))
    with lock_results(out), count_starts(out):
        schema, shown = first.schema, progress or BulkProgress()
        return _compute(run, out, plan, found, schema, workers, address, shown)


def _reference(run: Run) -> str:
    """Return by what another process opens a run: its name in the catalog, or its path."""
    return str(run) if run.shipped else str(run.path.absolute())


def _compute(
    run: Run,
    out: Path,
    plan: Plan,
    items: Sequence[str],
    schema: Any,
    workers: int,
    address: str | None,
    progress: BulkProgress,
) -> BulkResult:
    """Compute the parts that are missing."""
    present = [part for part in range(plan.parts) if part_file(out, part).is_file()]
    counts = [count_part(part_file(out, part)) for part in present]
    progress.start(plan.count, sum(done for done, _ in counts))
    missing = sorted(set(range(plan.parts)) - set(present))
    broken, computed, start = sum(count for _, count in counts), 0, time.monotonic()
    if missing:
        rows = [{"part": part, "items": list(plan.part_items(part, items))} for part in missing]
        results = run_parts(rows, (_reference(run), str(out), schema, 1), workers, address)
        with closing(results):  # at an error too, Ray ends
            for row in results:
                if row["failure"]:
                    raise ZooError(f"Part {row['part']} failed: {row['failure']}")
                progress.add(row["done"], row["broken"])
                computed, broken = computed + row["done"], broken + row["broken"]
    seconds = time.monotonic() - start
    _, first = write_broken(out, plan)
    return BulkResult(out, plan.count, broken, tuple(first), computed, seconds)


def _part_size(seconds: float, count: int, workers: int) -> int:
    """Return the number of items of a part, by the seconds that one takes."""
    by_time = min(MOST_ITEMS, int(PART_SECONDS / max(seconds, 1e-6)))
    return max(1, min(by_time, -(-count // (PARTS_PER_WORKER * workers))))
