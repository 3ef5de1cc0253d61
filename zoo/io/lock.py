"""One writer of a folder at a time, across processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from zoo.errors import UnsafeFile
from zoo.io.atomic import disk_errors
from zoo.io.foreign.plain_file import is_inside
from zoo.io.recovery import remove_left_over

LOCK = ".lock"  # the name of the lock's file in the folder


@contextmanager
def lock_folder(folder: Path, busy: Exception) -> Iterator[None]:
    """Keep other processes from writing into a folder, and remove what a killed one left in it.

    Args:
        folder: it exists.
        busy: the error that is raised where another process holds the lock.

    Raises:
        UnsafeFile: a folder in it is a link, so that what is written there would lie elsewhere.
        WriteError: the disk refuses.
    """
    with disk_errors(folder):
        check_links(folder)
        lock = FileLock(folder / LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise busy from error
    for place in (folder, *_folders_in(folder)):  # such as pictures and checkpoint
        remove_left_over(place)
    try:
        yield
    finally:
        lock.release()


def check_links(folder: Path) -> None:
    """Refuse links to folders that are elsewhere, and a lock that is a link, before something is written.

    Args:
        folder: it exists.

    Raises:
        UnsafeFile: there is one.
    """
    for item in folder.iterdir():
        if item.is_symlink() and (
            item.name == LOCK or (item.is_dir() and not is_inside(item, folder))
        ):
            raise UnsafeFile(
                f"{item} is a link, and nothing was written there. Replace it by a folder of its own. If you "
                "trust it, set ZOO_LIMITS=links_outside=1."
            )


def _folders_in(folder: Path) -> list[Path]:
    return [item for item in folder.iterdir() if item.is_dir() and not item.is_symlink()]


def remove_empty(folder: Path) -> None:
    """Remove a folder that holds nothing but a lock that nobody holds."""
    with suppress(OSError):  # there is more in it, or the folder is a mount point
        if all(item.name == LOCK for item in folder.iterdir()):
            (folder / LOCK).unlink(missing_ok=True)
            folder.rmdir()
