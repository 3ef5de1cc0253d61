"""Array files from elsewhere: the header of each .npy is read with bounds before NumPy reads anything.

NumPy reads a header of up to 4 GB, takes negative sizes, and unpickles object arrays where it may.
"""

from __future__ import annotations

import io
import math
import struct
from typing import IO, Any

import numpy as np

from zoo.environment import largest_data
from zoo.errors import UnsafeFile, format_error
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.zip_file import open_zip

__all__ = ["ArrayHeader", "array_bytes", "check_npz", "read_header"]

_MAGIC = b"\x93NUMPY"
_START = 8  # bytes: the magic string and the version
_LONGEST_HEADER = 10_000  # bytes, as in NumPy
_MOST_HEADERS = 2 * 2**20  # bytes of all headers in an .npz; NumPy parses each as Python
_USUAL_HEADER = 192  # bytes; NumPy writes 128
_SMALL_NPZ = 256 * 2**20  # bytes that any .npz may unpack to
_KINDS = "biufcSUmMV"  # of dtypes: all but Python objects

ArrayHeader = tuple[tuple[int, ...], "np.dtype[Any]", int]
"""The shape and the dtype of an .npy file, and the bytes of its header."""


def read_header(file: IO[bytes], what: str) -> ArrayHeader:
    """Return what the header of an .npy file declares.

    Args:
        file: the file, at its start; it is left at the first byte behind the header.
        what: the file or the member, for messages.

    Raises:
        UnsafeFile: it holds Python objects, or has too many dimensions.
        ValueError: it is no .npy file, or a broken one.
    """
    form, read = _header_form(file.read(_START))
    prefix = file.read(struct.calcsize(form))
    if len(prefix) < struct.calcsize(form):
        raise ValueError("it ends within its header")
    (length,) = struct.unpack(form, prefix)
    if length > _LONGEST_HEADER:
        raise ValueError(
            f"its header has {length:,} bytes; at most {_LONGEST_HEADER:,} are expected"
        )
    header = io.BytesIO(prefix + file.read(length))
    try:
        shape, _, dtype = read(header)
    except Exception as error:  # it is parsed as Python, which has errors of its own
        raise ValueError(f"its header is broken: {format_error(error)}") from error
    if dtype.hasobject or dtype.kind not in _KINDS:
        raise UnsafeFile(
            f"{what} holds Python objects, which run code when they are read. "
            "Save plain arrays of numbers."
        )
    check_limit(what, "array_rank", len(shape))
    if any(type(size) is bool or size < 0 for size in shape):
        raise ValueError(f"its shape {shape} has a size below 0")
    if not dtype.itemsize and math.prod(shape):  # NumPy makes texts of at least a letter of them
        raise ValueError(f"it declares {math.prod(shape):,} values of no bytes")
    return tuple(shape), dtype, _START + len(prefix) + length


def _header_form(start: bytes) -> tuple[str, Any]:
    """Return how the length of a header is packed, and NumPy's function that reads the header.

    Args:
        start: the first _START bytes of the file.

    Raises:
        ValueError: they begin no .npy file, or one of an unknown version.
    """
    if start[:6] != _MAGIC or len(start) < _START:
        raise ValueError("it does not begin as an .npy file does")
    version = (start[6], start[7])
    if version == (1, 0):
        return "<H", np.lib.format.read_array_header_1_0
    if version in ((2, 0), (3, 0)):
        return "<I", np.lib.format.read_array_header_2_0
    raise ValueError(f"there is no version {start[6]}.{start[7]} of .npy files")


def array_bytes(header: ArrayHeader) -> int:
    """Return the bytes of an array, as its header declares them."""
    shape, dtype, _ = header
    return math.prod(shape) * dtype.itemsize


def check_npz(path: Any, file: IO[bytes]) -> int:
    """Check an .npz file, and return the bytes that its arrays declare; only their headers are read.

    Args:
        path: the file, for messages.
        file: the open file.

    Raises:
        UnsafeFile: it unpacks to too much, has too long headers, holds Python objects, or is an unusual zip.
        ValueError: a member is no array, or declares another size than it has.
        zipfile.BadZipFile: it is no zip.
    """
    archive = open_zip(path, file)
    members = archive.infolist()
    size = file.seek(0, 2)
    total = sum(member.file_size for member in members)
    _check_total(path, total, size)
    headers, most = 0, max(_MOST_HEADERS, _USUAL_HEADER * len(members))
    for member in members:
        if not member.filename.endswith(".npy"):
            continue  # reading it gives bytes, which are refused as no array
        with archive.open(member) as content:
            try:
                header = read_header(content, f"{path} ({member.filename})")
            except ValueError as error:
                name = member.filename.removesuffix(".npy")
                raise ValueError(f"{name} in it is no array: {error}") from error
        headers += header[2]
        if headers > most:
            raise UnsafeFile(f"{path} has headers of more than {most:,} bytes, and was not opened.")
        held = member.file_size - header[2]
        _check_total(path, array_bytes(header), size)
        if array_bytes(header) > held:
            raise ValueError(
                f"{member.filename} declares {array_bytes(header):,} bytes and holds {held:,}"
            )
    return total


def _check_total(path: Any, total: int, size: int) -> None:
    """Refuse an .npz that unpacks to more than ZOO_LARGEST_DATA bytes, or to very many for its size."""
    if total > largest_data():
        raise UnsafeFile(
            f"{path} would unpack to more than {largest_data() / 2**30:.3g} GiB. If you trust "
            "it, set ZOO_LARGEST_DATA to more bytes."
        )
    if total > _SMALL_NPZ + limit("npz_ratio") * size:
        raise UnsafeFile(
            f"{path} has {size:,} bytes and would unpack to {total:,}. It was not opened. If you trust it, "
            f"set ZOO_LIMITS=npz_ratio={total // max(size, 1) + 1}."
        )
