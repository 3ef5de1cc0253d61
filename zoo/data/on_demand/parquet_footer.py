"""Checks of the footer of a Parquet file, before pyarrow parses it.

The footer lists the columns, the row groups, and the chunk of each column in each row group. Chunks of three
bytes become a kilobyte each in pyarrow, and columns of columns become its recursion. So the footer is walked
first: it is a structure of Thrift in the compact protocol.

https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from zoo.errors import UnsafeFile
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.plain_file import open_plain

__all__ = ["Compact", "check_footer"]

_MAGIC, _TAIL = b"PAR1", 8  # the end of a file: the length of its footer in 4 bytes, and PAR1
_SCHEMA, _ROW_GROUPS = 2, 4  # fields of the footer
_CHUNKS = 1  # field of a row group
_CHILDREN = 5  # field of a column: how many of the columns behind it are parts of it
_BOOLEANS, _BYTE, _NUMBERS, _DOUBLE, _TEXT = (1, 2), 3, (4, 5, 6), 7, 8
_LISTS, _MAP, _STRUCT, _UUID = (9, 10), 11, 12, 13
_LONGEST_NUMBER = 70  # bits of a number of 64 bits in groups of seven


def check_footer(path: Path) -> None:
    """Refuse a Parquet file that declares too much in its footer.

    A file that is no Parquet file passes: pyarrow says what is wrong with it.

    Raises:
        UnsafeFile: the footer exceeds a limit, or is broken.
        OSError: the file cannot be read.
    """
    with open_plain(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != _MAGIC or length > size - _TAIL:
            return
        check_limit(path, "table_footer", length)
        file.seek(size - _TAIL - length)
        footer = file.read(length)
    try:
        _check_counts(path, Compact(path, footer))
    except (IndexError, ValueError, RecursionError) as error:
        raise UnsafeFile(f"{path} was not opened: its footer is broken.") from error


def _check_counts(path: Path, footer: Compact) -> None:
    """Count columns, row groups and chunks."""
    last = 0
    for field, kind in footer.fields():
        if field <= last:  # no writer does so, and the second of two lists would count
            raise ValueError(field)
        last = field
        if field == _SCHEMA and kind in _LISTS:
            count = footer.list_of_structs()
            check_limit(path, "table_columns", count - 1)  # the first is the table
            check_limit(path, "table_depth", _depth(footer, count))
        elif field == _ROW_GROUPS and kind in _LISTS:
            count = footer.list_of_structs()
            check_limit(path, "table_groups", count)
            _check_chunks(path, footer, count)
        else:
            footer.skip(kind)


def _check_chunks(path: Path, footer: Compact, groups: int) -> None:
    """Count the chunks of all row groups; the list of these is read."""
    chunks = 0
    for _ in range(groups):
        for field, kind in footer.fields():
            if field == _CHUNKS and kind in _LISTS:
                count = footer.list_of_structs()
                chunks += count
                check_limit(path, "table_chunks", chunks, more=True)
                for _ in range(count):
                    footer.skip(_STRUCT)
            else:
                footer.skip(kind)


def _depth(footer: Compact, count: int) -> int:
    """Return how deep the columns are nested; their list is read."""
    missing: list[int] = []  # parts that are still to come of each column around
    deepest = 0
    for _ in range(count):
        children = 0
        for field, kind in footer.fields():
            if field == _CHILDREN and kind in _NUMBERS:
                children = footer.number() >> 1  # zigzag; a number below 0 becomes one above
            else:
                footer.skip(kind)
        while missing and not missing[-1]:
            missing.pop()
        if missing:
            missing[-1] -= 1
        if children:
            missing.append(children)
        deepest = max(deepest, len(missing))
    return deepest


class Compact:
    """Bytes in Thrift's compact protocol, and the place up to which they are read.

    The methods raise IndexError at the end of the bytes, ValueError for what the protocol does not have, and
    UnsafeFile for too many values.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path, self.data, self.place = path, data, 0
        self._values, self._most = 0, limit("table_values")

    def byte(self) -> int:
        """Return the next byte."""
        self.place += 1
        return self.data[self.place - 1]

    def number(self) -> int:
        """Return the next number, as it is stored: 7 bits in each byte."""
        result = shift = 0
        while (byte := self.byte()) & 128:
            result |= (byte & 127) << shift
            shift += 7
            if shift >= _LONGEST_NUMBER:
                raise ValueError(shift)
        return result | byte << shift

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yield the number and the kind of each field of a structure; the caller reads the field."""
        field = 0
        while header := self.byte():
            step = header >> 4
            field = field + step if step else self.number() >> 1
            yield field, header & 15

    def list_of_structs(self) -> int:
        """Return how many structures are in the list that begins here; the caller reads them."""
        count, kind = self._list()
        if count and kind != _STRUCT:
            raise ValueError(kind)
        return count

    def skip(self, kind: int, in_list: bool = False) -> None:
        """Skip a value.

        Args:
            kind: of the value.
            in_list: whether it is in a list or a map, where a Boolean value takes a byte.
        """
        self._count(0 if in_list else 1)
        if kind in _NUMBERS:
            self.number()
        elif kind == _TEXT:
            self._jump(self.number())
        elif kind == _STRUCT:
            self._skip_struct()
        elif kind in _LISTS:
            count, inner = self._list()
            for _ in range(count):
                self.skip(inner, in_list=True)
        elif kind == _MAP:
            if count := self._check(self.number()):
                kinds = self.byte()
                for _ in range(count):
                    self.skip(kinds >> 4, in_list=True)
                    self.skip(kinds & 15, in_list=True)
        elif kind in _BOOLEANS:
            self._jump(int(in_list))
        else:
            self._jump({_BYTE: 1, _DOUBLE: 8, _UUID: 16}.get(kind, len(self.data)))

    def _skip_struct(self) -> None:
        """Skip a structure. Its numbers and short texts, which are most of a footer, are skipped here."""
        data, place, values = self.data, self.place, 0
        while header := data[place]:
            values += 1
            place += 1
            kind = header & 15
            if header < 16:  # the number of the field follows
                while data[place] > 127:
                    place += 1
                place += 1
            if kind in _NUMBERS:
                while data[place] > 127:
                    place += 1
                place += 1
            elif kind == _TEXT and data[place] < 128:
                place += 1 + data[place]
            else:
                self.place = place
                self.skip(kind)
                place = self.place
        self.place = place + 1
        self._values += values

    def _list(self) -> tuple[int, int]:
        """Return how many values are in a list, and their kind."""
        header = self.byte()
        count = header >> 4
        count = self._check(self.number() if count == 15 else count)
        self._count(count)
        return count, header & 15

    def _count(self, values: int) -> None:
        """Count values, all of a list at once, and refuse too many."""
        self._values += values
        if self._values > self._most:
            check_limit(self.path, "table_values", self._values, more=True)

    def _jump(self, count: int) -> None:
        self.place += self._check(count)

    def _check(self, count: int) -> int:
        """Return a count of bytes, or of values, which take a byte each at least; there must be as many."""
        if count > len(self.data) - self.place:
            raise ValueError(count)
        return count
