"""A decorator that makes one test of each check, as scikit-learn's decorator of this name does."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from zoo.errors import UsageError
from zoo.testing.outcome import Outcome
from zoo.testing.runner import Runner
from zoo.testing.suites import Suite, find_suite

__all__ = ["parametrize_with_checks"]

FLOOR = "enough-checks"  # the id of the test that counts the others


def parametrize_with_checks(
    reference: str,
    *,
    expected_failures: Mapping[str, str] | None = None,
    at_least: int = 0,
    formats: Sequence[str] | None = None,
) -> Any:
    """Return a decorator of a test that takes `check`, and calls it.

    Args:
        reference: the plug-in as `kind:name`, or its name.
        expected_failures: the reason for each check that is known to fail, by its name. The check is
            reported as an expected failure; once it passes, its test fails, so that the entry is removed.
        at_least: how many checks must run and not be skipped. One more test counts them.
        formats: the formats that the checks of an architecture write; all four if not given.

    Raises:
        UnknownName: there is no such plug-in or check.
        UsageError: `at_least` is more than there are checks.

    Example:
        >>> @parametrize_with_checks("architecture:my-net", at_least=15)
        ... def test_the_contract(check):
        ...     check()
    """
    suite, expected = find_suite(reference), dict(expected_failures or {})
    suite.check_names(tuple(expected))
    if not 0 <= at_least <= len(suite.checks):
        raise UsageError(
            f"at_least must be from 0 to {len(suite.checks)}, the number of checks of {reference!r}. "
            f"Received: {at_least}"
        )
    session = _Session(suite, expected, formats)
    tests: list[Callable[[], None]] = [_CheckTest(session, name) for name in suite.checks]
    ids = list(suite.checks)
    if at_least:
        tests.append(_FloorTest(session, at_least))
        ids.append(FLOOR)
    return pytest.mark.parametrize("check", tests, ids=ids)


class _Session:
    """The checks of one plug-in, each made once a process."""

    def __init__(
        self, suite: Suite, expected: Mapping[str, str], formats: Sequence[str] | None
    ) -> None:
        self.suite, self.expected, self.formats = suite, expected, formats

    @cached_property
    def runner(self) -> Runner:
        """The runner, with a folder that lasts as long as the process."""
        folder = Path(tempfile.mkdtemp(prefix="zoo-check-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return self.suite.runner(folder, self.formats)

    def outcome(self, name: str) -> Outcome:
        """Return the outcome of a check."""
        return self.runner.outcome(name)


class _CheckTest:
    """One check as a function of no arguments."""

    def __init__(self, session: _Session, name: str) -> None:
        self.session, self.name = session, name

    def __call__(self) -> None:
        """Run the check; it fails, is skipped or is expected to fail as pytest reports it."""
        outcome, reason = self.session.outcome(self.name), self.session.expected.get(self.name)
        if outcome.verdict == "skipped":
            pytest.skip(outcome.detail)
        if outcome.verdict == "failed" and reason is not None:
            pytest.xfail(f"{reason}: {outcome.detail}")
        if outcome.verdict == "failed":
            pytest.fail(outcome.detail, pytrace=False)
        if reason is not None:
            pytest.fail(
                f"The check {self.name!r} passes now. Remove it from expected_failures ({reason}).",
                pytrace=False,
            )


class _FloorTest:
    """The number of checks that ran, as a function of no arguments."""

    def __init__(self, session: _Session, at_least: int) -> None:
        self.session, self.at_least = session, at_least

    def __call__(self) -> None:
        """Fail if too many checks were skipped; a check that no test has made is made here."""
        outcomes = [self.session.outcome(name) for name in self.session.suite.checks]
        skipped = [each for each in outcomes if each.verdict == "skipped"]
        ran = len(outcomes) - len(skipped)
        if ran < self.at_least:
            reasons = "; ".join(f"{each.check}: {each.detail}" for each in skipped)
            pytest.fail(
                f"{ran} checks ran, expected at least {self.at_least}. Skipped: {reasons}",
                pytrace=False,
            )
