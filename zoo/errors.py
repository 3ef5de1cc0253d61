"""Every error that the zoo raises on purpose.

ZooError                 exit code 1: a job failed
├── UsageError           exit code 2: what was asked for cannot be done
│   ├── UnknownName      no such model, setting, format, ...
│   ├── SettingError     a setting's value is of the wrong type or out of range
│   ├── CatalogError     a registry.toml is broken
│   ├── DataError        the data cannot be read, or does not fit the model
│   └── RunError         no such run, not finished, or in use by another process
├── PluginError          a plug-in breaks the contract, or raised
├── TrainingError        training cannot go on (the loss is no longer a number)
├── ExportError          a part cannot be written, or computes something else in its runtime
├── UnsafeFile           a file from elsewhere asks for more than it should
└── WriteError           the disk refused
"""

import re
import reprlib
from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class ZooError(Exception):
    """Say what was wrong, what was expected and what was received, in a line or two."""

    exit_code: ClassVar[int] = 1


class UsageError(ZooError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that nothing answers to, with the names that come nearest."""

    def __init__(self, kind: str, name: str, choices: Iterable[str], hint: str = "") -> None:
        self.kind, self.name, self.choices = kind, name, tuple(choices)
        super().__init__(
            f"There is no {kind} {brief(name)}. {nearest(name, self.choices)} {hint}".strip()
        )


class SettingError(UsageError):
    """A setting has the wrong type, or is out of range."""


class CatalogError(UsageError):
    """A catalog file cannot be read; the message names the file and the line or key."""


class DataError(UsageError):
    """The data cannot be read, or does not fit the model."""


class RunError(UsageError):
    """There is no such run, or it is not in the state that was asked for."""


class PluginError(ZooError):
    """A plug-in breaks the contract, or raised an error of its own."""


class TrainingError(ZooError):
    """Training cannot go on."""


class ExportError(ZooError):
    """A part cannot be written, or computes something else in its runtime."""


class UnsafeFile(ZooError):
    """A file from elsewhere asks for more memory than its size can justify, or to run code."""


class WriteError(ZooError):
    """The disk refused: full, read-only or not ours to write to."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """Say which of the choices come nearest to a name, or list them when none does."""
    known = sorted(set(choices))
    alike = {each.lower(): each for each in known}
    if matches := get_close_matches(name.lower()[:100], alike, n=3, cutoff=0.5):
        return f"Did you mean {' or '.join(alike[match] for match in matches)}?"
    if not known:
        return "There are none at all."
    shown = ", ".join(known[:8])
    return f"There is {shown}" + (f", and {len(known) - 8} more." if len(known) > 8 else ".")


class _Brief(reprlib.Repr):
    """Shows any value, however long, deep or broken it is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = 20
        self.maxstring = self.maxlong = self.maxother = 160

    def repr_int(self, x: int, level: int) -> str:
        """Python refuses to write out integers of more than 4300 digits."""
        bits = x.bit_length()
        return f"an integer of {bits} bits" if bits > 512 else repr(x)


def brief(value: object) -> str:
    """Show what was received, in at most 200 characters."""
    shown = _Brief().repr(value)
    return shown if len(shown) <= 200 else f"{shown[:197]}..."


def format_error(error: BaseException) -> str:
    """Give an error of somebody else's code as its kind and its first lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines[:3])[:400]}".removesuffix(": ")


def format_cause(error: BaseException) -> str:
    """Shorten what a converter or a runtime said to its cause, without colours and line breaks."""
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split())
    cause = text.rpartition("Exception encountered: ")[2]  # Keras puts whole configs before it
    return cause[:300].rstrip(". ") or type(error).__name__
