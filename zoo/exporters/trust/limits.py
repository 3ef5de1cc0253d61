"""Limits of a process that runs a stranger's file: processor time, memory, files, and time by the clock.

The limits grow with the size of the file, since a large model honestly needs more. ZOO_LIMITS sets others:
`cage_seconds` and `cage_mib`.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from zoo.io.foreign.limits import limit

SECONDS, SECONDS_PER_MIB = 6.0, 0.5  # of processor time, after the runtime is imported
MEMORY, MEMORY_PER_BYTE = 768 * 2**20, 8  # bytes, beside what the process has already
MEMORY_PER_THREAD = 32 * 2**20  # a runtime starts threads for each processor, and each has a stack
IDLE_FACTOR, IDLE_SECONDS = 8, 30.0  # the clock's limit: a busy machine needs longer
WRITTEN = 4 * 2**20  # bytes of one file, such as the runtime's messages
OPEN_FILES = 256


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


def limits_for(size: int) -> Limits:
    """Return the limits for a file of some bytes.

    Raises:
        UsageError: ZOO_LIMITS is not readable.
    """
    threads = os.cpu_count() or 1
    seconds = limit("cage_seconds") or SECONDS + SECONDS_PER_MIB * size / 2**20
    memory = (
        limit("cage_mib") * 2**20 or MEMORY + MEMORY_PER_THREAD * threads + MEMORY_PER_BYTE * size
    )
    return Limits(seconds, IDLE_SECONDS + IDLE_FACTOR * seconds, memory)


def set_limits(limits: Limits) -> bool:
    """Set the limits of this process, counted from now on.

    Returns:
        Whether they are in force; False on Windows.
    """
    try:
        import resource
    except ImportError:  # Windows
        return False
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _lower(resource.RLIMIT_CPU, int(used + limits.seconds) + 1)
    _lower(resource.RLIMIT_FSIZE, WRITTEN)
    _lower(resource.RLIMIT_NOFILE, _open_files() + OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        _lower(resource.RLIMIT_DATA, _writable_memory() + limits.memory)
    return True


def _lower(which: int, value: int) -> None:
    import resource

    soft, hard = resource.getrlimit(which)
    limits = [each for each in (soft, hard, value) if each != resource.RLIM_INFINITY]
    with suppress(ValueError, OSError):  # a system that refuses a limit has one of its own
        resource.setrlimit(which, (min(limits), min(limits)))


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return max((int(item.name) for item in folder.iterdir()), default=0) if folder.is_dir() else 64


def _writable_memory() -> int:
    """Return the bytes of private writable memory, which Linux compares with the limit."""
    text = Path("/proc/self/status").read_text("ascii", errors="replace")
    size = re.search(r"^VmData:\s+(\d+) kB", text, re.MULTILINE)
    return int(size[1]) * 1024 if size else 0
