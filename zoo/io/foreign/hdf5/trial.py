"""A trial: a function is called in a forked process first, since a file may crash the library that reads it.

HDF5 1.14 reads some broken heaps of texts without an end, and others end the process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from zoo.errors import UnsafeFile

__all__ = ["try_in_fork"]

_SECONDS = 2  # of processor time
_PATIENCE = 60  # seconds, where another thread holds a lock that the fork waits for
_BYTES = 2**30  # of memory beyond what the process has


def try_in_fork(function: Callable[[], Any], path: Any) -> None:
    """Call a function in a forked process; what it returns or raises does not matter.

    Where a system cannot fork, nothing is called. Nor in the cage of exported files: that process is a
    trial itself, with limits, and its end is an answer.

    Args:
        function: reads a file.
        path: the file, for messages.

    Raises:
        UnsafeFile: the call does not end, takes too much memory, or ends the process.
    """
    if not hasattr(os, "fork"):
        return
    try:
        child = os.fork()
    except PermissionError:  # the cage refuses new processes
        return
    if child == 0:
        _run_child(function)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        raise UnsafeFile(
            f"{path} is broken: reading it does not end, or ends the process ({name}). It was not opened."
        )


def _run_child(function: Callable[[], Any]) -> None:
    """Call the function with limits, and end this process."""
    with suppress(BaseException):
        import resource

        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 2)  # a crash writes its reason there
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for name in (signal.SIGALRM, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGXCPU):
            signal.signal(name, signal.SIG_DFL)
        signal.alarm(_PATIENCE)
        function()
    os._exit(0)
