"""Tables of many small TOML files, kept as JSON in the user's cache: parsing them takes longest.

A table is used again while the path, the time, the size and the number of its file are the same. It is then
checked like one that was just parsed. A cache that cannot be read or written is no error, nor is a user
without a home folder, who has no cache.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from zoo.environment import cache_folder
from zoo.errors import WriteError
from zoo.io.atomic import make_directory, write_json

__all__ = ["Parse", "remember_tables"]

Parse = Callable[[Path], dict[str, Any]]
FILE = "catalogs.json"
MOST_BYTES = 16 * 2**20  # of the cache; a larger one is not read


@contextmanager
def remember_tables(parse: Parse) -> Iterator[Parse]:
    """Yield a function that parses a file, unless its table is in the cache; new tables go there at the end.

    Args:
        parse: returns the table of a file, or raises.
    """
    known, used = _read_cache(), {}

    def parse_once(path: Path) -> dict[str, Any]:
        stamp = _stamp(path)
        entry = known.get(str(path))
        if stamp and isinstance(entry, list) and len(entry) == 2 and entry[0] == stamp:
            table = entry[1]
        else:
            table = parse(path)
        if stamp and isinstance(table, dict):
            used[str(path)] = [stamp, table]
        return table if isinstance(table, dict) else parse(path)

    yield parse_once
    if used != known:
        # a date in a file is no JSON; RuntimeError: there is no home folder
        with suppress(WriteError, TypeError, ValueError, RuntimeError):
            make_directory(cache_folder())
            write_json(cache_folder() / FILE, used)


def _read_cache() -> dict[str, Any]:
    try:
        with (cache_folder() / FILE).open("rb") as content:
            if os.fstat(content.fileno()).st_size > MOST_BYTES:
                return {}
            value = json.load(content)
    except (OSError, ValueError, RuntimeError):  # too deep, or there is no home folder
        return {}
    return value if isinstance(value, dict) else {}


def _stamp(path: Path) -> list[int]:
    """Return what changes when a file is written; empty where there is none."""
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_mtime_ns, found.st_size, found.st_ino]
