"""The folders of sweeps: a new one, one that is there, and its lock."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from zoo.environment import runs_folder
from zoo.errors import RunError
from zoo.io.atomic import make_directory
from zoo.io.lock import lock_folder
from zoo.sweeps.files.search_file import read_search
from zoo.sweeps.search import FILE

__all__ = ["find_sweep", "lock_sweep", "new_folder"]


def find_sweep(name: str | None, out: str | Path | None) -> Path:
    """Return the folder of a sweep: `out`, or the latest one of a model below ./runs.

    Raises:
        RunError: there is none.
    """
    if out is not None:
        below = runs_folder() / out
        return below if not (Path(out) / FILE).is_file() and (below / FILE).is_file() else Path(out)
    found = []
    for file in runs_folder().glob(f"*/{FILE}"):
        if name is None or read_search(file.parent).name == name:
            found.append(file.parent)
    if not found:
        of = f" of {name}" if name else ""
        raise RunError(f"There is no sweep{of} in {runs_folder()}/. Name its folder: --out DIR")
    return max(found, key=lambda folder: (folder / FILE).stat().st_mtime)


def new_folder(name: str, out: str | Path | None) -> Path:
    """Return a new folder for a sweep, as a whole path: workers have folders of their own."""
    if out is not None:
        folder = Path(out).expanduser().resolve()
        if (folder / FILE).is_file():
            raise RunError(
                f"{folder} holds a sweep already. Go on with it: --resume, or give another --out."
            )
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RunError(f"{folder} exists and is no sweep. Give a new or an empty directory.")
        make_directory(folder)
        return folder
    first = (runs_folder() / f"{name}-sweep").resolve()
    make_directory(first.parent)
    number = 1
    while True:
        folder = first if number == 1 else first.with_name(f"{first.name}-{number}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            number += 1


def lock_sweep(folder: Path) -> AbstractContextManager[None]:
    """Keep other processes from running a sweep.

    Raises:
        RunError: another process runs it now.
    """
    busy = f"Another process runs the sweep in {folder}. Wait for it, or give another --out."
    return lock_folder(folder, RunError(busy))
