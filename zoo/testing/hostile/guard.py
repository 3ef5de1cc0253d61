"""A guard: a function is run in a forked process with limits of time, memory and places to write."""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["BYTES", "SECONDS", "Outcome", "run_guarded"]

SECONDS = 10  # of processor time that a loader may take
BYTES = 2**30  # of memory that a loader may take, beside what the process has
_PATIENCE = (
    3  # times SECONDS without an end: the loader waits for something, or the machine is busy
)
_STACK = 8 * 2**20  # bytes that a thread may have and hardly uses
_THREADS = 16  # that TensorFlow starts for each processor


@dataclass(frozen=True)
class Outcome:
    """The result of a call: `code` is the exit status, or minus the signal that ended it.

    `seconds` are of processor time. `problem` says what was harmful, and is empty where nothing was.
    `written` are the files in the folder that the call ran in, which was empty before.
    """

    code: int
    output: str
    seconds: float
    bytes: int
    problem: str
    written: tuple[str, ...]


def run_guarded(
    function: Callable[[], Any], seconds: int = SECONDS, memory: int = BYTES
) -> Outcome:
    """Call a function in a forked process, in an empty folder, and return its result.

    An exception that the function raises is printed, and ends the process with the status 3. SystemExit
    ends it with its own status.

    Args:
        function: without arguments.
        seconds: of processor time.
        memory: bytes beyond those that the process has; those that are used count, not the reserved ones.
    """
    before = _resident_bytes()
    with tempfile.TemporaryDirectory(prefix="hostile-") as place:
        folder, log = Path(place) / "empty", Path(place) / "log"
        folder.mkdir()
        child = os.fork()
        if child == 0:
            _run_child(function, folder, log, seconds, memory)
        status, used, is_hung = _wait(child, seconds * _PATIENCE)
        code = os.waitstatus_to_exitcode(status)
        output = log.read_text("utf-8", "replace") if log.exists() else ""
        written = tuple(str(path.relative_to(folder)) for path in sorted(folder.rglob("*")))
        taken, peak = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
        problem = _problem(code, is_hung, output)
        if peak - before > memory:
            problem = problem or "it took too much memory"
        return Outcome(code, output, taken, peak, problem, written)


def _run_child(
    function: Callable[[], Any], folder: Path, log: Path, seconds: int, memory: int
) -> None:
    """Call the function with limits, and end the process."""
    code = 3
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(folder)
        _limit(seconds, memory)
        function()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        os.write(2, traceback.format_exc()[-20_000:].encode("utf-8", "replace"))
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(code)


def _limit(seconds: int, memory: int) -> None:
    """Limit the processor time, the memory, and the size of files of this process."""
    if sys.platform == "linux":
        # not of addresses (RLIMIT_AS): each thread reserves 64 MiB of them, and honest trainings start dozens
        most = _private_bytes() + memory + _STACK * _THREADS * (os.cpu_count() or 1)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _private_bytes() -> int:
    """Return the memory that belongs to this process alone and that it can write, used or not."""
    return _status("VmData")


def _resident_bytes() -> int:
    """Return the memory that this process uses now; of this, a fork has all that is in no file."""
    if sys.platform == "linux":
        return _status("VmRSS")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _status(name: str) -> int:
    """Return an entry of /proc/self/status in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024


def _wait(child: int, seconds: float) -> tuple[int, resource.struct_rusage, bool]:
    """Wait for a process, and kill it after some seconds; return its status, its use, and whether it hung."""
    end = time.monotonic() + seconds
    pause = 0.001
    while True:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            return status, used, False
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            _, status, used = os.wait4(child, 0)
            return status, used, True
        select.select([], [], [], pause)
        pause = min(0.05, pause * 1.5)


def _problem(code: int, is_hung: bool, output: str) -> str:
    """Return what was harmful about a call; empty where nothing was."""
    if is_hung:
        return "it did not end"
    if code < 0:
        name = signal.Signals(-code).name
        return "it took too much processor time" if name == "SIGXCPU" else f"it was ended by {name}"
    if "MemoryError" in output:
        return "it took too much memory"
    return ""
