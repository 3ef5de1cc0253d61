"""The cache of model facts: one JSON file for each model, below the user's folder of caches.

A file holds the facts, the key that they were built under, and the digest of each source file outside the
installed packages. The facts are returned only if all of these are the same now. A file that is broken, too
large or not the user's is ignored, and written again. A folder that cannot be written is no error.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from zoo.descriptions.description import ModelFacts
from zoo.descriptions.fingerprint import path_digest
from zoo.environment import cache_folder
from zoo.errors import WriteError
from zoo.io.atomic import atomic_write

__all__ = ["facts_file", "read_facts", "write_facts"]

LARGEST_FILE = 2**20  # bytes; the facts of a model of ours take about 10 kB
MOST_MODELS = 500  # files in the folder; beyond that, the oldest are removed
MOST_SOURCES = 1000


def facts_file(name: str, subject: Mapping[str, Any]) -> Path:
    """Return the path of a model's file: it depends on what is described, and not on versions.

    Args:
        name: the architecture's name.
        subject: what is described, as JSON has it.
    """
    digest = hashlib.sha256(_canonical_json(subject).encode()).hexdigest()[:16]
    return (
        cache_folder()
        / "descriptions"
        / f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)[:64]}-{digest}.json"
    )


def read_facts(path: Path, key: Mapping[str, Any]) -> ModelFacts | None:
    """Return the facts of a file, or None if it does not hold what would be built now.

    Args:
        path: the file.
        key: everything that the facts depend on, as JSON has it.
    """
    try:
        content = json.loads(_read_own_file(path))
        sources = content["sources"]
        if content["key"] != _as_json(key) or len(sources) > MOST_SOURCES:
            return None
        if any(path_digest(Path(source)) != digest for source, digest in sources.items()):
            return None
        return ModelFacts.from_json(content["facts"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write_facts(
    path: Path, key: Mapping[str, Any], sources: Iterable[Path], facts: ModelFacts
) -> None:
    """Write the facts into a file; nothing is written where that is not possible.

    Args:
        path: the file.
        key: everything that the facts depend on, as JSON has it.
        sources: the files of other modules that the facts depend on.
        facts: what to keep.
    """
    digests = {str(source): path_digest(source) for source in sources}
    if None in digests.values() or len(digests) > MOST_SOURCES:
        return
    content = {"key": key, "sources": digests, "facts": facts.to_json()}
    text = json.dumps(content, indent=1)
    if len(text) > LARGEST_FILE:
        return
    with suppress(WriteError, OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            temporary.write_text(text, "utf-8")
        _remove_oldest(path.parent)


def _read_own_file(path: Path) -> str:
    """Return the text of a file that belongs to this user.

    Raises:
        OSError: it is missing, no file, too large, or somebody else's.
        UnicodeDecodeError: it is no text.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_FILE or not own:
            raise OSError(f"{path} is not a small file of this user")
        return file.read(LARGEST_FILE).decode("utf-8")


def _remove_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    for file in files[: max(0, len(files) - MOST_MODELS)]:
        file.unlink(missing_ok=True)


def _canonical_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _as_json(value: Any) -> Any:
    return json.loads(_canonical_json(value))
