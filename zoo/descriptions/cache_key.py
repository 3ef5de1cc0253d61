"""The key of a model's facts: everything that decides what importing and building the model tells."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.descriptions import fingerprint
from zoo.descriptions.subject import Subject
from zoo.entry_points import ARCHITECTURES, DATASETS, EXTENSIONS, EntryPointGroup, package_of
from zoo.environment import runs_folder
from zoo.errors import ZooError
from zoo.registry.architectures import registry

__all__ = ["CacheKey", "cache_key", "name_files"]

_FORMAT = 1  # of the file; another number makes all files stale
_OUR_FOLDER = Path(__file__).parents[1]


@dataclass(frozen=True)
class CacheKey:
    """What facts depend on, as JSON has it, and the paths of the code that was looked at."""

    content: Mapping[str, Any]
    code: tuple[Path, ...]


def cache_key(subject: Subject) -> CacheKey | None:
    """Return the key of a subject's facts; None where other processes would build another model.

    That is so if an architecture or an extension is registered by hand, if Keras is configured by hand, or
    if a setting names a file or a run. No plug-in is imported.
    """
    architectures, extensions = EntryPointGroup(ARCHITECTURES), EntryPointGroup(EXTENSIONS)
    if not registry().is_installed(subject.architecture) or not fingerprint.runs_as_configured():
        return None
    if name_files(subject.settings):
        return None
    try:
        entry = architectures.entry(subject.architecture)
        code = {path: fingerprint.path_digest(path) for path in _code_of(subject)}
    except ZooError:  # two packages claim the name; building raises the error
        return None
    content = {
        "format": _FORMAT,
        "subject": subject.to_json(),
        "package": package_of(entry),
        "module": entry.value,
        "extensions": extensions.names(),
        "code": {str(path): digest for path, digest in code.items()},
        "packages": fingerprint.installed_packages(),
        "keras": fingerprint.keras_settings(),
        "python": sys.version,
        "machine": platform.machine(),
    }
    return None if None in code.values() else CacheKey(content, tuple(code))


def name_files(values: Any) -> bool:
    """Return whether a text among the values of settings is a path or the name of a run.

    Such a file or run may change what is built, and it may change later.
    """
    return any(_is_file(text) for text in _texts(values))


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().exists() or (runs_folder() / text).exists()
    except (OSError, RuntimeError, ValueError):  # too long for a path, or no such ~USER
        return False


def _texts(values: Any) -> Iterator[str]:
    waiting = [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
        elif isinstance(value, str) and value:
            yield value


def _code_of(subject: Subject) -> Iterator[Path]:
    """Yield the files and folders of the zoo, of the plug-in, of its dataset and of all extensions."""
    yield _OUR_FOLDER
    groups = {
        ARCHITECTURES: [subject.architecture],
        DATASETS: [subject.dataset] if subject.dataset in EntryPointGroup(DATASETS).names() else [],
        EXTENSIONS: EntryPointGroup(EXTENSIONS).names(),
    }
    for group, names in groups.items():
        for name in names:
            for module in EntryPointGroup(group).locations(name):
                yield module.parent if module.stem == "__init__" else module
