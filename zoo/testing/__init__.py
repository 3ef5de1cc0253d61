"""The contract as named checks, the same for our architectures and for anybody's."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.testing.outcome import Outcome, SkipCheck
    from zoo.testing.runner import CHECKS, FAST_CHECKS, Check, Runner, outcomes
    from zoo.testing.subject import Subject

__all__ = [
    "CHECKS",
    "FAST_CHECKS",
    "Check",
    "Outcome",
    "Runner",
    "SkipCheck",
    "Subject",
    "outcomes",
]

_MODULES = {"Outcome": "outcome", "SkipCheck": "outcome", "Subject": "subject"}


def __getattr__(name: str) -> Any:
    """Import the module of a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'zoo.testing' has no attribute {name!r}")
    return getattr(import_module(f"zoo.testing.{_MODULES.get(name, 'runner')}"), name)
