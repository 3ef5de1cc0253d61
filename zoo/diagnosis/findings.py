"""A finding of the doctor: what it looked at, what it saw, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor looked at.

    Attributes:
        topic: versions, compute, plug-ins, catalogs, runtimes, folders or weights.
        subject: what was looked at, such as numpy.
        verdict: ok; a note, where something optional is missing; or a problem, where something fails.
        detail: what it is like.
        advice: what to do; empty where nothing is to be done.
    """

    topic: str
    subject: str
    verdict: Verdict
    detail: str
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return asdict(self)
