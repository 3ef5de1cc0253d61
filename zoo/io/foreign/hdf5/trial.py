"""A trial: a file is read in a forked process first, since it may crash the library that reads it.

HDF5 1.14 reads some broken heaps of texts without an end, and others end the process.
"""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from zoo.errors import UnsafeFile, format_error

__all__ = ["try_in_fork"]

_PATIENCE = 60  # seconds, where another thread holds a lock that the fork waits for
_BYTES = 3 * 2**28  # of memory beyond what the process has
_NO_MEMORY_WORDS = ("memory allocation failed", "unable to allocate")  # how h5py says so
_NO_CHUNK_WORDS = "filter returned failure"  # there may have been no memory for it
_LONGEST_REASON = 4096  # bytes, which a pipe holds


def try_in_fork(function: Callable[[], Any], path: Any, seconds: int = 2) -> None:
    """Call a function in a forked process; what it returns does not matter.

    Where a system cannot fork, or cannot now, nothing is called. Nor in the cage of exported files: that
    process is a trial itself, with limits, and its end is an answer.

    Args:
        function: reads a file.
        path: the file, for messages.
        seconds: of processor time.

    Raises:
        UnsafeFile: the call does not end, takes too much memory, ends the process, or raises an exception.
    """
    if not hasattr(os, "fork"):
        return
    ours, its = os.pipe()
    with open(ours, "rb", buffering=0) as pipe:
        try:
            child = _fork()
        except OSError:  # the cage refuses new processes, or there are too many
            os.close(its)
            return
        if child == 0:
            _run_child(function, path, seconds, its)
        os.close(its)
        try:
            _, status = os.waitpid(child, 0)
        except ChildProcessError:  # another part of the program waits for all, or ignores them
            status = 0
        os.set_blocking(ours, False)  # a fork of another thread may hold the other end
        reason = (pipe.read(_LONGEST_REASON) or b"").decode("utf-8", "replace")
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        reason = _broken(path, f"reading it does not end, or ends the process ({name})")
    elif status:
        reason = _broken(path, "reading it ends the process")
    if reason:
        raise UnsafeFile(reason)


def _broken(path: Any, reason: str) -> str:
    return f"{path} is broken: {reason}. It was not opened."


def _fork() -> int:
    """Fork without the warnings of Python and JAX, that a lock of another thread may stay locked.

    The fork has a limit of time for that case.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return os.fork()


def _run_child(function: Callable[[], Any], path: Any, seconds: int, pipe: int) -> None:
    """Call the function with limits, write why the file is refused to a pipe, and end this process."""
    status = 1
    try:
        import resource

        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 2)  # a crash writes its reason there
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for name in (signal.SIGALRM, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGXCPU):
            signal.signal(name, signal.SIG_DFL)
        signal.alarm(_PATIENCE)
        _limit_memory()
        function()
        status = 0
    except BaseException as error:
        reason = _reason(error, path).encode("utf-8", "replace")
        os.write(pipe, reason[:_LONGEST_REASON])
        status = 0
    finally:
        os._exit(status)


def _reason(error: BaseException, path: Any) -> str:
    """Return why a file is refused whose reading raises an error."""
    if isinstance(error, UnsafeFile):
        return str(error)
    if _is_out_of_memory(error):
        return _broken(path, "reading it takes too much memory")
    if _NO_CHUNK_WORDS in str(error):
        return _broken(path, "a chunk in it cannot be unpacked, or takes too much memory")
    return _broken(path, format_error(error).rstrip("."))


def _limit_memory() -> None:
    """Limit this process to _BYTES more memory than it has now, where the system says how much that is."""
    import resource

    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + _BYTES
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _is_out_of_memory(error: BaseException) -> bool:
    """Return whether memory was refused; h5py has other errors for it, with the words of HDF5."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or any(reason in words for reason in _NO_MEMORY_WORDS)
