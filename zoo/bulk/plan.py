"""The plan of a bulk prediction: which items are in which part. A part is one Parquet file, or not there.

OUT/plan.json                 the model, the digest of the items, the size of a part
OUT/results/part-00000.parquet  one row for each item of the part: the result, or the error
OUT/pictures/part-00000/*.png   pictures among the results
OUT/broken.csv                the items that could not be used, and why
OUT/results/.part-00000.json  while a part is computed: how often its process was killed (starts.py)
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zoo.bulk.columns import ERROR, ITEM
from zoo.errors import DataError, RunError, brief
from zoo.io.atomic import atomic_write, make_directory, write_json
from zoo.io.lock import lock_folder
from zoo.io.printable import spreadsheet_text
from zoo.io.text import read_json

__all__ = ["Plan", "count_part", "lock_results", "open_plan", "write_broken"]

FILE = "plan.json"


@dataclass(frozen=True)
class Plan:
    """Which items are in which part.

    Args:
        model: the name of the run, for messages.
        weights: a digest of what computes the results.
        items: a digest of all items in order.
        count: how many items there are.
        part_size: items of a part; the last one may have fewer.
    """

    model: str
    weights: str
    items: str
    count: int
    part_size: int

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-self.count // self.part_size)

    def part_items(self, part: int, items: Sequence[str]) -> Sequence[str]:
        """Return the items of a part."""
        return items[part * self.part_size : (part + 1) * self.part_size]


def part_file(out: Path, part: int) -> Path:
    """Return the path of a part's results."""
    return out / "results" / f"part-{part:05}.parquet"


def open_plan(out: Path, plan: Plan) -> Plan:
    """Return the plan in a folder: the one that is there, if it is of the same model and items.

    Args:
        out: the folder; a new one gets the plan.
        plan: the plan for a new folder.

    Raises:
        RunError: the folder holds results of another model or of other items, or something else.
    """
    if not (out / FILE).is_file():
        if out.exists() and (not out.is_dir() or any(out.glob("[!.]*"))):
            raise RunError(f"{out} is not empty, and holds no {FILE}. Give a new folder: --out DIR")
        make_directory(out / "results")
        write_json(out / FILE, asdict(plan))
        return plan
    try:
        found = _read_plan(out)
    except (ValueError, TypeError) as error:
        raise RunError(f"{out / FILE} is broken: {error}") from error
    if found.weights != plan.weights:
        raise RunError(
            f"{out} holds results of another model, or of {found.model} with other weights. Give another "
            "folder: --out DIR"
        )
    if found.items != plan.items:
        raise RunError(
            f"{out} holds results of {found.count:,} other items; {plan.count:,} are given now. To go on, "
            "give the same files and folders. For other ones, give another folder: --out DIR"
        )
    return found


def _read_plan(out: Path) -> Plan:
    """Return the plan in a folder.

    Raises:
        ValueError: an entry is of the wrong type.
        TypeError: an entry is missing, or there is one more.
    """
    found = Plan(**read_json(out / FILE, out))
    if not all(isinstance(text, str) for text in (found.model, found.weights, found.items)):
        raise ValueError("model, weights and items are texts")
    for name in ("count", "part_size"):
        if type(number := getattr(found, name)) is not int or number < 1:
            raise ValueError(f"{name} is a whole number above 0. Received: {brief(number)}")
    return found


def lock_results(out: Path) -> AbstractContextManager[None]:
    """Keep other processes from writing into a folder of results.

    Raises:
        RunError: another process writes there now.
    """
    busy = f"Another process writes into {out}. Wait for it, or give another folder: --out DIR"
    return lock_folder(out, RunError(busy))


def items_digest(items: Sequence[str]) -> str:
    """Return a SHA-256 of the names of all items in order."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(f"{item}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def count_part(path: Path) -> tuple[int, int]:
    """Return how many items a part has, and how many of them are broken.

    Raises:
        RunError: it is no Parquet file, or lacks a column.
    """
    errors = [table.column(ERROR) for table in _part_tables(path)]
    return sum(map(len, errors)), sum(len(each) - each.null_count for each in errors)


def _part_tables(path: Path) -> Iterator[Any]:
    """Yield the row groups of a part, with the items and the errors; it is checked as any Parquet file is.

    Raises:
        RunError: it is no Parquet file, or lacks a column.
    """
    import pyarrow as pa

    from zoo.data.on_demand.parquet_files import ParquetFiles, read_metadata

    try:
        _, schema = read_metadata(path)
        kinds = [(field.name, field.type) for field in schema if field.name in (ITEM, ERROR)]
        if len(kinds) != 2 or dict(kinds) != dict.fromkeys((ITEM, ERROR), pa.string()):
            raise DataError(f"{path} must have a column {ITEM} and a column {ERROR}, of texts.")
        files = ParquetFiles((path,), (ITEM, ERROR))
        yield from map(files.group, range(len(files.places()[0])))
    except DataError as error:
        raise RunError(f"{error} Remove it: the same command computes it again.") from error


def write_broken(out: Path, plan: Plan) -> tuple[Path, list[tuple[str, str]]]:
    """Write the list of the items that could not be used; return its path and its first lines.

    Args:
        out: the folder.
        plan: its plan.
    """
    path, first = out / "broken.csv", list[tuple[str, str]]()
    options: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}
    with atomic_write(path) as temporary, temporary.open("w", **options) as file:
        writer = csv.writer(file)
        writer.writerow([ITEM, ERROR])
        for row in _broken_rows(out, plan):
            if len(first) < 10:
                first.append(row)
            writer.writerow(map(spreadsheet_text, row))
    return path, first


def _broken_rows(out: Path, plan: Plan) -> Iterator[tuple[str, str]]:
    for part in range(plan.parts):
        for table in _part_tables(part_file(out, part)):
            for row in table.filter(table.column(ERROR).is_valid()).to_pylist():
                yield str(row[ITEM]), row[ERROR]


def write_part(path: Path, table: Any) -> None:
    """Write a part in one step: a killed process leaves no half of it."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    make_directory(path.parent)
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
