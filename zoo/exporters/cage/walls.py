"""The cage: the rights that a process drops before it opens a file of somebody else.

It is the second wall. The first is the list of operators (`zoo.exporters.trust.graphs`): a graph with any
other operator is never run. The cage holds where a runtime has a fault. In it a process

    reads    the folder of the file, Python's modules, and the system's libraries
    writes   nothing
    starts   no program, and opens no network connection
    knows    no variable of the environment beyond those that runtimes read
    ends     at its limits of time and memory

Landlock holds for threads that start later. So it is entered while the process has one thread.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

from zoo.errors import format_error
from zoo.exporters.cage.landlock import restrict_files
from zoo.exporters.cage.limits import limits_for, set_limits
from zoo.exporters.cage.seccomp import refuse_system_calls
from zoo.io.foreign.plain_file import is_inside

_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc/cpuinfo", "/proc/meminfo",
    "/proc/stat", "/proc/sys", "/proc/version", "/sys/devices/system", "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage", "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random",
)  # fmt: skip
_GET_CAPABILITIES, _SET_CAPABILITIES = {"x86_64": (125, 126), "aarch64": (90, 91)}, 0x20080522
_READ_OTHERS_FILES = 0b110  # an administrator verifies the files of other users, too


def enter_cage(folder: Path, size: int, *, final: bool) -> str:
    """Drop the rights to write, to start programs and to use the network, and limit memory and time.

    Args:
        folder: of the file that is opened next.
        size: of the file in bytes.
        final: whether this process opens this file alone. If not, it keeps its rights, and has a limit of
            processor time.

    Returns:
        The walls that stand, such as "Landlock 7, seccomp", for the report.
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # a driver is a large surface: the processor computes
    walls = ["clean environment"]
    steps = [lambda: _restrict_files(folder), _drop_capabilities, _refuse_system_calls]
    for step in steps if final else []:
        try:
            walls += step()
        except (OSError, AttributeError) as error:  # a kernel or a container that does not allow it
            walls.append(f"without a wall ({format_error(error)})")
    if limits := set_limits(limits_for(size), final=final):
        walls.append(limits)
    return ", ".join(walls)


def _restrict_files(folder: Path) -> list[str]:
    version = restrict_files(_readable(folder), [Path("/dev/null")])
    return [f"Landlock {version}"] if version else []


def _refuse_system_calls() -> list[str]:
    return ["seccomp"] if refuse_system_calls() else []


def _readable(folder: Path) -> list[Path]:
    names = [sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(None, sys.path), *_SYSTEM]
    own = Path(f"/proc/{os.getpid()}")
    return [folder, *_link_targets(folder), own, *map(Path, dict.fromkeys(names))]


def _link_targets(folder: Path) -> list[Path]:
    """Return the files that links in a folder lead to; the Hugging Face Hub has such folders."""
    links = [path for path in folder.rglob("*") if path.is_symlink() and is_inside(path, folder)]
    return [path.resolve() for path in links]


def _drop_capabilities() -> list[str]:
    """Drop the rights of an administrator, except to read the files of other users."""
    numbers = _GET_CAPABILITIES.get(os.uname().machine) if sys.platform == "linux" else None
    if numbers is None:
        return []
    system = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("=Ii", _SET_CAPABILITIES, 0)
    data = ctypes.create_string_buffer(24)
    if system.syscall(ctypes.c_long(numbers[0]), header, data) == 0:
        effective, permitted, _, *_ = struct.unpack("=6I", data.raw)
        remaining = permitted & _READ_OTHERS_FILES
        packed = struct.pack("=6I", effective & remaining, remaining, 0, 0, 0, 0)
        system.syscall(ctypes.c_long(numbers[1]), header, packed)
    return []
