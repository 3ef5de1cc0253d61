"""The first items, computed in a process of its own: one that ends its process does not end the command.

    python -m zoo.bulk.first_items

reads {"run": ..., "items": [...]} from its standard input, and reports lines of JSON: that the model is open,
the error of each item that cannot be used, and the schema of the first result with the seconds that it takes.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.bulk.columns import ERROR, schema_of
from zoo.bulk.starts import MOST_STARTS
from zoo.bulk.worker import item_rows
from zoo.environment import shows_tracebacks
from zoo.errors import DataError, ZooError
from zoo.runs.predictors import open_predictor
from zoo.runs.run import Run
from zoo.runs.workers.messages import Event, error_event, error_of
from zoo.runs.workers.processes import describe_exit
from zoo.runtimes.python import onnxruntime

__all__ = ["FirstResult", "try_first_items"]

FIRST_ITEMS = 64  # among which one must be readable


@dataclass(frozen=True)
class FirstResult:
    """What is known of all results by the first one.

    Args:
        schema: of their columns.
        seconds: that an item takes with one thread.
    """

    schema: Any
    seconds: float


def try_first_items(run: str, items: Sequence[str]) -> FirstResult:
    """Compute the first items until one can be used; what ends its process counts as broken.

    Args:
        run: the path or the name of the run, which is exported.
        items: all of them.

    Raises:
        DataError: none of the first items can be used.
        ZooError: the architecture cannot be applied, or process after process is killed.
    """
    first, errors, reason = items[:FIRST_ITEMS], list[str](), ""
    for _ in range(MOST_STARTS):
        broken, result, reason = _try_in_process(run, first[len(errors) :])
        errors += broken
        if result is not None:
            return result
        if len(errors) < len(first):
            errors.append(f"{first[len(errors)]} ends the process that reads or computes it.")
        if len(errors) == len(first):
            raise DataError(
                f"None of the first {len(first)} items can be used. The first one: {errors[0]}"
            )
    raise ZooError(
        f"The process of the first items was ended {MOST_STARTS} times, by as many of them ({reason}); "
        "memory may be short."
    )


def _try_in_process(run: str, items: Sequence[str]) -> tuple[list[str], FirstResult | None, str]:
    """Compute items in a new process, until one can be used.

    Returns:
        The errors of those that cannot, the result, and how the process has ended: empty if well.

    Raises:
        ZooError: the process reports one, or ends before the model is open.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-items-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as stderr:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "zoo.bulk.first_items"],
                input=json.dumps({"run": run, "items": list(items)}),
                stdout=subprocess.PIPE,
                stderr=None if shows_tracebacks() else stderr,
                text=True,
                start_new_session=True,  # Ctrl-C is for this process
                check=False,
            )
        reason = describe_exit(done.returncode, log)
    events: list[Event] = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    for event in events:
        if event["event"] == "error":
            raise error_of(event)
    if not events:
        raise ZooError(f"The model cannot be opened: its process has ended ({reason}).")
    broken = [str(event["message"]) for event in events if event["event"] == "broken"]
    last = events[-1]
    if last["event"] != "result":
        return broken, None, reason
    return broken, FirstResult(_read_schema(last["schema"]), float(last["seconds"])), reason


def _read_schema(text: str) -> Any:
    import pyarrow as pa

    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))


def main() -> None:
    """Compute the items on standard input until one can be used, and report on standard output."""
    reports = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no report

    def send(event: str, **facts: Any) -> None:
        reports.write(f"{json.dumps({'event': event, **facts})}\n")

    job = json.loads(sys.stdin.read())
    try:
        _compute(job["run"], job["items"], send)
    except ZooError as error:
        send(**error_event(error))


def _compute(run: str, items: Sequence[str], send: Callable[..., None]) -> None:
    onnxruntime.use_threads(1)  # as a worker
    predictor = open_predictor(Run.open(run), "onnx")
    send("open")
    with tempfile.TemporaryDirectory() as folder:
        for item in items:
            (row,) = item_rows(predictor, [item], Path(folder))
            if ERROR in row:
                send("broken", message=row[ERROR])
                continue
            start = time.monotonic()
            item_rows(predictor, [item], Path(folder))
            schema = base64.b64encode(schema_of([row]).serialize().to_pybytes()).decode()
            return send("result", schema=schema, seconds=time.monotonic() - start)


if __name__ == "__main__":
    main()
