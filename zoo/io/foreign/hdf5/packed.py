"""Packed chunks of an HDF5 file: each unpacks to what it declares, which is found out without HDF5.

HDF5 1.14 unpacks a chunk to any size, whatever the array declares. And where a chunk has fewer bytes, it
reads beyond them: what is in memory there becomes a part of the array, or the process ends.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from zoo.errors import UnsafeFile

__all__ = ["LZF", "check_chunk", "packing_problem"]

_DEFLATE, _SHUFFLE, _FLETCHER32 = 1, 2, 3  # numbers of filters
LZF = 32000
"""The number of h5py's own filter."""

_CHECKSUM = 4  # bytes that fletcher32 adds


def packing_problem(filters: Sequence[int]) -> str:
    """Return what is unusual about the filters of an array, in the order in which they pack; or nothing."""
    if not {_DEFLATE, _SHUFFLE, _FLETCHER32, LZF}.issuperset(filters):
        return "is compressed by a filter that Keras does not write"
    packers = [at for at, number in enumerate(filters) if number in (_DEFLATE, LZF)]
    if len(packers) > 1:
        return "is compressed twice"
    if packers and _SHUFFLE in filters[packers[0] :]:
        return "is shuffled after it is compressed"
    return ""


def check_chunk(path: Any, content: bytes, filters: Sequence[int], size: int) -> int:
    """Check a chunk, and return how many bytes it unpacks to; 0 if it is not packed by deflate, or broken.

    Args:
        path: the file, for messages.
        content: the chunk as it is stored.
        filters: it was packed by, in their order, without a problem.
        size: bytes that it declares.

    Raises:
        UnsafeFile: it has more or fewer bytes.
    """
    if LZF in filters:
        return 0  # it makes room for as many bytes as its settings say
    if _DEFLATE not in filters:
        _check_size(path, len(content), size + _CHECKSUM * filters.count(_FLETCHER32))
        return 0
    expected = size + _CHECKSUM * filters[: filters.index(_DEFLATE)].count(_FLETCHER32)
    try:
        found = len(zlib.decompressobj().decompress(content, expected + 1))
    except zlib.error:
        return 0  # HDF5 says what is wrong
    _check_size(path, found, expected)
    return found


def _check_size(path: Any, found: int, expected: int) -> None:
    if found != expected:
        raise UnsafeFile(
            f"{path} holds a chunk that declares {expected:,} bytes and unpacks to "
            f"{'more' if found > expected else f'{found:,}'}. It was not opened."
        )
