"""Workers of Ray Data that fail while they start."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from zoo.bulk import ray_data
from zoo.bulk.ray_data import run_parts
from zoo.errors import ZooError

pytest.importorskip("ray", reason="keras-zoo[ray] is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
PARTS = [{"part": number, "items": [str(number)]} for number in range(4)]


def failing_worker(folder: Path) -> type:
    """Return a class of workers; the first one raises while it starts, the second one is killed."""

    class FailsAtTheStart:
        def __init__(self) -> None:
            for start in ("first", "second", "third"):
                try:
                    (folder / start).touch(exist_ok=False)
                    break
                except FileExistsError:
                    continue
            if start == "first":
                raise OSError("no room left")
            if start == "second":
                os.kill(os.getpid(), signal.SIGKILL)

        def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
            return {"part": row["part"], "done": len(row["items"])}

    return FailsAtTheStart


@pytest.fixture(autouse=True)
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setattr(ray_data, "PartWorker", failing_worker(tmp_path))


@pytest.mark.long
@pytest.mark.parametrize(("lost", "runs"), [(3, 1), (0, 2)])  # replaced by Ray; by a new run
def test_a_worker_that_fails_while_it_starts_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int, runs: int
) -> None:
    monkeypatch.setattr(ray_data, "MOST_LOST", lost)
    monkeypatch.setattr(ray_data, "MOST_RUNS", runs)
    found = sorted(run_parts(PARTS, (), 1, None), key=lambda row: row["part"])
    assert found == [{"part": number, "done": 1} for number in range(4)]
    assert (tmp_path / "third").exists()


def test_workers_that_fail_again_and_again_end_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ray_data, "MOST_LOST", 0)
    monkeypatch.setattr(ray_data, "MOST_RUNS", 1)
    with pytest.raises(ZooError, match=r"workers of Ray fail .* OSError: no room left\. What is"):
        list(run_parts(PARTS, (), 1, None))
