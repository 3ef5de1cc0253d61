"""Atomic writes: a file on disk is either whole or not there."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zoo.errors import WriteError

__all__ = [
    "atomic_write",
    "disk_errors",
    "make_directory",
    "replace_directory",
    "temporary_directory",
    "write_json",
]


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path of the same name beside `path`, and rename it into place on success.

    A file or a directory that is written there replaces what is at `path`.

    Raises:
        WriteError: the disk is full or read-only, or the user has no right to write there.
    """
    with disk_errors(path), temporary_directory(path.parent) as folder:
        yield folder / path.name
        replace_directory(folder / path.name, path)


@contextmanager
def temporary_directory(parent: Path) -> Iterator[Path]:
    """Yield a temporary directory in `parent`, so on the same disk; it is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=".zoo-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replace_directory(source: Path, target: Path) -> None:
    """Rename a file or a directory to `target`, and remove what is there."""
    if target.is_dir() and not target.is_symlink():
        aside = Path(tempfile.mkdtemp(prefix=".zoo-", dir=target.parent))
        os.rename(target, aside / "old")
        os.rename(source, target)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        os.replace(source, target)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into a WriteError that names a path and the reason.

    Raises:
        WriteError: the code inside raised an OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(
            f"Cannot write {path}: {reason}. Nothing half-written was left."
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON.

    Raises:
        WriteError: the disk is full or read-only, or the user has no right to write there.
        ValueError: the value holds NaN or infinity.
    """
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", "utf-8")


def make_directory(path: Path) -> None:
    """Make a directory and its parents; one that exists is left as it is.

    Raises:
        WriteError: the disk is full or read-only, or the user has no right to write there.
    """
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
