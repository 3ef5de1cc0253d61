"""Atomic writes: a file on disk is either whole or not there."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zoo.errors import WriteError
from zoo.io.recovery import make_temporary_folder

__all__ = [
    "atomic_write",
    "check_space",
    "disk_errors",
    "make_directory",
    "replace_directory",
    "temporary_directory",
    "write_json",
]

_IS_LINUX = sys.platform == "linux"


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
    folder = make_temporary_folder(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replace_directory(source: Path, target: Path) -> None:
    """Rename a file or a directory to `target`, and remove what is there.

    On Linux a directory is exchanged in one step. Elsewhere there are two, and `zoo.io.recovery` brings
    the earlier one back if this process is killed between them.
    """
    if not target.is_dir() or target.is_symlink():
        os.replace(source, target)
        return
    aside = make_temporary_folder(target.parent, aside=True)
    if _exchange(source, target):
        os.rename(source, aside / target.name)
    else:
        os.rename(target, aside / target.name)
        os.rename(source, target)
    shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two paths in one step; return False where the system cannot."""
    if not _IS_LINUX:
        return False
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE
    try:
        rename = ctypes.CDLL(None).renameat2
    except AttributeError:  # an old C library
        return False
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)


def check_space(folder: Path, size: int) -> None:
    """Refuse to go on where a file of some bytes does not fit on the disk, or into the user's quota.

    HDF5 ends the process where the disk is full, so that it must not find out itself.

    Args:
        folder: where the file will be.
        size: its bytes; a little more does no harm.

    Raises:
        WriteError: it does not fit, or nothing can be written there.
    """
    with disk_errors(folder), tempfile.TemporaryFile(dir=folder) as file:
        reserve = (
            getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None) if _IS_LINUX else None
        )
        if reserve is not None:
            arguments = map(ctypes.c_long, (0, 0, size))
            if not reserve(file.fileno(), *arguments):
                return
            if (error := ctypes.get_errno()) not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINTR):
                raise OSError(error, os.strerror(error))
        if shutil.disk_usage(folder).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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
