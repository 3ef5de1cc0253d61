"""Folders of images: the files and the folders in them, without hidden ones and within limits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from zoo.data.images import SUFFIXES
from zoo.errors import DataError, UnsafeFile
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["folders_in", "images_in"]


def images_in(folder: Path, suffixes: Iterable[str] = SUFFIXES) -> list[Path]:
    """Return the image files in a folder and in those below it, sorted; hidden ones are left out.

    Raises:
        DataError: the folder cannot be read.
    """
    most, images = limit("folder_files"), []
    for count, path in enumerate(_walk(folder), 1):
        if count > most:
            raise _too_large(folder, "folder_files", count)
        if path.suffix.lower() in suffixes and not os.path.isdir(path):
            images.append(path)
    return sorted(images)


def _too_large(folder: Path, name: str, found: int) -> DataError:
    """Return the error that a folder exceeds a limit."""
    try:
        check_limit(folder, name, found, more=True)
    except UnsafeFile as error:
        return DataError(str(error))
    return DataError(f"{folder} is too large.")


def folders_in(folder: Path) -> list[Path]:
    """Return the folders directly in a folder, sorted, without hidden ones and links to a parent.

    Raises:
        DataError: the folder cannot be read.
    """
    here = Path(os.path.realpath(folder))
    return sorted(
        path
        for path in _entries(folder)
        if os.path.isdir(path) and not here.is_relative_to(os.path.realpath(path))
    )


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it, and links to folders, which are not followed."""
    deepest, waiting = limit("folder_depth"), [(folder, 1)]
    while waiting:
        here, depth = waiting.pop()
        if depth > deepest:
            raise _too_large(here, "folder_depth", depth)
        for path in _entries(here):
            if os.path.isdir(path) and not path.is_symlink():
                waiting.append((path, depth + 1))
            else:
                yield path


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}.") from error
