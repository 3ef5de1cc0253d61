"""What the messages of an object's header in an HDF5 file say: its shape, its filters, its attributes.

The layouts are those of `zoo.io.foreign.hdf5.reader`. The functions raise ValueError, IndexError or
struct.error where a message is laid out otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from zoo.io.foreign.hdf5.reader import require

__all__ = ["Attribute", "chunk_count", "filter_numbers", "read_attribute", "shape_of"]

_ATTRIBUTE = struct.Struct("<BBHHH")  # version, flags, and the bytes of name, type and shape
_FILTER = struct.Struct("<HHHH")  # number, bytes of its name, flags, values


class Attribute(NamedTuple):
    """An attribute: its name, and the bytes of its type, its shape and its values."""

    name: bytes
    kind: bytes
    shape: bytes
    values: bytes


def read_attribute(content: bytes) -> Attribute:
    """Return the parts of an attribute by the content of its message."""
    version, own_flags, name, kind, shape = _ATTRIBUTE.unpack_from(content)
    require(version in (1, 2, 3) and not (version > 1 and own_flags))
    at = _ATTRIBUTE.size + (version == 3)
    step = 8 if version == 1 else 1
    kind_at = at - name // -step * step
    shape_at = kind_at - kind // -step * step
    values_at = shape_at - shape // -step * step
    require(name > 0 and content.find(b"\0", at) == at + name - 1)
    return Attribute(
        content[at : at + name - 1],
        content[kind_at : kind_at + kind],
        content[shape_at : shape_at + shape],
        content[values_at:],
    )


def shape_of(shape: bytes) -> tuple[int, ...]:
    """Return the sizes of a shape; none for a single value."""
    version, rank, _, kind = struct.unpack_from("<4B", shape)
    require(version == 1 or (version == 2 and kind == bool(rank)))
    return struct.unpack_from(f"<{rank}Q", shape, 8 if version == 1 else 4)


def chunk_count(shape: Sequence[int], chunk: Sequence[int]) -> int:
    """Return how many chunks of a shape an array has."""
    return prod(-(-size // step) for size, step in zip(shape, chunk, strict=True))


def filter_numbers(filters: bytes) -> list[int]:
    """Return the numbers of the filters that the chunks of an array are packed by, in their order."""
    version, count = filters[0], filters[1]
    require(version == 1)
    at, found = 8, list[int]()
    for _ in range(count):
        number, length, _, values = _FILTER.unpack_from(filters, at)
        at += _FILTER.size + -(-length // 8) * 8 + 4 * (values + values % 2)
        found.append(number)
    return found
