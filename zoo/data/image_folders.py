"""Folders of images: the files and the folders in them, without hidden ones and within limits."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from zoo.data.images import OTHER_PICTURES, SUFFIXES
from zoo.errors import DataError, UnsafeFile
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["describe_left_out", "folders_in", "images_directly_in", "images_in", "log_left_out"]

HIDDEN = ("Thumbs.db", "desktop.ini")  # hidden files of Windows; elsewhere a dot begins the name
MOST_KINDS = 5  # of files that a message names
LONGEST_SUFFIX = 10  # letters; what stands behind the last dot of a longer one is part of a name
_log = logging.getLogger("zoo")


def images_in(folder: Path, suffixes: Collection[str] = SUFFIXES) -> list[Path]:
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


def images_directly_in(folder: Path) -> list[Path]:
    """Return the image files of a folder that lie in no folder below it.

    Raises:
        DataError: the folder cannot be read.
    """
    return [
        path
        for path in _entries(folder)
        if path.suffix.lower() in SUFFIXES and not os.path.isdir(path)
    ]


def log_left_out(
    where: Path, folders: Sequence[Path], suffixes: Collection[str] = SUFFIXES
) -> None:
    """Print in a line how many files of which kinds are left out, and why; warn where they are pictures.

    Args:
        where: the folder, for the message.
        folders: those in it that are read.
        suffixes: of the files that are read.

    Raises:
        DataError: a folder cannot be read.
    """
    kinds = sum((_count_left_out(folder, suffixes) for folder in folders), Counter[str]())
    if not kinds:
        return
    are_pictures = bool(kinds.keys() & OTHER_PICTURES)
    _log.log(
        logging.WARNING if are_pictures else logging.INFO,
        "%s%s in %s %s left out: only %s are read.%s",
        "Warning: " * are_pictures,
        _format_kinds(kinds),
        where,
        "is" if kinds.total() == 1 else "are",
        ", ".join(sorted(suffixes)),
        " Save the other pictures as .png or .jpg." * are_pictures,
    )


def describe_left_out(folder: Path, suffixes: Collection[str] = SUFFIXES) -> str:
    """Return a sentence on the files of other kinds in a folder, after a blank; empty where there are none.

    Args:
        folder: one that holds no file that is read.
        suffixes: of the files that are read.

    Raises:
        DataError: the folder cannot be read.
    """
    kinds = _count_left_out(folder, suffixes)
    if not kinds:
        return ""
    how = " Save them as .png or .jpg." if kinds.keys() & OTHER_PICTURES else ""
    return f" It holds {_format_kinds(kinds)}: only {', '.join(sorted(suffixes))} are read.{how}"


def _count_left_out(folder: Path, suffixes: Collection[str]) -> Counter[str]:
    """Return how many files of each suffix `images_in` leaves out; hidden ones are not counted."""
    kinds: Counter[str] = Counter()
    for path in _walk(folder):
        kind = path.suffix.lower()
        if kind not in suffixes and path.name not in HIDDEN and not os.path.isdir(path):
            kinds[kind] += 1
    return kinds


def _format_kinds(kinds: Counter[str]) -> str:
    """Return the most frequent kinds: `12 .heic, 3 .txt and 2 others`."""
    ordered = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    named = [kind for kind in ordered if 0 < len(kind) <= LONGEST_SUFFIX]
    named = [kind for kind in named if kind.isprintable()][:MOST_KINDS]
    words = [f"{kinds[kind]:,} {kind}" for kind in named]
    if others := kinds.total() - sum(kinds[kind] for kind in named):
        noun = "other" if words else "file"
        words.append(f"{others:,} {noun}{'s' * (others != 1)}")
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


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
