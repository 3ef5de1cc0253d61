"""Fingerprints of what a model's facts depend on: source files, installed packages, Keras' settings.

A file counts by its content. Of a large file, size and time of change count. A file that changed after this
module was imported may differ from the code that this process runs: `changed_since_start` tells.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from zoo.environment import keras_backend, keras_home

__all__ = [
    "changed_since_start",
    "installed_packages",
    "keras_settings",
    "local_sources",
    "path_digest",
    "runs_as_configured",
]

LARGEST_HASHED_FILE = 2**20  # bytes
MOST_FILES = 4096  # of one plug-in
_START = time.time()
_CLOCK_STEP = 0.02  # seconds; the times of files are coarser than the clock


def path_digest(path: Path) -> str | None:
    """Return the digest of a file, or of all files of a folder; None if it is missing or too large.

    Bytecode does not count.
    """
    digest = hashlib.sha256()
    try:
        for file in _files_of(path):
            digest.update(os.fsencode(file.relative_to(path)) + b"\0")
            digest.update(_file_content(file))
    except (OSError, OverflowError):
        return None
    return digest.hexdigest()


def changed_since_start(paths: Iterable[Path]) -> bool:
    """Return whether a package, or a file at or below some paths, changed after the process started."""
    try:
        times = [file.stat().st_mtime for path in paths for file in _files_of(path)]
        times += [item.stat().st_mtime for item in _metadata_folders()]
    except (OSError, OverflowError):
        return True
    return max(times, default=0) > _START - _CLOCK_STEP


def local_sources(known: Iterable[Path]) -> list[Path]:
    """Return the file of each imported module that no installed package and no known folder holds.

    Args:
        known: files and folders whose modules are left out.
    """
    holders = {*map(os.path.abspath, known), *map(os.path.abspath, _installed_folders())}
    files = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name not in ("__main__", "__mp_main__") and isinstance(file, str):
            path = Path(os.path.abspath(file))
            if not holders & {str(path), *map(str, path.parents)}:
                files.add(path)
    return sorted(files)


def installed_packages() -> str:
    """Return the digest of the names, versions and times of all installed packages; none is imported."""
    found = sorted((item.name, item.stat().st_mtime_ns) for item in _metadata_folders())
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def keras_settings() -> dict[str, Any]:
    """Return the settings of Keras that decide how a model is built, without importing Keras."""
    try:
        named = json.loads((keras_home() / "keras.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        named = {}
    usual = {"backend": "tensorflow", "floatx": "float32", "image_data_format": "channels_last"}
    settings = usual | {
        key: named[key] for key in usual if isinstance(named, dict) and key in named
    }
    return settings | {"backend": keras_backend() or settings["backend"]}


def runs_as_configured() -> bool:
    """Return whether Keras, if it is imported, has the settings that `keras_settings` returns."""
    keras = sys.modules.get("keras")
    if keras is None:
        return True
    settings = keras_settings()
    in_force = {
        "backend": keras.config.backend(),
        "floatx": keras.config.floatx(),
        "image_data_format": keras.config.image_data_format(),
    }
    return in_force == settings and keras.config.dtype_policy().name == settings["floatx"]


def _files_of(path: Path) -> Iterator[Path]:
    """Yield a file, or the files of a folder in a fixed order.

    Raises:
        OverflowError: there are more than MOST_FILES.
    """
    if not path.is_dir():
        yield path
        return
    count = 0
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        for name in sorted(names):
            count += 1
            if count > MOST_FILES:
                raise OverflowError(f"{path} holds more than {MOST_FILES} files")
            yield Path(folder, name)


def _file_content(file: Path) -> bytes:
    """Return the digest of a file's content; of a large file, its size and its time."""
    status = file.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{file} is no file")
    if status.st_size > LARGEST_HASHED_FILE:
        return f"{status.st_size} {status.st_mtime_ns}\0".encode()
    return hashlib.sha256(file.read_bytes()).digest()


def _metadata_folders() -> Iterator[os.DirEntry[str]]:
    """Yield the folder of metadata of each installed package."""
    for entry in dict.fromkeys(os.path.abspath(each) for each in sys.path):
        try:
            with os.scandir(entry) as items:
                yield from (each for each in items if each.name.endswith(".dist-info"))
        except OSError:
            continue


def _installed_folders() -> set[str]:
    """Return the folders of Python itself, and of packages that pip installed."""
    python = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return python | {os.path.dirname(item.path) for item in _metadata_folders()}
