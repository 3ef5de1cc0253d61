"""Silence for converters that report each of their steps on the standard error."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

_lock = threading.RLock()  # the standard error is one of the whole process


@contextmanager
def silent_standard_error() -> Iterator[None]:
    """Discard what Python and C++ code write to standard error, while the context lasts; errors are raised.

    Of several threads, one is in it at a time: the next one would save a standard error that is silent.
    """
    with _lock, open(os.devnull, "w") as nowhere:
        sys.stderr.flush()
        with _silent_descriptor(nowhere.fileno()), redirect_stderr(nowhere):
            yield


@contextmanager
def _silent_descriptor(nowhere: int) -> Iterator[None]:
    """Replace descriptor 2, to which C++ code writes, while the context lasts."""
    saved = os.dup(2)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
