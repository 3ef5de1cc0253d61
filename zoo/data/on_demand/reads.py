"""Reads by the threads of TensorFlow end before Python does.

TensorFlow reads ahead in threads of its own, and calls Python there. Where Python ends meanwhile, such a
thread stops for ever, TensorFlow waits for it, and the process does not end. So the end of Python waits until
all that is read ahead is read.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

__all__ = ["read_in_progress", "wait_for_reads"]

_QUIET_SECONDS = 0.05  # without a read: TensorFlow has read ahead as far as it wants
_MOST_SECONDS = 10.0  # a read that takes longer, as of a lost network drive, is not waited for

_lock = threading.Lock()
_reads = 0
_last_end = 0.0


@contextmanager
def read_in_progress() -> Iterator[None]:
    """Let the end of Python wait for the code inside."""
    global _reads, _last_end
    _register_once()
    with _lock:
        _reads += 1
    try:
        yield
    finally:
        with _lock:
            _reads -= 1
            _last_end = time.monotonic()


def wait_for_reads() -> None:
    """Wait until nothing is read, and for a moment nothing was."""
    start = time.monotonic()
    while time.monotonic() - start < _MOST_SECONDS:
        with _lock:
            if not _reads and time.monotonic() - _last_end > _QUIET_SECONDS:
                return
        time.sleep(0.01)


@cache
def _register_once() -> None:
    atexit.register(wait_for_reads)
