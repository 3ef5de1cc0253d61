"""One function in one forked process, which takes nothing that it changed with it when it ends."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from zoo.errors import format_error

_PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
_LONGEST_TEXT = 16 * 2**20  # bytes of an answer


@dataclass(frozen=True)
class ChildResult:
    """What a process left: the function's text, what was printed as errors, and its exit code.

    `in_time` is whether it ended by itself.
    """

    text: str
    errors: str
    code: int
    in_time: bool


def can_fork() -> bool:
    """Return whether a fork is safe here: on Linux, with one thread."""
    if sys.platform != "linux" or len(os.listdir("/proc/self/task")) != 1:
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def run_in_child(function: Callable[[], str], requests: int, seconds: float | None) -> ChildResult:
    """Run a function in a new process, and return its text.

    Args:
        function: it is called in the child.
        requests: a descriptor; the child is killed where it ends or has input.
        seconds: after which the child is killed; None for no limit.
    """
    answer, errors = os.memfd_create("answer"), os.memfd_create("errors")
    try:
        parent = os.getpid()
        child = os.fork()
        if not child:
            _run(function, parent, answer, errors)
        in_time = _wait_for(child, requests, seconds)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return ChildResult(_content(answer), _content(errors), code, in_time)
    finally:
        os.close(answer)
        os.close(errors)


def _run(function: Callable[[], str], parent: int, answer: int, errors: int) -> NoReturn:
    """Write the function's text and end this process; nothing of the parent's is cleaned up."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before it could take this child with it
            os._exit(1)
        os.dup2(errors, 2)
        os.write(answer, function().encode())
        os._exit(0)
    except BaseException as error:  # a child that returned would answer the parent's requests
        os.write(2, format_error(error).encode())
    os._exit(1)


def _wait_for(child: int, requests: int, seconds: float | None) -> bool:
    """Wait until a child ends, and return whether it did; kill it where it does not."""
    descriptor = os.pidfd_open(child)
    try:
        ready = select.select([descriptor, requests], [], [], seconds)[0]
    finally:
        os.close(descriptor)
    if descriptor not in ready:  # no second request comes before the answer, so this is the end
        os.kill(child, signal.SIGKILL)
    return descriptor in ready


def _content(descriptor: int) -> str:
    """Return the text of a file in memory."""
    size = min(os.lseek(descriptor, 0, os.SEEK_END), _LONGEST_TEXT)
    return os.pread(descriptor, size, 0).decode(errors="replace")
