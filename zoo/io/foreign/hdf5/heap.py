"""Texts of an HDF5 file that lie in a heap: where they lie is checked without HDF5.

HDF5 1.14 reads some broken heaps without an end, and others end the process. A heap that is laid out as HDF5
writes it does neither. The layouts are those of `zoo.io.foreign.hdf5.reader`.
"""

from __future__ import annotations

import struct
from math import prod
from typing import NamedTuple

from zoo.io.foreign.hdf5.messages import Attribute, shape_of
from zoo.io.foreign.hdf5.reader import Reader, require

__all__ = ["MOST_LETTERS", "TEXT_BYTES", "VARIABLE", "Text", "text_places", "text_start"]

VARIABLE = 9
"""The class of types of any length."""

_TEXT = struct.Struct("<IQI")  # letters, the address of the heap, the number there
TEXT_BYTES = _TEXT.size
"""Bytes of the place of a text."""

_HEAP = struct.Struct("<4sB3xQ")  # signature, version and bytes
_ITEM = struct.Struct("<HH4xQ")  # in a heap: number, references, bytes
_OF_TEXT = 1  # the kind of VARIABLE
_SMALLEST_HEAP = 4096  # bytes
_MOST_TEXTS = 2**16
MOST_LETTERS = 64 * 2**20
"""Letters of the texts of a file together, many of which may be one text."""


class Text(NamedTuple):
    """Where a text lies."""

    letters: int
    heap: int
    number: int


def text_places(attribute: Attribute) -> list[Text]:
    """Return the places of the texts of an attribute whose texts are of any length.

    Raises:
        ValueError: they are no texts, or too many.
        struct.error: they are cut off.
    """
    count = prod(shape_of(attribute.shape))
    require(attribute.kind[1] & 15 == _OF_TEXT and count <= _MOST_TEXTS)
    return [Text(*_TEXT.unpack_from(attribute.values, _TEXT.size * i)) for i in range(count)]


def text_start(reader: Reader, place: Text) -> int:
    """Return the address of the letters of a text; 0 for one that is nowhere, and empty.

    Raises:
        ValueError: its heap is not laid out as HDF5 writes it, or has no such text.
        struct.error: as ValueError.
    """
    letters, heap, number = place
    if letters == heap == 0:
        return 0
    items = reader.heaps.get(heap)
    if items is None:
        items = reader.heaps[heap] = _items(reader, heap)
    start, length = items.get(number, (0, -1))
    require(length == letters)
    return start


def _items(reader: Reader, address: int) -> dict[int, tuple[int, int]]:
    """Return the address and the bytes of each item of a heap by its number."""
    signature, version, size = _HEAP.unpack(reader.read(address, _HEAP.size))
    require(signature == b"GCOL" and version == 1)
    require(_SMALLEST_HEAP <= size <= reader.end - address)
    content = reader.read(address, size)
    at, items = _HEAP.size, dict[int, tuple[int, int]]()
    while at + _ITEM.size <= size:
        number, _, length = _ITEM.unpack_from(content, at)
        if not number:  # the free space, which is the rest
            require(length == size - at)
            return items
        start = at + _ITEM.size
        at = start + -(-length // 8) * 8
        require(number not in items and at <= size)
        items[number] = (address + start, length)
    return items
