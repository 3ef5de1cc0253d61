"""The folder of an export: it is checked before any file in it is opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from zoo.errors import RunError, UnsafeFile, brief
from zoo.io.foreign.limits import check_limit
from zoo.io.foreign.model_file import check_declared
from zoo.io.foreign.plain_file import open_plain, stored_bytes
from zoo.io.recovery import recover


def check_folder(folder: Path) -> None:
    """Refuse a folder with pipes or devices, with links to other places, or with too many files.

    Raises:
        RunError: it is no folder.
        UnsafeFile: the message says what it holds, and how to go on where that is trusted.
    """
    recover(folder)
    if not folder.is_dir():
        raise RunError(f"{folder} holds no export: it is no folder.")
    declared = stored = 0
    for number, (entry, depth) in enumerate(_entries(folder, 1), 1):
        check_limit(folder, "export_depth", depth, more=True)
        check_limit(folder, "export_files", number, more=True)
        path = Path(entry.path)
        if entry.is_symlink() and path.is_dir():
            raise UnsafeFile(
                f"{folder} holds a link to a folder, {brief(str(path.relative_to(folder)))}, and was not "
                "opened. An export holds files and folders of its own: cp -rL copies it so."
            )
        if not entry.is_dir(follow_symlinks=False):
            sizes = _check_plain(path, folder)
            declared, stored = declared + sizes[0], stored + sizes[1]
    check_declared(folder, declared, stored)  # holes are read, too, where digests are made


def _check_plain(path: Path, folder: Path) -> tuple[int, int]:
    """Return the bytes of a plain file, and those that are on the disk.

    Raises:
        UnsafeFile: it is something else, or lies outside the folder.
    """
    try:
        with open_plain(path, folder) as file:
            return os.fstat(file.fileno()).st_size, stored_bytes(file.fileno())
    except OSError as error:  # a link to itself
        raise UnsafeFile(f"{path} cannot be opened: {error.strerror}.") from error


def _entries(folder: Path, depth: int) -> Iterator[tuple[os.DirEntry[str], int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry, depth
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path), depth + 1)
