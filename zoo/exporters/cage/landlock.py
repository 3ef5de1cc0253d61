"""Landlock: the Linux kernel limits which files a process may open, without the rights of an administrator.

The rules hold for the calling thread, for threads that it starts later, and for ever. So they are set while
a process has one thread. There are packages on PyPI: `landlock` is a pre-release that does not know network
rules, so the three system calls are made here (https://docs.kernel.org/userspace-api/landlock.html).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# The numbers of the system calls are the same on all kinds of processor.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1  # the flag that asks for the version
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38  # of prctl

_READ_FILE, _READ_DIR, _WRITE_FILE, _EXECUTE = 1 << 2, 1 << 3, 1 << 1, 1
# write, read, and make and remove plain files and folders; bit 14 is truncate, from version 3
_OWN = sum(1 << bit for bit in (1, 2, 3, 4, 5, 7, 8, 14))
_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # the number of rights over files
_TCP = 0b11  # bind and connect, from version 4
_SCOPES = 0b11  # abstract sockets and signals, from version 6


def landlock_version() -> int:
    """Return the version of Landlock in this kernel; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(_system_call(_CREATE_RULESET, None, 0, _VERSION), 0)


def restrict_files(
    readable: Iterable[Path],
    writable: Iterable[Path] = (),
    *,
    programs: Iterable[Path] = (),
    own: Iterable[Path] = (),
) -> int:
    """Forbid this process all other files than these, and TCP connections.

    Args:
        readable: files, and folders with all that lies in them. One that does not exist is passed over.
        writable: files that may be written, too.
        programs: folders whose files may be read, and started as programs.
        own: folders in which files may be made, written and removed.

    Returns:
        The version of Landlock that is in force; 0 where the kernel has none, and nothing is changed.

    Raises:
        OSError: the kernel has Landlock and refuses the rules.
    """
    version = landlock_version()
    if not version:
        return 0
    files = (1 << _RIGHTS_BY_VERSION.get(version, 16)) - 1
    rules = _create_rules(version, files)
    try:
        for path in readable:
            _allow(rules, path, _READ_FILE | _READ_DIR)
        for path in writable:
            _allow(rules, path, _READ_FILE | _WRITE_FILE)
        for path in programs:
            _allow(rules, path, _READ_FILE | _READ_DIR | _EXECUTE)
        for path in own:
            _allow(rules, path, _OWN & files)
        _check(ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
        _check(_system_call(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return version


def _create_rules(version: int, files: int) -> int:
    """Return the descriptor of an empty set of rules; what no rule allows is refused.

    Args:
        version: of Landlock in this kernel.
        files: the rights over files that are refused, a bit each.
    """
    attributes = [files, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0]
    size = 8 if version < 4 else 16 if version < 6 else 24
    packed = struct.pack("=3Q", *attributes)[:size]
    return _check(_system_call(_CREATE_RULESET, packed, size, 0))


def _allow(rules: int, path: Path, rights: int) -> None:
    with suppress(OSError):  # there is no such path
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not path.is_dir():
                rights &= ~_READ_DIR
            packed = struct.pack("=Qi", rights, place)
            _check(_system_call(_ADD_RULE, rules, _PATH_BENEATH, packed, 0))
        finally:
            os.close(place)


def _system_call(*arguments: int | bytes | None) -> int:
    """Make a system call; return its result, or the negative number of its error."""
    values = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = ctypes.CDLL(None, use_errno=True).syscall(*values)
    return -ctypes.get_errno() if result < 0 else int(result)


def _check(result: int) -> int:
    """Return a result.

    Raises:
        OSError: it is the negative number of an error.
    """
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result
