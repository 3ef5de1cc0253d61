"""Texts of an HDF5 file that lie in a heap: where they lie is checked without HDF5.

HDF5 1.14 reads some broken heaps without an end, and others end the process. A heap that is laid out as HDF5
writes it does neither. The layouts are those of `zoo.io.foreign.hdf5.reader`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from zoo.io.foreign.hdf5.reader import Reader, require

__all__ = ["has_whole_texts"]

_ATTRIBUTE = struct.Struct("<BBHHH")  # version, flags, and the bytes of name, type and shape
_TEXT = struct.Struct("<IQI")  # letters, the address of the heap, the number there
_HEAP = struct.Struct("<4sB3xQ")  # signature, version and bytes
_ITEM = struct.Struct("<HH4xQ")  # in a heap: number, references, bytes
_IS_ATTRIBUTE = 12  # the type of a message
_VARIABLE, _OF_TEXT = 9, 1  # the class of types of any length, and its kind
_SMALLEST_HEAP = 4096  # bytes
_MOST_TEXTS = 2**16


class _Text(NamedTuple):
    """Where a text lies."""

    letters: int
    heap: int
    number: int


def has_whole_texts(reader: Reader, address: int, texts: Mapping[bytes, int]) -> bool:
    """Return whether texts of an object lie in heaps as HDF5 writes them; False where that is not known.

    Args:
        reader: of the open file.
        address: of the object's header.
        texts: the number of texts in each attribute that has texts of any length, by its name.
    """
    try:
        found = _texts(reader, address)
        used = [each for places in found.values() for each in places if each[:2] != (0, 0)]
        heaps = {heap: _items(reader, heap) for heap in {each.heap for each in used}}
    except (struct.error, ValueError, IndexError):
        return False
    is_whole = all(heaps[each.heap].get(each.number) == each.letters for each in used)
    return is_whole and {name: len(places) for name, places in found.items()} == dict(texts)


def _texts(reader: Reader, address: int) -> dict[bytes, list[_Text]]:
    """Return the places of the texts of each attribute that has texts of any length."""
    found: dict[bytes, list[_Text] | None] = {}
    for kind, flags, content in reader.messages(address):
        if kind == _IS_ATTRIBUTE:
            name, places = _attribute(content, flags)
            require(name not in found)
            found[name] = places
    return {name: places for name, places in found.items() if places is not None}


def _attribute(content: bytes, flags: int) -> tuple[bytes, list[_Text] | None]:
    """Return the name of an attribute and the places of its texts; None where they lie in no heap."""
    version, own_flags, *sizes = _ATTRIBUTE.unpack_from(content)
    require(not flags & 2 and version in (1, 2, 3) and not (version > 1 and own_flags))
    at, parts = _ATTRIBUTE.size + (version == 3), []
    for size in sizes:
        parts.append(content[at : at + size])
        at += size if version > 1 else -(-size // 8) * 8
    name, kind, shape = parts
    if kind[0] & 15 != _VARIABLE:
        return name.rstrip(b"\0"), None
    require(kind[1] & 15 == _OF_TEXT)
    places = [_Text(*_TEXT.unpack_from(content, at + _TEXT.size * i)) for i in range(_count(shape))]
    return name.rstrip(b"\0"), places


def _count(shape: bytes) -> int:
    """Return the number of values of a shape."""
    version, rank, _, kind = struct.unpack_from("<4B", shape)
    require(version == 1 or (version == 2 and kind == bool(rank)))
    count = 1
    for size in struct.unpack_from(f"<{rank}Q", shape, 8 if version == 1 else 4):
        count *= size
    require(count <= _MOST_TEXTS)
    return count


def _items(reader: Reader, address: int) -> dict[int, int]:
    """Return the bytes of each item of a heap by its number."""
    signature, version, size = _HEAP.unpack(reader.read(address, _HEAP.size))
    require(signature == b"GCOL" and version == 1)
    require(_SMALLEST_HEAP <= size <= reader.end - address)
    at, items = _HEAP.size, dict[int, int]()
    while at + _ITEM.size <= size:
        number, _, length = _ITEM.unpack(reader.read(address + at, _ITEM.size))
        if not number:  # the free space, which is the rest
            require(length == size - at)
            return items
        at += _ITEM.size + -(-length // 8) * 8
        require(number not in items and at <= size)
        items[number] = length
    return items
