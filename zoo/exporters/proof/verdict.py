"""The verdict on one file in one runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["equal", "approximate", "different", "refused", "not available"]
FAILURES = ("different", "refused")


@dataclass(frozen=True)
class Verdict:
    """The result of one file in one runtime.

    `verdict` is one of
    equal           it computes what the original computes, within the tolerance
    approximate     its format changes the numbers on purpose; `difference` says by how much
    different       it computes something else
    refused         the runtime does not open or run it
    not available   the runtime is not on this machine

    `version` is the runtime's name and version, `difference` the largest absolute difference, and `ratio`
    the R of `zoo.exporters.comparison`; an approximate file has its NRMSE, `nrmse`, instead. None where they
    are not known. `problem` says what is wrong. `protection` says in what cage a file of somebody else was
    opened.
    """

    runtime: str
    verdict: Kind
    version: str = ""
    difference: float | None = None
    ratio: float | None = None
    problem: str = ""
    protection: str = ""
    nrmse: float | None = None

    @property
    def is_failure(self) -> bool:
        """Whether the file cannot be used in this runtime."""
        return self.verdict in FAILURES


@dataclass(frozen=True)
class TaskMeasure:
    """A measure of the task on the test split: the value of the model, and that of the file in its place."""

    name: str
    model: float
    file: float

    def __str__(self) -> str:
        return f"{self.name} {self.file:.4g} ({self.file - self.model:+.2g})"


def make_verdict(runtime: str, answer: Mapping[str, Any], approximate: bool) -> Verdict:
    """Return the verdict that follows from the answer of a process.

    Args:
        runtime: the runtime's name.
        answer: with `difference`, `problem`, `refused`, `runtime`, and perhaps `ratio` and `nrmse`.
        approximate: whether the format changes the numbers on purpose.
    """
    problem = str(answer["problem"])
    kind: Kind = "approximate" if approximate else "equal"
    if problem:
        kind = "refused" if answer["refused"] else "different"
    version, ratio = str(answer["runtime"]), answer.get("ratio")
    protection = str(answer.get("protection", ""))
    difference, nrmse = answer["difference"], answer.get("nrmse")
    return Verdict(runtime, kind, version, difference, ratio, problem, protection, nrmse)


def deciding_verdict(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return the verdict that stands for a file: that of its own runtime, which is the first.

    Where its own runtime is not available, the first failure counts, else the first of the others; None
    where no runtime has run the file.
    """
    ran = [verdict for verdict in verdicts if verdict.verdict != "not available"]
    if not ran or verdicts[0] in ran:
        return ran[0] if ran else None
    return next((verdict for verdict in ran if verdict.is_failure), ran[0])
