"""Parts whose process is killed: each start is counted, and what kills again and again is named."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from zoo.bulk import ray_data
from zoo.bulk.columns import schema_of
from zoo.bulk.plan import part_file
from zoo.bulk.ray_data import run_parts
from zoo.bulk.starts import MOST_STARTS, begin_part, count_starts
from zoo.bulk.worker import PartWorker
from zoo.inference.predictor import Predictor

SCHEMA = schema_of([{"item": "a", "length": 3.0}])


class Killed(BaseException):
    """The end of the process."""


def raise_killed() -> None:
    raise Killed


def kill_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly_worker(
    out: Path, deadly: Sequence[str], end: Callable[[], None]
) -> Callable[[], PartWorker]:
    """Return a class of workers whose process ends when they read some items."""

    def read(item: Path) -> int:
        if item.name in deadly:
            end()
        return len(item.name)

    def apply(items: Sequence[Any], inputs: Sequence[int]) -> list[dict[str, Any]]:
        return [{"length": float(value)} for value in inputs]

    class DeadlyWorker(PartWorker):
        def __init__(self) -> None:
            self._out, self._schema = out, SCHEMA
            self._predictor = Predictor({}, read, apply)

    return DeadlyWorker


def compute_until_done(
    worker: Callable[[], PartWorker], row: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """Begin a part again as often as its process ends; return the counts, and how often it ended."""
    for kills in range(100):
        try:
            return worker()(row), kills
        except Killed:
            continue
    pytest.fail("the part is begun for ever")


def test_an_item_that_kills_its_process_is_a_broken_one(tmp_path: Path) -> None:
    worker = deadly_worker(tmp_path, ["bb", "dddd"], raise_killed)
    row = {"part": 3, "items": ["a", "bb", "ccc", "dddd"]}
    counts, kills = compute_until_done(worker, row)
    assert counts == {"part": 3, "done": 4, "broken": 2, "failure": ""}
    assert kills == 5  # once with all items, then twice at each of both
    rows = pq.read_table(part_file(tmp_path, 3)).to_pylist()
    assert [each["length"] for each in rows] == [1.0, None, 3.0, None]
    assert "bb ends the process that reads or computes it, 2 times by now" in rows[1]["error"]
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["part-00003.parquet"]


def test_a_part_that_is_killed_again_and_again_fails(tmp_path: Path) -> None:
    items = list("abcdefgh")
    worker = deadly_worker(tmp_path, items, raise_killed)
    counts, kills = compute_until_done(worker, {"part": 0, "items": items})
    assert kills == MOST_STARTS
    assert (
        "its process was killed 8 times, at 4 of its items; memory may be short"
        in (counts["failure"])
    )
    assert not part_file(tmp_path, 0).exists()


def test_starts_count_for_one_command(tmp_path: Path) -> None:
    begin_part(tmp_path, 0)
    with count_starts(tmp_path):
        assert not begin_part(tmp_path, 0).item_by_item
        assert begin_part(tmp_path, 0).item_by_item
    assert not list((tmp_path / "results").iterdir())


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_ray_ends_with_the_items_that_kill_their_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    worker = deadly_worker(tmp_path, ["bb"], kill_process)
    monkeypatch.setattr(ray_data, "PartWorker", worker)
    rows = [{"part": at, "items": ["a", "bb" if at == 1 else "cc", "ddd"]} for at in range(4)]
    found = sorted(run_parts(rows, (), 2, None), key=lambda row: row["part"])
    assert [(row["done"], row["broken"], row["failure"]) for row in found] == [
        (3, int(at == 1), "") for at in range(4)
    ]
