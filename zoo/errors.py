"""Every error that the zoo raises on purpose.

ZooError                 exit code 1: a job failed
├── UsageError           exit code 2: what was asked for cannot be done
│   ├── UnknownName      no such model, setting, format, ...
│   │   └── DisabledName ZOO_DISABLE or a registry.toml switches it off
│   ├── SettingError     a setting's value is of the wrong type or out of range
│   ├── CatalogError     a registry.toml is broken
│   ├── DataError        the data cannot be read, or does not fit the model
│   └── RunError         no such run, not finished, or in use by another process
├── PluginError          a plug-in breaks the contract, or raised
├── TrainingError        training cannot go on (the loss is no longer a number)
├── ExportError          a part cannot be written, or computes something else in its runtime
├── WeightsError         trained weights are not on this machine and cannot be fetched
├── UnsafeFile           a file from elsewhere asks for more than it should
└── WriteError           the disk refused
"""

import re
import reprlib
from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar

MOST_CHOICES = 8  # choices that a message lists
LONGEST_CHOICE = 100  # letters


class ZooError(Exception):
    """An error that the zoo raises on purpose: what was wrong, expected and received, in a line or two."""

    exit_code: ClassVar[int] = 1


class UsageError(ZooError):
    """What was asked for cannot be done."""

    exit_code = 2


class UnknownName(UsageError):
    """There is nothing of that name; the message has the nearest names."""

    def __init__(self, kind: str, name: str, choices: Iterable[str], hint: str = "") -> None:
        self.kind, self.name, self.choices = kind, name, tuple(choices)
        super().__init__(
            f"There is no {kind} {brief(name)}. {nearest(name, self.choices)} {hint}".strip()
        )


class DisabledName(UnknownName):
    """A plug-in of that name is installed, but ZOO_DISABLE or a registry.toml switches it off."""

    def __init__(self, kind: str, name: str, where: str) -> None:
        self.kind, self.name, self.choices = kind, name, ()
        UsageError.__init__(
            self,
            f"The {kind} {brief(name)} is switched off by {where}. Remove it there to use it.",
        )


class SettingError(UsageError):
    """A setting has the wrong type, or is out of range."""


class CatalogError(UsageError):
    """A catalog file cannot be read; the message names the file and the line or key."""


class DataError(UsageError):
    """The data cannot be read, or does not fit the model."""


class RunError(UsageError):
    """There is no such run, or it is not in the state that the command needs."""


class PluginError(ZooError):
    """A plug-in breaks the contract, or raised an error of its own."""


class TrainingError(ZooError):
    """Training cannot go on."""


class ExportError(ZooError):
    """A part cannot be written, or computes something else in its runtime."""


class WeightsError(ZooError):
    """Trained weights are not on this machine, and cannot be fetched."""


class UnsafeFile(ZooError):
    """A file from elsewhere asks for more memory than its size can justify, or to run code."""


class WriteError(ZooError):
    """The disk refused to write: it is full, read-only or belongs to someone else."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return a sentence with the choices nearest to a name, or with the first choices if none is near."""
    known = sorted({each[:LONGEST_CHOICE] for each in choices})
    by_lower_case = {each.lower(): each for each in known}
    if matches := get_close_matches(name.lower()[:100], by_lower_case, n=3, cutoff=0.5):
        return f"Did you mean {' or '.join(by_lower_case[match] for match in matches)}?"
    if not known:
        return "There are none."
    more = f", and {len(known) - MOST_CHOICES} more" if len(known) > MOST_CHOICES else ""
    return f"Choices: {', '.join(known[:MOST_CHOICES])}{more}."


class _Brief(reprlib.Repr):
    """Represents any value, even one that is very long, deep or broken."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = 20
        self.maxstring = self.maxlong = self.maxother = 160

    def repr_int(self, x: int, level: int) -> str:
        """Describe long integers: Python raises an error for more than 4300 digits."""
        bits = x.bit_length()
        return f"an integer of {bits} bits" if bits > 512 else repr(x)


def brief(value: object) -> str:
    """Return the repr of a value, cut to at most 200 characters."""
    text = _Brief().repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


def format_error(error: BaseException) -> str:
    """Return the type and the first lines of an error that another package raised."""
    lines = [line.strip() for line in _text(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines[:3])[:400]}".removesuffix(": ")


def format_cause(error: BaseException) -> str:
    """Return the cause in the message of a converter or a runtime, without colours and line breaks."""
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", _text(error)).split())
    cause = text.rpartition("Exception encountered: ")[2]  # Keras puts whole configs before it
    return cause[:300].rstrip(". ") or type(error).__name__


def _text(error: BaseException) -> str:
    """Return the text of an error; empty where asking for it raises another error."""
    try:
        return str(error)
    except Exception:  # an error of any package may have a broken __str__
        return ""
