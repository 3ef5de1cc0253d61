"""The text files of a run, which are read with checks: run.json, metrics.json and history.csv."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo.errors import RunError, brief
from zoo.io.atomic import atomic_write
from zoo.io.foreign.entries import (
    COUNTS,
    OBJECT,
    OBJECTS,
    OPTIONAL_FLAG,
    OPTIONAL_SIZES,
    OPTIONAL_TEXT,
    OPTIONAL_TEXTS,
    SEED,
    SIZES,
    STEPS,
    TEXT,
    TEXTS,
    THREADS,
    WHOLE_NUMBER,
    Kind,
    check_entries,
    numbers_by_name,
)
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.text import read_json, read_text

__all__ = ["STATES", "read_history", "read_metrics", "read_record", "write_history"]

# training     a process trains into it now, or was killed
# interrupted  stopped by Ctrl-C; --resume goes on
# failed       stopped by an error; --resume goes on
# trained      the weights are complete; `evaluate` or `preview` is still to be done
# finished     the weights, the metrics and the pictures are complete
STATES = ("training", "interrupted", "failed", "trained", "finished")
_REQUIRED = {"name": TEXT, "architecture": TEXT, "config": OBJECT, "dataset": OBJECT, "state": TEXT}
_RECORD: dict[str, Kind] = {
    **_REQUIRED,
    "package": TEXT,
    "backend": OPTIONAL_TEXT,
    "seed": SEED,
    "compute": OBJECT,
    "versions": OBJECT,
    "started": TEXT,
    "finished": TEXT,
    "from": OBJECT,
    "best_epoch": WHOLE_NUMBER,
    "command": TEXT,
    "changed": OBJECT,
    "counts": COUNTS,
    "examples": COUNTS,
    "callbacks": TEXTS,
    "stored_precision": TEXT,
    "parts": OBJECT,
}
_DATASET: dict[str, Kind] = {
    "source": OPTIONAL_TEXT,
    "fingerprint": OPTIONAL_TEXT,
    "input_shape": OPTIONAL_SIZES,
    "classes": OPTIONAL_TEXTS,
    "preprocessing": OPTIONAL_TEXT,
}
_COMPUTE = {
    "backend": OPTIONAL_TEXT,
    "threads": THREADS,
    "onednn": OPTIONAL_FLAG,
    "xla": OPTIONAL_FLAG,
    "xla_reason": TEXT,
    "steps_per_execution": STEPS,
}
_FROM = {"run": TEXT, "model": TEXT, "sha256": TEXT}
_PART = {"inputs": OBJECTS, "outputs": OBJECTS}
_TENSOR = {"name": TEXT, "dtype": TEXT, "shape": SIZES}
_NAME = re.compile(r"\w[\w .+-]*")  # it stands in commands that users copy, and in cards
_MOST_EPOCHS = 2**53
_LONGEST_NAME = 250  # letters of a model's name, which is also the name of a folder


def read_record(folder: Path) -> dict[str, Any]:
    """Return the content of a run's run.json.

    Raises:
        RunError: it cannot be read, or an entry is missing or of the wrong type.
        UnsafeFile: it is too large or too deep, no plain file, or a link out of the folder.
    """
    file = folder / "run.json"
    try:
        record = read_json(file, folder)
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{file} cannot be read: {error}.") from error
    try:
        check_entries("a record", record, _RECORD, _REQUIRED)
        check_entries("dataset", record["dataset"], _DATASET)
        check_entries("config", record["config"], {"input_shape": OPTIONAL_SIZES})
        check_entries("compute", record.get("compute", {}), _COMPUTE)
        check_entries("from", record.get("from", {}), _FROM, _FROM if "from" in record else ())
        _check_parts(record.get("parts", {}))
        _check_names(record)
    except ValueError as error:
        raise RunError(f"{file} is no record of a run: {error}.") from error
    return dict(record)


def _check_parts(parts: Mapping[str, Any]) -> None:
    """Refuse parts whose inputs and outputs are not described as `zoo pack` does.

    Raises:
        ValueError: there is one.
    """
    for role, part in parts.items():
        check_entries(f"parts: {brief(role)}", part, _PART, _PART)
        for tensor in (*part["inputs"], *part["outputs"]):
            check_entries(f"parts: {brief(role)}", tensor, {**_TENSOR, "expects": TEXT}, _TENSOR)


def _check_names(record: Mapping[str, Any]) -> None:
    """Refuse a name that is no name of a model, and an unknown state.

    Raises:
        ValueError: there is one.
    """
    for key in ("name", "architecture"):
        name = record[key]
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            raise ValueError(
                f"{key!r} must be a name of letters, digits, '.', '_' and '-'. Received: {brief(name)}"
            )
    if record["state"] not in STATES:
        raise ValueError(
            f"the state must be one of {', '.join(STATES)}. Received: {brief(record['state'])}"
        )


def read_metrics(folder: Path) -> dict[str, float]:
    """Return the content of a run's metrics.json; empty where there is none.

    Raises:
        RunError: it cannot be read, or holds something else than numbers by name.
        UnsafeFile: it is too large or too deep, no plain file, or a link out of the folder.
    """
    file = folder / "metrics.json"
    try:
        if not file.exists():
            return {}
        metrics = numbers_by_name(str(file), read_json(file, folder))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{file} cannot be read: {error}.") from error
    check_limit(file, "metrics", len(metrics))
    return metrics


def read_history(folder: Path) -> list[dict[str, float]]:
    """Return the rows of a run's history.csv; none where there is none.

    Raises:
        RunError: it cannot be read, or holds something else than numbers.
        UnsafeFile: it is too large, no plain file, or a link out of the folder.
    """
    file = folder / "history.csv"
    try:
        rows = _read_rows(file, folder)
    except (OSError, ValueError) as error:
        raise RunError(f"{file} cannot be read: {error}.") from error
    for row in rows:
        if "epoch" not in row:
            raise RunError(f"{file} cannot be read: a row has no epoch.")
        if not (0 <= row["epoch"] < _MOST_EPOCHS and row["epoch"].is_integer()):
            raise RunError(f"{file} cannot be read: {row['epoch']} is no number of an epoch.")
    return rows


def write_history(folder: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Write history.csv; the columns are all names of all rows, in their order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with atomic_write(folder / "history.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def _read_rows(path: Path, folder: Path) -> list[dict[str, float]]:
    """Return the rows of a file by column; an empty cell is left out. No file is no rows.

    Raises:
        ValueError: a cell is no number, or a row has more or fewer cells than the header.
        UnsafeFile: the file is too large, has too many rows or columns, is no plain file, or a link out of
            the folder.
        OSError: it cannot be opened.
    """
    if not path.exists():
        return []
    most = limit("history_rows")
    rows: list[dict[str, float]] = []
    try:
        reader = csv.DictReader(io.StringIO(read_text(path, folder)))
        check_limit(path, "history_columns", len(reader.fieldnames or ()))
        for row in reader:
            if None in row:
                raise ValueError(f"row {len(rows) + 1} is longer than the header")
            if None in row.values():
                raise ValueError(f"row {len(rows) + 1} is shorter than the header")
            rows.append({key: float(value) for key, value in row.items() if value})
            if len(rows) > most:
                check_limit(path, "history_rows", len(rows), more=True)
    except csv.Error as error:
        raise ValueError(f"row {len(rows) + 1}: {error}") from error
    return rows
