"""The exports that this user made, or verified in the cage: others are not opened in this process.

The digest of report.json, which has the digests of all files, is the name of an empty file in the cache.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from zoo.environment import cache_folder
from zoo.errors import WriteError
from zoo.io.atomic import make_directory
from zoo.io.digest import file_digest

__all__ = ["is_known_export", "remember_export"]

_known: set[str] = set()  # in this process; the cache may be read-only, or emptied


def remember_export(folder: Path) -> None:
    """Note that an export was made here, or that all of its ONNX files are equal in the cage.

    Args:
        folder: with report.json.
    """
    digest = file_digest(folder / "report.json")
    _known.add(digest)
    with suppress(WriteError, OSError):
        make_directory(_place(digest).parent)
        _place(digest).touch()


def is_known_export(folder: Path) -> bool:
    """Return whether an export was made or verified here, and its report.json is the same since."""
    digest = file_digest(folder / "report.json")
    return digest in _known or _place(digest).is_file()


def _place(digest: str) -> Path:
    return cache_folder() / "known-exports" / digest
