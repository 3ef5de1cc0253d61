"""What a killed process leaves: its temporary folders are removed, and what it moved aside comes back.

A temporary folder is named `.zoo-HOST-PID-RANDOM`, and `.zoo-aside-HOST-PID-RANDOM` where it holds what is
being replaced. It is left over once no such process runs on this machine. One of another machine, or of a
container with processes of its own, is left over after LONGEST_LIFE.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LONGEST_LIFE = 30 * 24 * 3600.0  # seconds
_NAME = re.compile(r"\.zoo-(?P<aside>aside-)?(?P<host>[0-9a-f]{8})-(?P<pid>[0-9]+)-\w+")


def make_temporary_folder(parent: Path, *, aside: bool = False) -> Path:
    """Create a folder that is recognised as left over once this process has ended.

    Args:
        parent: where.
        aside: whether it takes what is being replaced.
    """
    prefix = f".zoo-{'aside-' if aside else ''}{_host()}-{os.getpid()}-"
    return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


def recover(target: Path) -> None:
    """Restore a folder that a killed process moved aside and did not replace; else do nothing."""
    if not os.path.lexists(target):
        for folder in _left_over(target.parent):
            with suppress(OSError):  # another process was faster
                os.rename(folder / target.name, target)
                shutil.rmtree(folder, ignore_errors=True)


def set_aside(target: Path) -> None:
    """Move a folder aside that this process replaces; `restore` or `drop_replaced` comes later.

    Raises:
        OSError: the system refuses; nothing is changed.
    """
    aside = make_temporary_folder(target.parent, aside=True)
    try:
        os.rename(target, aside / target.name)
    except OSError:
        aside.rmdir()
        raise


def restore(target: Path) -> None:
    """Move back what this process moved aside, if nothing is in its place."""
    for folder in _set_aside_by_this_process(target):
        if not os.path.lexists(target):
            os.rename(folder / target.name, target)
            folder.rmdir()


def drop_replaced(target: Path) -> None:
    """Remove what this process moved aside."""
    for folder in _set_aside_by_this_process(target):
        shutil.rmtree(folder, ignore_errors=True)


def _set_aside_by_this_process(target: Path) -> list[Path]:
    prefix = f".zoo-aside-{_host()}-{os.getpid()}-"
    try:
        names = [name for name in os.listdir(target.parent) if name.startswith(prefix)]
    except OSError:
        return []
    return [
        target.parent / name
        for name in names
        if os.path.lexists(target.parent / name / target.name)
    ]


def remove_left_over(parent: Path) -> None:
    """Remove the temporary folders of killed processes; what they moved aside comes back if it is missing."""
    for folder in _left_over(parent):
        if _match(folder.name)["aside"]:
            with suppress(OSError):
                for item in folder.iterdir():
                    if not os.path.lexists(parent / item.name):
                        os.rename(item, parent / item.name)
        shutil.rmtree(folder, ignore_errors=True)


def _left_over(parent: Path) -> Iterator[Path]:
    try:
        names = [name for name in os.listdir(parent) if _NAME.fullmatch(name)]
    except OSError:
        return
    yield from (parent / name for name in names if _is_left_over(parent / name))


def _is_left_over(folder: Path) -> bool:
    try:
        if folder.is_symlink() or not folder.is_dir():
            return False
        changed = folder.stat().st_ctime
    except OSError:
        return False
    name = _match(folder.name)
    if name["host"] != _host():
        return time.time() - changed > LONGEST_LIFE
    return not _ran_at(int(name["pid"]), changed)


def _ran_at(pid: int, moment: float) -> bool:
    """Return whether a process of that number runs that was running at that moment already."""
    import psutil  # here: hardly any folder is left over

    try:
        return bool(psutil.Process(pid).create_time() <= moment + 2)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _match(name: str) -> re.Match[str]:
    found = _NAME.fullmatch(name)
    assert found
    return found


def _host() -> str:
    """Return eight letters that stand for this machine, or for a container with processes of its own."""
    place = socket.gethostname()
    with suppress(OSError):  # another system than Linux
        place += f" {os.stat('/proc/self/ns/pid').st_ino}"
    return f"{zlib.crc32(place.encode()):08x}"
