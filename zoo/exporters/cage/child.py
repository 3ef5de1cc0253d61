"""One function in one forked process; its changes are gone when the process ends."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from zoo.errors import format_error

_PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
LONGEST_SLEEP = 5.0  # seconds: TensorFlow waits for memory that never comes
_PAUSE = 0.25
_LONGEST_TEXT = 16 * 2**20  # bytes of an answer


@dataclass(frozen=True)
class ChildResult:
    """The result of a process: the function's text, what was printed as errors, and its exit code.

    `killed` says why it was killed: "late", "asleep" or "unwanted"; it is empty where it ended by itself.
    """

    text: str
    errors: str
    code: int
    killed: str


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
        seconds: after which the child is killed, or earlier where it sleeps; None for no limit.
    """
    answer, errors = os.memfd_create("answer"), os.memfd_create("errors")
    try:
        child = fork_bound_to_parent()
        if not child:
            _run(function, answer, errors)
        killed = _wait_for(child, requests, seconds)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return ChildResult(_content(answer), _content(errors), code, killed)
    finally:
        os.close(answer)
        os.close(errors)


def fork_bound_to_parent() -> int:
    """Return the number of a new process, and 0 in it. It is killed where this process ends."""
    parent = os.getpid()
    child = os.fork()
    if not child:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before it could take this child with it
            os._exit(1)
    return child


def _run(function: Callable[[], str], answer: int, errors: int) -> NoReturn:
    """Write the function's text and end this process; nothing of the parent's is cleaned up."""
    try:
        os.dup2(errors, 2)
        os.write(answer, function().encode())
        os._exit(0)
    except BaseException as error:  # a child that returned would answer the parent's requests
        os.write(2, format_error(error).encode())
    os._exit(1)


def _wait_for(child: int, requests: int, seconds: float | None) -> str:
    """Wait until a child ends, and kill it where it does not.

    Returns:
        Why it was killed: "late", "asleep" where all its threads sleep and use no processor for
        LONGEST_SLEEP, or "unwanted" where the requests end; empty where it ended by itself.
    """
    descriptor = os.pidfd_open(child)
    start = last_change = time.monotonic()
    used, reason = -1, ""
    try:
        while not (ready := select.select([descriptor, requests], [], [], seconds and _PAUSE)[0]):
            now, before = time.monotonic(), used
            used = _used_ticks(child)
            if used != before:
                last_change = now
            if seconds and now - start > seconds:
                reason = "late"
            elif now - last_change > LONGEST_SLEEP:
                reason = "asleep"
            if reason:
                break
    finally:
        os.close(descriptor)
    if descriptor in ready:
        return ""
    os.kill(child, signal.SIGKILL)
    return reason or "unwanted"  # no second request comes before the answer, so this is the end


def _used_ticks(child: int) -> int:
    """Return the processor time that a process has used; another number each time while it is not asleep."""
    ticks, awake = 0, False
    for folder in Path(f"/proc/{child}/task").glob("*"):
        with suppress(OSError, IndexError):  # the thread has ended
            fields = (folder / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            awake = awake or fields[0] != "S"
    return -time.monotonic_ns() if awake else ticks


def _content(descriptor: int) -> str:
    """Return the text of a file in memory."""
    size = min(os.lseek(descriptor, 0, os.SEEK_END), _LONGEST_TEXT)
    return os.pread(descriptor, size, 0).decode(errors="replace")
