"""What Keras usually writes into an HDF5 file: checked without HDF5, in the same pass as its trees.

Groups, arrays of numbers and texts, and their attributes are usual. A file that holds something else, or
more than the limits allow, is walked with HDF5 (`zoo.io.foreign.hdf5.check`), which says what it is. So
nothing is refused here, and whatever is not known to the last byte is not usual.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import prod

from zoo.io.foreign.hdf5.heap import MOST_LETTERS, TEXT_BYTES, VARIABLE, text_places, text_start
from zoo.io.foreign.hdf5.messages import Attribute, chunk_count, read_attribute, shape_of
from zoo.io.foreign.hdf5.reader import Message, Reader, require
from zoo.io.foreign.hdf5.values import FOLLOWED_NAMES, are_distinct
from zoo.io.foreign.limits import limit

__all__ = ["UsualContents"]

_SHAPE, _TYPE, _LAYOUT, _ATTRIBUTE, _GROUP = 1, 3, 8, 12, 17  # types of messages
_PARTS = frozenset((_SHAPE, _TYPE, _LAYOUT, _GROUP))
_NUMBERS, _TEXT = (0, 1), 3  # classes of types
_LARGEST_NUMBER, _LONGEST_TEXT = 4096, 65_536  # bytes
_POINTER = 8  # bytes
_OF_LETTERS = b"\x10\0\0\0\1\0\0\0\0\0\x08\0"  # what a text of any length is made of
_CHUNKED = 2
_DIGITS = b"0123456789"


class UsualContents:
    """Adds up what the objects of a file declare, as long as all of them are usual.

    Args:
        reader: of the open file.

    Attributes:
        is_usual: whether all objects that were added are.
        declared: the bytes of their arrays and attributes.
        config: the text of the root's attribute `model_config`; None where it has none.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader, self.is_usual, self.declared = reader, reader.is_whole, 0
        self.config: bytes | None = None
        self._sizes: dict[
            int, tuple[int, int]
        ] = {}  # bytes and chunks of arrays by their addresses
        self._known: dict[bytes, int] = {}  # bytes of a value of each type of attributes
        self._left, self._chunks_left, self._letters = limit("h5_objects"), limit("h5_chunks"), 0
        self._most_attributes, self._deepest = limit("h5_attributes"), limit("h5_depth")
        self._largest_chunk = limit("h5_chunk")

    def add(self, address: int, depth: int, messages: Sequence[Message]) -> None:
        """Add a name of an object. An array may have several, each counts; a group has one.

        Args:
            address: of the object's header.
            depth: how many groups it is in.
            messages: of its header; empty if it was added before.
        """
        if self.is_usual:
            try:
                self._add(address, depth, messages)
            except (ValueError, IndexError, struct.error):
                self.is_usual = False

    def _add(self, address: int, depth: int, messages: Sequence[Message]) -> None:
        self._left -= 1
        require(self._left >= 0)
        if not messages:
            require(address in self._sizes)
            self._add_array(address)
            return
        parts: dict[int, bytes] = {}
        attributes: dict[bytes, Attribute] = {}
        for kind, _, content in messages:
            if kind in _PARTS:
                require(kind not in parts)
                parts[kind] = content
            elif kind == _ATTRIBUTE:
                attribute = read_attribute(content)
                require(attribute.name not in attributes)
                attributes[attribute.name] = attribute
                self._add_attribute(attribute, address)
        require(len(attributes) <= self._most_attributes)
        require(self._letters <= MOST_LETTERS)
        for base in FOLLOWED_NAMES:
            own = [each for name, each in attributes.items() if name.rstrip(_DIGITS) == base]
            require(are_distinct([text for each in own for text in self._texts(each)]))
        if _GROUP in parts:
            require(len(parts) == 1 and depth < self._deepest)
        else:
            self._sizes[address] = self._array_size(parts)
            self._add_array(address)

    def _add_array(self, address: int) -> None:
        size, chunks = self._sizes[address]
        self.declared += size
        self._chunks_left -= chunks
        require(self._chunks_left >= 0)

    def _array_size(self, parts: dict[int, bytes]) -> tuple[int, int]:
        """Return the bytes that an array declares, and its chunks."""
        item = _value_size(parts.get(_TYPE, b""), _LONGEST_TEXT)
        layout, shape, chunks = parts.get(_LAYOUT, b""), shape_of(parts.get(_SHAPE, b"")), 0
        require(layout[0] == 3 and layout[1] <= _CHUNKED)
        if layout[1] == _CHUNKED:
            *chunk, last = struct.unpack_from(f"<{layout[2]}I", layout, 11)
            require(last == item and 0 < last * prod(chunk) <= self._largest_chunk)
            chunks = chunk_count(shape, chunk)
        return prod(shape) * item, chunks

    def _add_attribute(self, attribute: Attribute, address: int) -> None:
        """Add the bytes of an attribute; its texts lie in heaps as HDF5 writes them."""
        name, kind, shape, _ = attribute
        size = self._known.get(kind)
        if size is None:
            size = self._known[kind] = _value_size(kind, None)
        self.declared += size * prod(shape_of(shape))
        is_config = name == b"model_config" and address == self._reader.root
        require(not is_config or (kind[0] & 15 == VARIABLE and shape_of(shape) == ()))
        if kind[0] & 15 == VARIABLE:
            for place in text_places(attribute):
                start = text_start(self._reader, place)
                self._letters += place.letters
                if is_config:
                    self.config = self._reader.read(start, place.letters)

    def _texts(self, attribute: Attribute) -> list[bytes]:
        """Return the texts of an attribute, without the zeros at their ends; none of one of numbers."""
        kind, values = attribute.kind, attribute.values
        if kind[0] & 15 == VARIABLE:
            places = text_places(attribute)
            return [self._reader.read(text_start(self._reader, at), at.letters) for at in places]
        (size,) = struct.unpack_from("<I", kind, 4)
        count = prod(shape_of(attribute.shape)) if kind[0] & 15 == _TEXT else 0
        require(count * size <= len(values))
        return [values[at * size : at * size + size].rstrip(b"\0") for at in range(count)]


def _value_size(kind: bytes, longest: int | None) -> int:
    """Return the bytes of one value of a usual type.

    Args:
        kind: the message of the type.
        longest: bytes of a text in an array; None for an attribute, whose texts may be of any length.
    """
    code, (size,) = kind[0] & 15, struct.unpack_from("<I", kind, 4)
    require(kind[0] >> 4 == 1 and size > 0)
    if code == _TEXT:
        require(longest is None or size <= longest)
    elif code == VARIABLE:
        require(longest is None and kind[1] & 15 == 1 and kind[8:] == _OF_LETTERS)
        require(size == TEXT_BYTES)
        return _POINTER  # as HDF5 counts it
    else:
        require(code in _NUMBERS and size <= _LARGEST_NUMBER)
    return int(size)
