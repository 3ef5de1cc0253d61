"""Writing to disk so that a file is either whole or not there."""

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


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path of the same name beside `path`; rename it into place on success.

    Whatever is written there, a file or a directory, replaces what stood at `path`.

    Raises:
        WriteError: the disk is full, read-only or not ours to write to.
    """
    with disk_errors(path), temporary_directory(path.parent) as folder:
        yield folder / path.name
        replace_directory(folder / path.name, path)


@contextmanager
def temporary_directory(parent: Path) -> Iterator[Path]:
    """Give a temporary directory on the same disk as what will be renamed out of it."""
    folder = Path(tempfile.mkdtemp(prefix=".zoo-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replace_directory(source: Path, target: Path) -> None:
    """Rename a file or a directory into place, over what stands there."""
    if target.is_dir() and not target.is_symlink():
        aside = Path(tempfile.mkdtemp(prefix=".zoo-", dir=target.parent))
        os.rename(target, aside / "old")
        os.rename(source, target)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        os.replace(source, target)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a path into one sentence for people."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(
            f"Cannot write {path}: {reason}. Nothing half-written was left."
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", "utf-8")


def make_directory(path: Path) -> None:
    """Make a directory and those above it.

    Raises:
        WriteError: the disk refuses.
    """
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
