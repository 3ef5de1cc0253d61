"""What a name stands for, found without Keras: a run, a file, or a network of keras.applications.

The order of precedence is in `zoo.exporters.sources`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from zoo.entry_points import FORMATS, EntryPointGroup
from zoo.errors import SettingError, UnknownName, UsageError, nearest
from zoo.io.safe_load import check_model_file
from zoo.registry import shipped_weights
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.runs.run import Run, list_runs

FILE_SUFFIXES = (".keras", ".h5")
_KINDS = "run, .keras or .h5 file, or network of keras.applications"

Kind = Literal["model", "run", "file", "application", "untrained"]


@dataclass(frozen=True)
class Location:
    """What a name stands for: its kind, its run if it is one, and the part that the name asks for."""

    kind: Kind
    name: str
    run: Run | None = None
    part: str | None = None


def find_source(
    source: str | Path, *, untrained: bool = False, setting: str | None = None, example: str = ""
) -> Location:
    """Find what a name stands for. Keras is imported only for a name that begins with a capital.

    A file is checked here already, so that one that declares too much is refused in a moment.

    Args:
        source: a path or a name; it may end in `:` and the role of a part.
        untrained: whether a model of the catalog or an architecture may stand for itself.
        setting: the setting that has this value, for the message of an error.
        example: a model to train where nothing has the name, for the message of an error.

    Raises:
        UnknownName: nothing has this name; the message has the nearest names.
        UsageError: it is a file of another kind, or a model that is not trained yet.
        RunError: the run's run.json is broken.
        UnsafeFile: the file is no model file, declares more than it holds, or names what no model needs.
        SettingError: instead of UnknownName and UsageError, where `setting` is given.
    """
    name = str(source)
    stem, _, role = name.rpartition(":")
    if location := _locate(name, untrained):
        return location
    if role and (location := _locate(stem, untrained)):
        return replace(location, part=role)
    raise _not_found(name, setting, example)


def find_untrained(source: str | Path) -> Location:
    """Find what a name stands for, as `find_source`; a model of the catalog is built with random weights.

    Raises:
        UnknownName: nothing has this name; the message has the nearest names.
    """
    found = find_source(source, untrained=True)
    if found.run is not None and found.run.shipped:
        return Location("untrained", found.run.name, part=found.part)
    return found


def usage_error(name: str, problem: str, setting: str | None = None) -> UsageError:
    """Return the error that a name cannot be used.

    Args:
        name: what the user gave.
        problem: one sentence that says what is wrong.
        setting: the setting that has the name as its value, or None.

    Returns:
        A SettingError for a value of a setting, else a UsageError.
    """
    if setting is None:
        return UsageError(f"{name}: {problem}")
    return SettingError(f"{setting}={name}: {problem}")


def _locate(name: str, untrained: bool) -> Location | None:
    """Find a file, a run, a network of keras.applications, or a model to build."""
    if not _is_path(name):
        return None
    path = Path(name).expanduser()
    if path.suffix in FILE_SUFFIXES and path.is_file():
        check_model_file(path)
        return Location("file", name)
    if run := _find_run(name, weights=not untrained or shipped_weights.is_local(name)):
        return Location("run", name, run)
    if _may_be_application(name) and name in _applications():
        return Location("application", name)
    if untrained and name in {*catalog().names(), *registry().names()}:
        return Location("untrained", name)
    return None


def _is_path(name: str) -> bool:
    """Return whether the system can look a name up: it is not too long, and knows the ~USER."""
    try:
        Path(name).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False
    return bool(name)


def _find_run(name: str, weights: bool) -> Run | None:
    try:
        return Run.open(name, weights=weights)
    except UnknownName:
        return None


def _may_be_application(name: str) -> bool:
    """Return whether a name looks like VGG16; for others Keras need not be imported."""
    return name.isidentifier() and name[0].isupper()


def _applications() -> list[str]:
    from zoo.exporters.applications import list_applications

    return list_applications()


def _not_found(name: str, setting: str | None, example: str) -> UsageError:
    """Return the error for a name that stands for nothing that can be opened."""
    models, (stem, _, role) = catalog().names(), name.rpartition(":")
    model = stem if role and stem in models else name
    hint = f"Or train one: zoo train {example.partition(':')[0]}" if example else ""
    if model in models:
        problem = f"there is no such run. Train the model first: zoo train {model}"
    elif _is_path(name) and Path(name).expanduser().is_file():
        problem = f"the file must end in {' or '.join(FILE_SUFFIXES)}."
    elif _is_path(name) and Path(name).expanduser().is_dir():
        problem = "the folder is no run: it has no run.json."
    elif name in EntryPointGroup(FORMATS).names():
        problem = f"it is a format. Put commas between formats: --to keras,{name}"
    elif Path(name).suffix in FILE_SUFFIXES:
        problem = f"there is no such {Path(name).suffix} file. {hint}".strip()
    else:
        return _unknown_name(
            name, [*models, *(run.path.name for run in list_runs())], setting, hint
        )
    return usage_error(name, problem, setting)


def _unknown_name(
    name: str, choices: list[str], setting: str | None, hint: str
) -> UnknownName | SettingError:
    """Return the error with the nearest names; those of keras.applications where Keras is loaded."""
    if "keras" in sys.modules or _may_be_application(name.partition(":")[0]):
        choices = [*choices, *_applications()]
    if setting is None:
        return UnknownName(_KINDS, name, choices, hint)
    problem = f"there is no such {_KINDS}. {nearest(name, choices)} {hint}".strip()
    return SettingError(f"{setting}={name}: {problem}")
