"""What workers are told and what they report."""

import pytest

from zoo.compute.distribution import Member
from zoo.errors import DataError, PluginError, TrainingError, UnknownName
from zoo.runs.progress import Progress
from zoo.runs.workers.messages import Event, Job, ReportedProgress, error_event, error_of, replay


def test_a_job_passes_through_a_line() -> None:
    job = Job("/runs/a b", Member(1, 3, "host:1", True), is_new=True, scratch="/tmp/x")
    line = job.to_line()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert Job.from_line(line) == job


@pytest.mark.parametrize(
    "error", [DataError("a.png is broken."), UnknownName("model", "x", ["y"]), PluginError("no")]
)
def test_an_error_passes_through_an_event(error: Exception) -> None:
    again = error_of(error_event(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_an_error_that_is_not_the_zoos_becomes_one() -> None:
    again = error_of(error_event(ValueError("bad\nvalue")))
    assert type(again) is TrainingError
    assert str(again) == "ValueError: bad value"
    assert type(error_of({"kind": "os", "message": "x"})) is TrainingError


@pytest.mark.parametrize(
    ("error", "secondary"),
    [
        (RuntimeError("Gloo all-reduce failed: Connection closed by peer"), True),
        (PluginError("failed: the coordination service found a dead task"), True),
        (DataError("connection.png is broken"), False),
        (RuntimeError("out of memory"), False),
    ],
)
def test_an_error_that_another_workers_end_causes_is_marked(
    error: Exception, secondary: bool
) -> None:
    assert error_event(error)["secondary"] is secondary


class Counter(Progress):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.calls.append(f"start {epochs} {steps} {epoch}")

    def step(self, logs: object) -> None:
        self.calls.append("step")

    def epoch(self, number: int, logs: object) -> None:
        self.calls.append(f"epoch {number} {logs}")


def test_progress_is_the_same_on_the_other_side() -> None:
    events: list[Event] = []
    progress, shown = ReportedProgress(events.append), Counter()
    progress.start(2, 7, 0)
    for _ in range(7):
        progress.step({"loss": 1.0})
    progress.epoch(1, {"loss": 0.5})
    for event in events:
        replay(event, shown)
    assert shown.calls == ["start 2 7 0", *["step"] * 7, "epoch 1 {'loss': 0.5}"]
    assert len(events) < 6  # steps of a moment are reported together
