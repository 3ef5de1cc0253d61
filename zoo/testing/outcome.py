"""The outcome of a check: passed, failed with a sentence, or skipped with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["passed", "failed", "skipped"]


class CheckFailure(AssertionError):
    """The plug-in breaks the contract; the message says what its author can do about it."""


class SkipCheck(Exception):
    """A check that does not apply to this architecture, or not on this machine, with the reason."""


@dataclass(frozen=True)
class Outcome:
    """The result of one check.

    Attributes:
        check: the name of the check.
        verdict: passed, failed or skipped.
        detail: what is wrong, or why the check was skipped; empty where it passed.
        seconds: the time of this check alone, without the checks that it needs.
    """

    check: str
    verdict: Verdict
    detail: str
    seconds: float


def require(condition: object, message: str) -> None:
    """Fail the check unless a condition holds; `python -O` does not remove it, unlike an assert.

    Raises:
        CheckFailure: the condition does not hold.
    """
    if not condition:
        raise CheckFailure(message)
