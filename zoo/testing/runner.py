"""A named check, and a runner that skips checks whose requirements failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zoo.environment import shows_tracebacks
from zoo.errors import ZooError, format_error
from zoo.io.console import quiet_logger
from zoo.testing.outcome import CheckFailure, Outcome, SkipCheck, Verdict


@dataclass(frozen=True)
class Check:
    """One check of the contract.

    Attributes:
        function: of the subject; what raises CheckFailure, SkipCheck or a ZooError.
        needs: the checks that run first, and must not fail.
        explained_by: the checks whose failure explains a failure of this one, where they were run.
        fast: whether `zoo check --fast` makes it.
        slow: whether it takes more than a few seconds.
    """

    function: Callable[[Any], None]
    needs: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    fast: bool = False
    slow: bool = False

    @property
    def summary(self) -> str:
        """What holds where the check passes, in a sentence."""
        return (self.function.__doc__ or "").partition("\n")[0]


class Runner:
    """Runs checks on one subject, each once, after those that it needs.

    Args:
        subject: the plug-in with what several checks need.
        checks: the checks of its kind, by name.
    """

    def __init__(self, subject: Any, checks: Mapping[str, Check]) -> None:
        self.subject, self.checks = subject, checks
        self.outcomes: dict[str, Outcome] = {}

    def outcome(self, name: str) -> Outcome:
        """Return the outcome of a check, which runs once; it is skipped where one that it needs failed."""
        if name not in self.outcomes:
            cause = self._cause(name)
            started = time.perf_counter()
            verdict, detail = (
                self._verdict(name) if cause is None else ("skipped", f"{cause} failed")
            )
            seconds = round(time.perf_counter() - started, 1)
            self.outcomes[name] = Outcome(name, verdict, detail, seconds)
        return self.outcomes[name]

    def run_checks(self, names: Sequence[str]) -> Iterator[Outcome]:
        """Run checks one after the other; yield each outcome, and those of failed checks that it needs."""
        shown: set[str] = set()
        for name in names:
            self.outcome(name)
            for outcome in list(self.outcomes.values()):
                wanted = outcome.check == name or outcome.verdict == "failed"
                if wanted and outcome.check not in shown:
                    shown.add(outcome.check)
                    yield outcome

    def _cause(self, name: str) -> str | None:
        """Return the failed check that a check would follow from, or None."""
        check = self.checks[name]
        finished = [other for other in check.explained_by if other in self.outcomes]
        for other in (*check.needs, *finished):
            if self.outcome(other).verdict == "failed":
                return other
            if cause := self._cause(other):
                return cause
        return None

    def _verdict(self, name: str) -> tuple[Verdict, str]:
        """Run one check, and return its outcome; with ZOO_TRACEBACK set, a failure is raised."""
        try:
            # TensorFlow warns of many small models in one process, and the zoo of the checks' small data
            with quiet_logger("tensorflow"), quiet_logger("zoo"):
                self.checks[name].function(self.subject)
        except SkipCheck as reason:
            return "skipped", str(reason)
        except Exception as error:  # a plug-in may raise anything when it is used
            if shows_tracebacks():
                raise
            ours = isinstance(error, CheckFailure | ZooError)
            return "failed", str(error) if ours else format_error(error)
        return "passed", ""
