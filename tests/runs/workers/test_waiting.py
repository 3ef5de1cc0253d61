"""Workers that wait for others which do not come."""

import os
import time
from pathlib import Path

import pytest

from tests.runs.workers.conftest import CNN, command, run_command
from zoo.compute.distribution import Member
from zoo.runs.workers.messages import Event
from zoo.runs.workers.processes import free_port
from zoo.runs.workers.worker import end_after

MEMBER = Member(1, 3, "head:1234")


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_task_that_is_alone_ends_after_a_time(
    tmp_path: Path, digits_file: Path, rank: int
) -> None:
    address = f"127.0.0.1:{free_port()}"
    words = command("cnn", digits_file, tmp_path / "run", "--workers", "2", settings=CNN)
    done = run_command(
        words,
        OMPI_COMM_WORLD_RANK=str(rank),
        OMPI_COMM_WORLD_SIZE="2",
        ZOO_COORDINATOR=address,
        ZOO_WORKERS_WAIT="2",
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "stack trace" not in done.stderr  # of JAX, which would end the process a minute later
    assert (
        f"Worker {rank + 1} of 2 has waited 2 seconds for the others at {address}." in done.stderr
    )
    assert not (tmp_path / "run").exists()  # the same command can be given again


def test_only_the_start_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    events: list[Event] = []
    with end_after(0.05, MEMBER, events.append):
        pass
    time.sleep(0.3)
    assert (codes, events) == ([], [])
    with end_after(0.05, MEMBER, events.append):
        time.sleep(0.3)
    assert codes == [1]
    assert events[0]["message"].startswith(
        "Worker 2 of 3 has waited 0.05 seconds for the others at head:1234."
    )
    assert not events[0]["secondary"]
