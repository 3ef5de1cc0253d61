"""What a worker is told and what it reports: lines of JSON on its standard input and output."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from zoo import errors
from zoo.compute.distribution import Member
from zoo.errors import TrainingError, ZooError, format_error
from zoo.runs.progress import Progress

__all__ = ["ALONE", "Event", "Job", "ReportedProgress", "error_event", "error_of", "replay"]

Event = dict[str, Any]
REPORT_SECONDS = 0.2  # the steps of so long a time are reported together
ALONE = Member(0, 1, "")
SECONDARY = ("gloo", "connection", "coordination", "heartbeat", "peer", "socket")  # lower case


@dataclass(frozen=True)
class Job:
    """What a worker does. All workers of one start have the same job, but for their member.

    Args:
        run: the folder of the run; None where the worker of rank 0 tells it.
        member: the worker among the others; it is alone by default.
        is_new: whether the run has just been created.
        tensorboard: write logs for TensorBoard.
        scratch: a folder for temporary files, which the process that starts the worker removes.
    """

    run: str | None
    member: Member = ALONE
    is_new: bool = False
    tensorboard: bool = False
    scratch: str | None = None

    def for_member(self, member: Member) -> Job:
        """Return the same job for one of the workers."""
        return replace(self, member=member)

    def in_folder(self, scratch: str) -> Job:
        """Return the same job with another folder for temporary files."""
        return replace(self, scratch=scratch)

    def to_line(self) -> str:
        """Return the job as a line of JSON."""
        return f"{json.dumps(asdict(self))}\n"

    @classmethod
    def from_line(cls, line: str) -> Job:
        """Return the job that `to_line` wrote."""
        values = json.loads(line)
        return cls(**{**values, "member": Member(**values["member"])})


class ReportedProgress(Progress):
    """Report the progress of a training as events.

    Args:
        send: is called with each event.
    """

    def __init__(self, send: Callable[[Event], None]) -> None:
        self.send = send
        self._steps = 0
        self._sent = 0.0

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Report the beginning of an epoch."""
        self.send({"event": "start", "epochs": epochs, "steps": steps, "epoch": epoch})

    def step(self, logs: Mapping[str, float]) -> None:
        """Report the steps since the last report, unless that was a moment ago."""
        self._steps += 1
        if time.monotonic() - self._sent >= REPORT_SECONDS:
            self._send_steps(logs)

    def epoch(self, number: int, logs: Mapping[str, float]) -> None:
        """Report the steps that are left, and the end of the epoch."""
        self._send_steps(logs)
        self.send({"event": "epoch", "number": number, "logs": _as_floats(logs)})

    def _send_steps(self, logs: Mapping[str, float]) -> None:
        self.send({"event": "step", "count": self._steps, "logs": _as_floats(logs)})
        self._steps, self._sent = 0, time.monotonic()


def _as_floats(logs: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in logs.items()}


def replay(event: Event, progress: Progress) -> None:
    """Show the progress that an event reports."""
    if event["event"] == "start":
        progress.start(event["epochs"], event["steps"], event["epoch"])
    elif event["event"] == "step":
        for _ in range(event["count"]):
            progress.step(event["logs"])
    elif event["event"] == "epoch":
        progress.epoch(event["number"], event["logs"])


def error_event(error: BaseException) -> Event:
    """Return the event that a worker has failed with an error.

    `secondary` marks an error that another worker's end may have caused.
    """
    kind = type(error).__name__ if isinstance(error, ZooError) else "TrainingError"
    text = str(error) if isinstance(error, ZooError) else format_error(error)
    secondary = not isinstance(error, errors.UsageError) and any(
        word in text.lower() for word in SECONDARY
    )
    return {"event": "error", "kind": kind, "message": text, "secondary": secondary}


def error_of(event: Event) -> ZooError:
    """Return the error that an event reports."""
    kind = getattr(errors, str(event["kind"]), TrainingError)
    if not (isinstance(kind, type) and issubclass(kind, ZooError)):
        kind = TrainingError
    error = kind.__new__(kind)
    Exception.__init__(error, str(event["message"]))
    return error
