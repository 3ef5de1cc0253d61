"""The wire format of Protocol Buffers, read field by field without the messages' definitions.

A check must see what the runtime's own parser sees. So what parsers read differently is refused: numbers
that are longer than they need to be, groups, and messages deeper than MOST_LEVELS. Large fields are passed
over by their length, so that a check takes as long as the graph is large, not the weights.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoo.errors import UnsafeFile
from zoo.io.foreign.limits import check_limit, limit

MOST_LEVELS = 90  # the parsers of C++ end at 100
LONGEST_NAME = 1024  # bytes
_BYTES = 2  # the wire type of text, bytes and messages
_SIZES = {1: 8, 5: 4}  # bytes of the wire types of fixed size


class FieldReader:
    """Reads the messages of one file, and counts their fields.

    Attributes:
        fields: the number of fields that were read.
    """

    def __init__(self) -> None:
        self.fields = 0
        self._most = limit("graph_fields")

    def messages(self, message: memoryview, level: int) -> Iterator[tuple[int, memoryview]]:
        """Yield the number and the content of each field that is text, bytes or a message.

        Args:
            message: its bytes.
            level: the number of messages that it lies in.

        Raises:
            UnsafeFile: the bytes are no message, parsers may differ on them, or there are too many fields.
        """
        if level > MOST_LEVELS:
            raise UnsafeFile(f"it holds graphs more than {MOST_LEVELS} levels deep")
        position, end = 0, len(message)
        while position < end:
            self.fields += 1
            if self.fields > self._most:
                check_limit("The file", "graph_fields", self.fields, more=True)
            tag, position = _read_number(message, position, 5)
            kind, start = tag & 7, position
            if kind == _BYTES:
                length, start = _read_number(message, position, 5)
                position = start + length
            elif kind == 0:
                _, position = _read_number(message, position, 10)
            elif kind in _SIZES:
                position += _SIZES[kind]
            else:
                raise UnsafeFile("it holds a field of a kind that no graph has")
            if position > end or tag < 8:
                raise UnsafeFile("it is cut off, or no graph")
            if kind == _BYTES:
                yield tag >> 3, message[start:position]


def read_text(content: memoryview) -> str:
    """Return the text of a field.

    Raises:
        UnsafeFile: it is longer than LONGEST_NAME.
    """
    if len(content) > LONGEST_NAME:
        raise UnsafeFile(f"it holds a name of {len(content)} bytes")
    return bytes(content).decode(errors="replace")


def _read_number(message: memoryview, position: int, most: int) -> tuple[int, int]:
    """Return a number of variable length, and the position behind it.

    Args:
        message: the bytes.
        position: of the number's first byte.
        most: bytes that the number may have.

    Raises:
        UnsafeFile: it is cut off or too long.
    """
    value = 0
    for at, byte in enumerate(message[position : position + most]):
        value |= (byte & 127) << (7 * at)
        if byte < 128:
            if (at and not byte) or (most == 5 and value >= 2**32):
                break
            return value, position + at + 1
    raise UnsafeFile("it is cut off, or holds a number that is longer than it needs to be")
