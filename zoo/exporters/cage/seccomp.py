"""seccomp: the Linux kernel refuses some system calls of a process, such as a new program or a socket.

A refused call fails with "operation not permitted". The filter holds for all threads and for ever. The
package `pyseccomp` on PyPI dates from 2021 and needs a library of the system, so the filter is a list of
instructions made here (https://docs.kernel.org/userspace-api/seccomp_filter.html).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

# name of a system call: its number on x86-64, and on 64-bit Arm; None where there is no such call
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other programs and processes
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440), "kcmp": (312, 272),
    "move_pages": (279, 239), "migrate_pages": (256, 238),
    # the network, and memory that processes share
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242), "shmget": (29, 194),
    "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    # owners, rights, times and sizes of files, which Landlock leaves open
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "lchown": (94, None), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466), "mknod": (133, None), "mknodat": (259, 33), "truncate": (76, 45),
    # the system
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "unshare": (272, 97),
    "setns": (308, 268), "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142),
    "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, None),
    "ioperm": (173, None), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "acct": (163, 89), "settimeofday": (164, 170), "clock_settime": (227, 112), "syslog": (103, 116),
    "quotactl": (179, 60), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "fanotify_init": (300, 262), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
}  # fmt: skip

# what a virtual machine needs: other programs, and its own threads
_FOR_PROGRAMS = frozenset({
    "execve", "execveat", "fork", "vfork", "tkill", "pidfd_open", "socketpair",
})  # fmt: skip

# name of the processor: its position above, its number in the filter, then clone, clone3, tgkill, prlimit64
_PROCESSORS = {
    "x86_64": (0, 0xC000003E, 56, 435, 234, 302),
    "aarch64": (1, 0xC00000B7, 220, 435, 131, 261),
}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_FILTER, _ALL_THREADS = 1, 1
_NO_NEW_PRIVS = 38  # of prctl

_ALLOW, _REFUSE, _ABSENT, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _PROCESSOR, _FIRST_ARGUMENT = 0, 4, 16  # positions in what the kernel hands to the filter
_THREAD = 0x00010000  # the flag of clone that asks for a thread


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_system_calls(*, starts_programs: bool = False) -> bool:
    """Refuse system calls that start programs, open sockets, or change the system, in all threads.

    Args:
        starts_programs: whether programs may be started: this process becomes one.

    Returns:
        Whether the filter is in force; False on another system or processor.

    Raises:
        OSError: the kernel refuses the filter.
    """
    if sys.platform != "linux" or (machine := os.uname().machine) not in _PROCESSORS:
        return False
    system = ctypes.CDLL(None, use_errno=True)
    instructions = _instructions(machine, starts_programs)
    program = _Program(len(instructions), b"".join(instructions))
    system.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    number = ctypes.c_long(_SECCOMP[machine])
    if system.syscall(number, _SET_FILTER, _ALL_THREADS, ctypes.byref(program)):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return True


def _instructions(machine: str, starts_programs: bool) -> list[bytes]:
    """Return the filter: each instruction is a code, two jumps, and a value."""
    position, processor, clone, clone3, tgkill, prlimit = _PROCESSORS[machine]
    allowed = _FOR_PROGRAMS if starts_programs else frozenset()
    numbers = [each[position] for name, each in _REFUSED.items() if name not in allowed]
    refused = [number for number in numbers if number is not None]
    filters = [
        _instruction(_LOAD, _PROCESSOR),
        _instruction(_EQUAL, processor, 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":  # a second table of system calls, which hardly anybody uses
        filters += [_instruction(_AT_LEAST, 0x40000000, 0, 1), _instruction(_RETURN, _REFUSE)]
    for number in refused:
        filters += [_instruction(_EQUAL, number, 0, 1), _instruction(_RETURN, _REFUSE)]
    if starts_programs:
        return [*filters, _instruction(_RETURN, _ALLOW)]
    # the C library falls back to clone, whose flags can be read
    filters += [_instruction(_EQUAL, clone3, 0, 1), _instruction(_RETURN, _ABSENT)]
    filters += _only(clone, _BITS, _THREAD)
    filters += _only(tgkill, _EQUAL, os.getpid())  # abort() sends a signal to its own process
    filters += _only(prlimit, _EQUAL, 0)  # 0 is this process
    return [*filters, _instruction(_RETURN, _ALLOW)]


def _only(number: int, comparison: int, value: int) -> list[bytes]:
    """Return the instructions that allow a system call only with some value of its first argument."""
    return [
        _instruction(_EQUAL, number, 0, 4),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(comparison, value, 0, 1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _REFUSE),
    ]


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
