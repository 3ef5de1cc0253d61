"""Limits of a process that runs a stranger's file: processor time, memory, files, and time by the clock.

The limits grow with the size of the file, since a large model honestly needs more. ZOO_LIMITS sets others:
`cage_seconds` and `cage_mib`.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from zoo.io.foreign.limits import limit

SECONDS, SECONDS_PER_MIB = 6.0, 0.5  # of processor time, after the runtime is imported
MEMORY, MEMORY_PER_BYTE = 768 * 2**20, 8  # bytes, beside what the process has already
MORE_PER_BYTE, MOST_MORE = 32, 512 * 2**20  # a network of hundreds of layers is small as a file
SHORTAGES = ("MemoryError", "could not create a primitive", "bad_alloc", "OOM when allocating")
MEMORY_PER_THREAD = 32 * 2**20  # a runtime starts threads for each processor, and each has a stack
IDLE_FACTOR, IDLE_SECONDS = 8, 30.0  # the clock's limit: a busy machine needs longer
START_SECONDS = 180.0  # until a process has imported its runtimes, on a busy machine
WRITTEN = 4 * 2**20  # bytes of one file, such as the runtime's messages
OPEN_FILES = 256
LIMITS_WERE_MET = "Its limits are"  # in the problem of a file that met one
PROGRAM_SECONDS = 60.0  # of processor time beside that of the files: a virtual machine starts
PROGRAM_WRITTEN = (
    2 * 2**30
)  # bytes of one file of a program: outputs, and libraries that it unpacks


@dataclass(frozen=True)
class Limits:
    """What one file may use: seconds of processor time, seconds by the clock, and bytes of memory."""

    seconds: float
    clock: float
    memory: int

    def __str__(self) -> str:
        """Return the limits for a message."""
        return (
            f"{self.seconds:.0f} s of processor time, {self.clock:.0f} s by the clock, "
            f"{self.memory / 2**20:.0f} MiB of memory"
        )

    def describe_end(self, code: int, killed: str) -> str:
        """Return what is wrong with a file whose process met a limit; empty where it met none.

        Args:
            code: the exit code of the process; the negative number of a signal.
            killed: why it was killed: "late" or "asleep"; empty where it ended by itself.
        """
        names = {
            -getattr(signal, name, 0): name for name in ("SIGXCPU", "SIGKILL", "SIGABRT", "SIGSEGV")
        }
        if killed == "late" or names.get(code) == "SIGXCPU":
            problem = "it does not end"
        elif killed == "asleep":
            problem = "it waits for what does not come, probably for memory"
        elif code in names:  # C++ calls abort() where it gets no memory, and the kernel kills
            problem = "its runtime ended, probably for want of memory"
        else:
            return ""
        return f"{problem}. {self.advice}"

    @property
    def advice(self) -> str:
        """What the limits are, and how to set others."""
        return (
            f"{LIMITS_WERE_MET} {self}. If you trust it, set more: "
            "ZOO_LIMITS=cage_seconds=600,cage_mib=16000"
        )

    def describe_error(self, problem: str) -> str:
        """Return what a runtime said, with the limits where it may lack memory; oneDNN does not say so."""
        if any(words in problem for words in SHORTAGES):
            return f"{problem.rstrip('.')}. Probably it wants memory. {self.advice}"
        return problem


def limits_for(size: int) -> Limits:
    """Return the limits for a file of some bytes.

    Raises:
        UsageError: ZOO_LIMITS is not readable.
    """
    threads = os.cpu_count() or 1
    seconds = limit("cage_seconds") or SECONDS + SECONDS_PER_MIB * size / 2**20
    of_size = MEMORY_PER_BYTE * size + min(MORE_PER_BYTE * size, MOST_MORE)
    memory = limit("cage_mib") * 2**20 or MEMORY + MEMORY_PER_THREAD * threads + of_size
    return Limits(seconds, IDLE_SECONDS + IDLE_FACTOR * seconds, memory)


def set_limits(limits: Limits, *, final: bool) -> str:
    """Set the limits of this process, counted from now on.

    Args:
        limits: for the file that is opened next.
        final: whether they are never raised again, since this process opens one file.

    Returns:
        What is in force, for the report; nothing on Windows.
    """
    try:
        import resource
    except ImportError:  # Windows
        return ""
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    seconds = int(used + limits.seconds) + 1
    _set(
        resource.RLIMIT_CPU, seconds, seconds + 5 if final else None
    )  # a signal first, then the end
    if not final:
        return f"a limit of {limits.seconds:.0f} s of processor time"
    _set(resource.RLIMIT_FSIZE, WRITTEN, WRITTEN)
    _set(resource.RLIMIT_NOFILE, _open_files() + OPEN_FILES, _open_files() + OPEN_FILES)
    _set(resource.RLIMIT_CORE, 0, 0)
    if sys.platform != "linux":
        return f"a limit of {limits.seconds:.0f} s of processor time"
    memory = _writable_memory() + limits.memory
    _set(resource.RLIMIT_DATA, memory, memory)
    return f"limits of {limits}"


def set_program_limits(size: int) -> str:
    """Limit the processor time of a program, and the size of a file that it writes.

    Args:
        size: bytes of the files that it opens.

    Returns:
        What is in force, for the report; nothing on Windows.
    """
    try:
        import resource
    except ImportError:  # Windows
        return ""
    seconds = int(PROGRAM_SECONDS + limits_for(size).seconds)
    _set(resource.RLIMIT_CPU, seconds, seconds + 5)
    _set(resource.RLIMIT_FSIZE, PROGRAM_WRITTEN, PROGRAM_WRITTEN)
    _set(resource.RLIMIT_CORE, 0, 0)
    return f"a limit of {seconds} s of processor time"


def _set(which: int, soft: int, hard: int | None) -> None:
    """Set a limit, but not above the one that this process has; the hard one stays for None."""
    import resource

    most = resource.getrlimit(which)[1]
    soft, hard = (
        value if most == resource.RLIM_INFINITY else min(value, most)
        for value in (soft, most if hard is None else hard)
    )
    with suppress(ValueError, OSError):  # a system that refuses a limit has one of its own
        resource.setrlimit(which, (soft, hard))


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return max((int(item.name) for item in folder.iterdir()), default=0) if folder.is_dir() else 64


def _writable_memory() -> int:
    """Return the bytes of private writable memory, which Linux compares with the limit."""
    text = Path("/proc/self/status").read_text("ascii", errors="replace")
    size = re.search(r"^VmData:\s+(\d+) kB", text, re.MULTILINE)
    return int(size[1]) * 1024 if size else 0
