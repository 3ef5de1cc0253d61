"""The environment variables that the zoo reads, each in one function.

ZOO_DATA           the folder of data sets; ./data if not set
ZOO_RUNS           the folder of runs; ./runs if not set
ZOO_REGISTRY       a catalog file of the user's, beside ./registry.toml
ZOO_DISABLE        names of plug-ins that are switched off, with commas between them
ZOO_LARGEST_DATA   bytes that one array file may unpack to; 8 GiB if not set
ZOO_TRACEBACK      show the traceback of an error instead of its message alone
KERAS_HOME         the folder of Keras' cache; ~/.keras if not set
"""

from __future__ import annotations

import os
from pathlib import Path

from zoo.errors import UsageError, brief


def data_folder() -> Path:
    """Return the folder of data sets: ZOO_DATA, or ./data."""
    return Path(os.environ.get("ZOO_DATA") or "data").expanduser()


def runs_folder() -> Path:
    """Return the folder of runs: ZOO_RUNS, or ./runs."""
    return Path(os.environ.get("ZOO_RUNS") or "runs").expanduser()


def catalog_file() -> Path | None:
    """Return the catalog file that ZOO_REGISTRY names, or None."""
    named = os.environ.get("ZOO_REGISTRY")
    return Path(os.path.abspath(os.path.expanduser(named))) if named else None


def disabled_plugins() -> frozenset[str]:
    """Return the names of the plug-ins that ZOO_DISABLE switches off."""
    names = os.environ.get("ZOO_DISABLE", "").split(",")
    return frozenset(name.strip() for name in names if name.strip())


def largest_data() -> int:
    """Return how many bytes one array file may unpack to: ZOO_LARGEST_DATA, or 8 GiB.

    Raises:
        UsageError: the variable holds no whole number of bytes.
    """
    text = os.environ.get("ZOO_LARGEST_DATA") or str(8 * 2**30)
    if not text.isdecimal():
        raise UsageError(f"ZOO_LARGEST_DATA must be a number of bytes. Received: {brief(text)}")
    return int(text)


def shows_tracebacks() -> bool:
    """Return whether ZOO_TRACEBACK asks for the traceback of an error."""
    return bool(os.environ.get("ZOO_TRACEBACK"))


def keras_home() -> Path:
    """Return the folder of Keras' cache: KERAS_HOME, or ~/.keras."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
