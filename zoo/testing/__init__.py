"""The contract as named checks, the same for our plug-ins and for anybody's."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.testing.architecture.checks import CHECKS, FAST_CHECKS
    from zoo.testing.architecture.subject import Subject
    from zoo.testing.harness.parametrize import parametrize_with_checks
    from zoo.testing.outcome import Outcome, SkipCheck
    from zoo.testing.runner import Check, Runner
    from zoo.testing.suites import Suite, find_suite, outcomes

__all__ = [
    "CHECKS",
    "FAST_CHECKS",
    "Check",
    "Outcome",
    "Runner",
    "SkipCheck",
    "Subject",
    "Suite",
    "find_suite",
    "outcomes",
    "parametrize_with_checks",
]

_MODULES = {
    "CHECKS": "architecture.checks",
    "FAST_CHECKS": "architecture.checks",
    "Check": "runner",
    "Outcome": "outcome",
    "Runner": "runner",
    "SkipCheck": "outcome",
    "Subject": "architecture.subject",
    "Suite": "suites",
    "find_suite": "suites",
    "outcomes": "suites",
    "parametrize_with_checks": "harness.parametrize",
}


def __getattr__(name: str) -> Any:
    """Import the module of a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'zoo.testing' has no attribute {name!r}")
    return getattr(import_module(f"zoo.testing.{_MODULES[name]}"), name)
