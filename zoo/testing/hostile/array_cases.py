"""Arrays that lie about their shape, hold Python objects, or are something else."""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zoo.testing.hostile.archives import zip_bytes
from zoo.testing.hostile.case import HostileCase
from zoo.testing.hostile.zip_cases import deflated_zeros, npy_bytes

__all__ = ["cases"]


_SPARE = 64  # bytes behind a header


class _Trace:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("trace"),))


def cases() -> Iterator[HostileCase]:
    """Yield the cases as an .npy file, and as a member of an .npz file."""
    for name, content in _contents().items():
        yield HostileCase("npy", name, "item.npy", _writer(content))
        yield HostileCase(
            "npz", f"x.npy: {name}", "data.npz", _writer(zip_bytes({"x.npy": content}))
        )
    for name, content in _archives().items():
        yield HostileCase("npz", name, "data.npz", _writer(content))
    yield HostileCase("npy", "a named pipe", "item.npy", lambda path: os.mkfifo(path))
    yield HostileCase(
        "npy", "a link to a device", "item.npy", lambda path: path.symlink_to("/dev/zero")
    )
    yield HostileCase(
        "npy", "a link to itself", "item.npy", lambda path: path.symlink_to("item.npy")
    )
    yield HostileCase("npy", "a folder", "item.npy", lambda path: path.mkdir())


def _writer(content: bytes) -> Any:
    return lambda path: path.write_bytes(content)


def _header(text: bytes, version: int = 1, length: int | None = None) -> bytes:
    form = "<H" if version == 1 else "<I"
    size = len(text) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(form, size) + text + b"\0" * _SPARE


def _records(fields: int) -> bytes:
    """Return an .npy file of two records of many numbers each."""
    kinds = ", ".join(f"('a{number}', '<f4')" for number in range(fields))
    text = f"{{'descr': [{kinds}], 'fortran_order': False, 'shape': (2,), }}".encode()
    return _header(text)[:-_SPARE] + bytes(8 * fields)


def _contents() -> dict[str, bytes]:
    pickled = pickle.dumps(np.array([_Trace()], dtype=object))
    return {
        "a size below 0": npy_bytes((-4,)),
        "two sizes below 0": npy_bytes((-2, -2)),
        "4e10 numbers": npy_bytes((200_000, 200_000)),
        "10 ** 30 numbers": npy_bytes((10**10, 10**10, 10**10)),
        "a billion texts of no bytes": npy_bytes((10**9,), "|S0"),
        "a billion records of no bytes": npy_bytes((10**9,), "|V0"),
        "records of 500 numbers": _records(500),
        "more numbers than bytes": npy_bytes((5,)),
        "40 dimensions": npy_bytes((1,) * 40),
        "a text of a gigabyte": npy_bytes((1,), "<U268435456"),
        "records of Python objects": npy_bytes((1,), "|O"),
        "pickled objects": npy_bytes((1,), "|O", pickled),
        "a pickle": pickle.dumps(_Trace()),
        "a header of 4 GB": _header(b"{'descr': '<f4'", 2, 0xFFFFFFF0),
        "a header of 60,000 letters": _header(
            b"{'descr': '<f4', 'shape': (4,), " + b" " * 60_000 + b"}"
        ),
        "a header of 5,000 brackets": _header(b"(" * 5000),
        "a header that is code": _header(b"__import__('pathlib').Path('trace').touch()"),
        "a header without a shape": _header(b"{'descr': '<f4', 'fortran_order': False}"),
        "a header of noise": _header(np.random.default_rng(4).bytes(300)),
        "a shape of texts": _header(b"{'descr': '<f4', 'fortran_order': False, 'shape': ('a',), }"),
        "a shape of truth": _header(
            b"{'descr': '<f4', 'fortran_order': False, 'shape': (True,), }"
        ),
        "a dtype that does not exist": npy_bytes((4,), "<q9"),
        "a version that does not exist": _header(b"{}", 9),
        "the first bytes alone": b"\x93NUMPY",
        "an empty file": b"",
        "a text": b"1 2 3",
    }


def _archives() -> dict[str, bytes]:
    return {
        "a member that is no array": zip_bytes({"x.npy": npy_bytes(), "y": b"text"}),
        "no member": zip_bytes({}),
        "a zip of zips": zip_bytes({"x.npz": zip_bytes({"x.npy": npy_bytes()})}),
        "1 GB of zeros": deflated_zeros({"x.npy": 1000}),
        "9 GB of zeros": deflated_zeros({"x.npy": 4000, "y.npy": 4000, "z.npy": 4000}),
        "a pickle": pickle.dumps(_Trace()),
        "names of letters that do not exist": zip_bytes(
            {"x.npy": npy_bytes((2, 2)), "y.npy": npy_bytes((2,), "<U1", b"\xff" * 8)}
        ),
        "names of halves of letters": zip_bytes(
            {"x.npy": npy_bytes((2, 2)), "y.npy": npy_bytes((2,), "<U1", b"\x41\0\0\0\0\xd8\0\0")}
        ),
        "a class of 99,999 of two examples": zip_bytes(
            {"x.npy": npy_bytes((2, 2)), "y.npy": npy_bytes((2,), "<i4", b"\0\0\0\0\x9f\x86\1\0")}
        ),
        "an .npy file": npy_bytes(),
    }
