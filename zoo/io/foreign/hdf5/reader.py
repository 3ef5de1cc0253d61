"""The blocks and the object headers of an HDF5 file, read without HDF5.

HDF5 1.14 follows some broken files without an end, and others end the process. So the parts of a file that
lead to others are read here first. This module knows the layout that h5py writes by default: the HDF5 File
Format Specification's superblock 0 and object headers of version 1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Any

__all__ = ["NOWHERE", "Message", "Reader", "require"]

NOWHERE = 0xFFFFFFFFFFFFFFFF
"""The address of what is not there."""
Message = tuple[int, int, bytes]
"""Type, flags and content of a message in the header of an object."""

_HEADER = struct.Struct("<BxHII4x")  # of an object: version, messages, references, bytes
_MESSAGE = struct.Struct("<HHB3x")  # type, bytes, flags
_SUPERBLOCK = struct.Struct("<8sBBBxBBBxHHIQQQQ8xQI4xQQ")
_GOES_ON = 16  # the type of a message that says where the header goes on
_SMALL = 2**20  # bytes of a file that is read at once


class Reader:
    """Reads blocks of an open file, each byte a few times at most.

    Raises:
        ValueError: the file is of another layout, here and in the methods.
        struct.error: a block is too short for what it holds, here and in the methods.

    Args:
        file: it is open; its position is moved.
        path: where it is from, for messages.

    Attributes:
        root: the address of the root group's header.
        root_tree: the addresses of its tree and its heap in the superblock; None where it has none.
        leaf_size, node_size: the most entries in a leaf and in a node of a group's tree, halved.
        end: bytes of the file.
        is_whole: whether the file has as many bytes as it says.
        heaps: the address and the bytes of each text by its number, in the heaps that were read.
    """

    def __init__(self, file: IO[bytes], path: Any) -> None:
        self._file, self.path = file, path
        self.end = file.seek(0, 2)
        self.heaps: dict[int, dict[int, tuple[int, int]]] = {}
        self._left = 4 * self.end + _SMALL
        file.seek(0)
        self._content = file.read() if self.end <= _SMALL else b""
        values = _SUPERBLOCK.unpack(self.read(0, _SUPERBLOCK.size))
        version, _, _, _, address_bytes, length_bytes, self.leaf_size, self.node_size = values[1:9]
        base, _, end, driver, self.root, cached, *tree = values[10:]
        require((version, address_bytes, length_bytes, base) == (0, 8, 8, 0))
        require(driver == NOWHERE and cached < 2)
        self.is_whole = end <= self.end
        self.root_tree = tuple(tree) if cached else None

    def read(self, address: int, size: int) -> bytes:
        """Return a block."""
        self._left -= size
        require(self._left >= 0 and address + size <= self.end)
        if self._content:
            return self._content[address : address + size]
        self._file.seek(address)
        return self._file.read(size)

    def messages(self, address: int) -> Iterator[Message]:
        """Yield type, flags and content of each message in an object's header."""
        version, count, _, size = _HEADER.unpack(self.read(address, _HEADER.size))
        require(version == 1)
        waiting = [(address + _HEADER.size, size)]
        while waiting:
            block, at = self.read(*waiting.pop()), 0
            while at + _MESSAGE.size <= len(block):
                kind, length, flags = _MESSAGE.unpack_from(block, at)
                at += _MESSAGE.size + length
                count -= 1
                require(count >= 0 and at <= len(block))
                content = block[at - length : at]
                if kind == _GOES_ON:
                    waiting.append(struct.unpack_from("<QQ", content))
                yield kind, flags, content
        require(not count)


def require(condition: bool) -> None:
    """Do nothing if a condition holds.

    Raises:
        ValueError: it does not, so the file is of another layout.
    """
    if not condition:
        raise ValueError("another layout of HDF5")
