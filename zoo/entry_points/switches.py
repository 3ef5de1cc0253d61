"""The plug-ins that the user switches off: by ZOO_DISABLE, or by a line in a registry.toml of the user's.

disable = ["tracker", "onnx"]     # at the top of ./registry.toml, or of the file that ZOO_REGISTRY names
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from zoo.environment import catalog_file, disabled_names

KEY = "disable"  # in registry.toml
_MOST_DOTS = 1000  # in a line: a key of very many parts takes quadratic time

__all__ = ["KEY", "disabled_plugins", "user_catalogs", "why_disabled"]


def user_catalogs() -> list[Path]:
    """Return the catalog files of the user's that exist: ./registry.toml, and the one of ZOO_REGISTRY."""
    files = (Path("registry.toml"), catalog_file())
    return [path for path in files if path is not None and _is_file(path)]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its name is too long; the catalog reports it
        return False


def disabled_plugins() -> frozenset[str]:
    """Return the names of the plug-ins that are switched off."""
    names = disabled_names()
    for path in user_catalogs():
        names |= _disabled_in(path)
    return names


def why_disabled(name: str) -> str:
    """Return what switches a name off: ZOO_DISABLE, or the path of a file; empty where nothing does."""
    if name in disabled_names():
        return "ZOO_DISABLE"
    return next((str(path) for path in user_catalogs() if name in _disabled_in(path)), "")


def _disabled_in(path: Path) -> frozenset[str]:
    """Return the names that a file switches off; the catalog reports what is wrong with the file."""
    try:
        stamp = path.stat()
    except OSError:
        return frozenset()
    return _read_names(path.absolute(), stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=16)
def _read_names(path: Path, changed: int, size: int) -> frozenset[str]:
    """Return the names in a file, read once while its time and its size stay the same."""
    try:
        text = path.read_text("utf-8-sig") if size < 2**20 else ""
        top = re.split(r"(?m)^[ \t]*\[", text, maxsplit=1)[0]  # before the first table
        if KEY not in top or max(line.count(".") for line in top.splitlines()) > _MOST_DOTS:
            return frozenset()
        names = tomllib.loads(top).get(KEY, [])
    except (OSError, ValueError, RecursionError):
        return frozenset()
    texts = names if isinstance(names, list) else []
    return frozenset(name for name in texts if isinstance(name, str))
