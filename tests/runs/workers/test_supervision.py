"""Workers that end, fail or are lost, without processes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from zoo.errors import DataError, TrainingError
from zoo.runs.progress import Progress
from zoo.runs.run import Run
from zoo.runs.workers import supervision
from zoo.runs.workers.messages import Event, error_event
from zoo.runs.workers.supervision import LostWorker, train_with_workers, watch


@dataclass
class FakeWorker:
    """A worker that reports some events and then ends as it is told."""

    text: str | None
    reports: list[Event] = field(default_factory=list)
    stopped: bool = False

    def events(self) -> list[Event]:
        reports, self.reports = self.reports, []
        return reports

    def exit_text(self) -> str | None:
        return "signal 9" if self.stopped and self.text is None else self.text

    def stop(self) -> None:
        self.stopped = True


class FakePlace:
    """Starts what the test has prepared, one list after the other."""

    restarts = True

    def __init__(self, run: Run, *starts: list[FakeWorker], epochs: int = 0) -> None:
        self.run, self.starts, self.epochs, self.closed = run, list(starts), epochs, False

    def start(self, *arguments: Any) -> list[FakeWorker]:
        rows = [{"epoch": at + 1, "loss": 1.0} for at in range(len(self.run.history) + self.epochs)]
        self.run.write_history(rows)
        return self.starts.pop(0)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "GRACE_SECONDS", 0.05)
    monkeypatch.setattr(supervision, "POLL_SECONDS", 0.001)


@pytest.fixture
def run(tmp_path: Path, trained: Run) -> Run:
    run = Run(tmp_path / "run")
    run.path.mkdir()
    run.write_record({**trained.record, "state": "training", "workers": {"count": 2}})
    return run


def lost() -> list[FakeWorker]:
    return [FakeWorker(None), FakeWorker("signal 9")]


def test_the_others_are_ended_when_a_worker_is_lost() -> None:
    workers = lost()
    with pytest.raises(LostWorker, match=r"Worker 2 of 2 was lost \(signal 9\)"):
        watch(workers, Progress())
    assert all(worker.stopped for worker in workers)


def test_the_cause_is_raised_and_not_its_consequence() -> None:
    consequence = error_event(RuntimeError("Gloo: connection closed by peer"))
    cause = error_event(DataError("a.png is broken."))
    workers = [FakeWorker("exit code 1", [consequence]), FakeWorker("exit code 1", [cause])]
    with pytest.raises(DataError, match=r"a.png is broken"):
        watch(workers, Progress())


def test_workers_start_again_as_long_as_there_are_new_epochs(run: Run) -> None:
    place = FakePlace(
        run, lost(), lost(), lost(), lost(), [FakeWorker(""), FakeWorker("")], epochs=1
    )
    done = train_with_workers(place, run, Progress(), is_new=True, tensorboard=False)
    assert done.record["workers"] == {"count": 2, "restarts": 4}
    assert place.closed


def test_training_ends_after_three_starts_without_an_epoch(run: Run) -> None:
    place = FakePlace(run, lost(), lost(), lost())
    with pytest.raises(
        TrainingError, match=r"lost \(signal 9\)\. Go on from epoch 1: zoo train mlp"
    ):
        train_with_workers(place, run, Progress(), is_new=True, tensorboard=False)
    assert not place.starts
    assert Run(run.path).state == "interrupted"


def test_a_new_run_that_is_refused_leaves_nothing(run: Run) -> None:
    workers = [FakeWorker("exit code 1", [error_event(DataError("no"))]), FakeWorker(None)]
    with pytest.raises(DataError):
        train_with_workers(FakePlace(run, workers), run, Progress(), is_new=True, tensorboard=False)
    assert not list(run.path.iterdir())


def test_a_trained_run_is_done_even_if_a_worker_is_lost_at_the_end(run: Run) -> None:
    run.weights.touch()
    run.update(state="trained")
    place = FakePlace(run, lost())
    assert (
        train_with_workers(place, run, Progress(), is_new=True, tensorboard=False).state
        == "trained"
    )
