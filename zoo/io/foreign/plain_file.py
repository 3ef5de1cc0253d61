"""Plain files alone are opened: no pipe, device, socket or folder, and no link out of a given folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from zoo.errors import UnsafeFile, brief
from zoo.io.foreign.limits import limit

__all__ = [
    "check_inside",
    "check_names",
    "check_plain",
    "is_inside",
    "is_plain",
    "open_plain",
    "plain_files",
    "stored_bytes",
]

_LONGEST_NAME = 1024  # letters of a path in a folder
_LONGEST_PART = 255  # bytes of the name of a file or a folder
_BLOCK = 512  # bytes that st_blocks counts in
_PICTURES = (".png", ".gif", ".jpg")
_MOST_PIECES = 10_000  # between the holes of a sparse file, that are counted
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def open_plain(path: Path, folder: Path | None = None) -> IO[bytes]:
    """Open a plain file for reading its bytes. It does not wait for a writer of a pipe.

    Args:
        path: the file; a link to a plain file is one.
        folder: the run or the export that the file belongs to, if it does. A link must not lead out of it.

    Raises:
        UnsafeFile: it is something else than a plain file, or lies outside the folder.
        OSError: it cannot be opened.
    """
    if folder is not None:
        check_inside(path, folder)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        check_plain(path)  # a socket cannot be opened at all
        raise
    try:
        _check_mode(path, os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def check_plain(path: Path, folder: Path | None = None) -> None:
    """Refuse what is no plain file, and a link out of a folder; what does not exist passes.

    Raises:
        UnsafeFile: it is something else than a plain file, or lies outside the folder.
        OSError: it cannot be looked at, such as a link to itself.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    _check_mode(path, mode)
    if folder is not None:
        check_inside(path, folder)


def check_names(names: Iterable[str]) -> None:
    """Refuse paths that no file has.

    Raises:
        ValueError: one is too long, or has a zero or half a character in it.
    """
    for name in names:
        longest = max(len(part.encode(errors="replace")) for part in name.split("/"))
        is_text = name == name.encode(errors="replace").decode()
        if len(name) > _LONGEST_NAME or longest > _LONGEST_PART or "\0" in name or not is_text:
            raise ValueError(f"{brief(name)} is no path of a file")


def is_plain(path: Path) -> bool:
    """Return whether a path is a plain file, or a link to one; it is not opened."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def plain_files(
    folder: Path, home: Path, most: int, suffixes: Iterable[str] = _PICTURES
) -> list[Path]:
    """Return the plain files in a folder whose names end in a suffix, sorted; other files are left out.

    Args:
        folder: it may not exist.
        home: links out of this folder are left out.
        most: bytes; larger files are left out.
        suffixes: those of pictures if not given.
    """
    found = sorted(each for suffix in suffixes for each in folder.glob(f"*{suffix}"))
    files = filter(is_plain, found)
    return [each for each in files if is_inside(each, home) and each.stat().st_size <= most]


def stored_bytes(descriptor: int) -> int:
    """Return how many bytes of an open file are on the disk: a sparse file is larger than these.

    Where a system does not know of holes, all bytes are.
    """
    state = os.fstat(descriptor)
    if getattr(state, "st_blocks", state.st_size) * _BLOCK >= state.st_size:
        return state.st_size
    position = os.lseek(descriptor, 0, os.SEEK_CUR)
    total = end = 0
    try:
        for _ in range(_MOST_PIECES):
            start = os.lseek(descriptor, end, os.SEEK_DATA)
            end = os.lseek(descriptor, start, os.SEEK_HOLE)
            total += end - start
    except OSError as error:
        if error.errno != errno.ENXIO:  # no more data; any other: the file system knows no holes
            return state.st_size
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)
    return total


def check_inside(path: Path, folder: Path) -> None:
    """Refuse a link that leads out of the folder that a file belongs to.

    Raises:
        UnsafeFile: the file lies elsewhere.
    """
    if not is_inside(path, folder):
        raise UnsafeFile(
            f"{path} is a link to a file outside {folder}, and was not opened. Copy the file into the "
            "folder. If you trust the folder, set ZOO_LIMITS=links_outside=1."
        )


def is_inside(path: Path, folder: Path) -> bool:
    """Return whether a file lies in the folder that it belongs to, once all links are followed.

    The cache of the Hugging Face Hub keeps folders of links into `blobs` beside them; these are inside.
    """
    real, home = os.path.realpath(path), os.path.realpath(folder)
    if _is_below(real, home) or limit("links_outside"):
        return True
    parent = Path(home).parent
    return parent.name == "snapshots" and _is_below(real, str(parent.parent / "blobs"))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _check_mode(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "no plain file")
        raise UnsafeFile(f"{path} is {kind}, and was not opened. Expected: a plain file.")
