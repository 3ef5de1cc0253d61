"""Checks of the pages of a row group in a Parquet file, before pyarrow unpacks them.

The footer says what the pages unpack to, and it may lie. Each page says it too, and pyarrow takes memory for
that: so the headers of the pages are added up first, and their contents are jumped over. A column of one
value takes a few bytes, too; so the values are counted as well.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from zoo.data.on_demand.parquet_footer import Compact
from zoo.errors import UnsafeFile
from zoo.io.foreign.limits import limit
from zoo.io.foreign.plain_file import open_plain

__all__ = ["check_pages"]

_UNPACKED, _PACKED = 2, 3  # fields of the header of a page: its bytes
_KINDS = {5: False, 7: True, 8: False}  # of a page, each with its fields; True: a dictionary
_VALUES = 1  # field of these: how many values the page has
_STRUCT, _NUMBERS = 12, (4, 5, 6)
_FIRST_HEADER, _LONGEST_HEADER = 2**12, 2**24  # bytes: the smallest and largest values are in it
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 8, "FLOAT": 4, "DOUBLE": 8}
_INDEX = 4  # bytes of the place of a text in the dictionary
_SMALL = 256 * 2**20  # bytes that any row group may unpack to


def check_pages(
    path: Path, metadata: Any, number: int, columns: Collection[str], most: int
) -> None:
    """Refuse a row group that unpacks to very many bytes for its size.

    Args:
        path: the file.
        metadata: of pyarrow.
        number: of the row group.
        columns: those that are read; texts and bytes among them are read as dictionaries.
        most: bytes that it may unpack to.

    Raises:
        UnsafeFile: it does.
        ValueError: the header of a page is broken.
        OSError: the file cannot be read.
    """
    group = metadata.row_group(number)
    packed = unpacked = 0
    with open_plain(path) as file:
        for at in range(group.num_columns):
            chunk = group.column(at)
            if chunk.path_in_schema.partition(".")[0] not in columns:
                continue
            width = _width(chunk, metadata.schema.column(at))
            packed += chunk.total_compressed_size
            for size, values in _pages(path, file, chunk):
                unpacked += size + values * width
            if unpacked > most:
                raise UnsafeFile(
                    f"{path}: row group {number} unpacks to more than {most / 2**20:.0f} MiB in the columns "
                    f"{', '.join(columns)[:80]}. Write the file with smaller ones: "
                    "pyarrow.parquet.write_table(table, path, row_group_size=1000)."
                )
            if unpacked > _SMALL + limit("npz_ratio") * packed:
                raise UnsafeFile(
                    f"{path}: row group {number} has {packed:,} bytes and would unpack to more than "
                    f"{unpacked:,}. It was not opened. If you trust it, set "
                    f"ZOO_LIMITS=npz_ratio={10 * unpacked // max(packed, 1) + 1}."
                )


def _width(chunk: Any, column: Any) -> int:
    """Return how many bytes a value of a column takes beside those of the pages."""
    if chunk.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return int(column.length)
    return _WIDTHS.get(chunk.physical_type, _INDEX)


def _pages(path: Path, file: IO[bytes], chunk: Any) -> Iterator[tuple[int, int]]:
    """Yield of each page the bytes that it unpacks to, and how many values it has."""
    places = (chunk.dictionary_page_offset, chunk.data_page_offset)
    place = min(each for each in places if each is not None and each > 0)
    end = place + chunk.total_compressed_size
    if place < 0 or end > os.fstat(file.fileno()).st_size:
        raise ValueError("a column lies behind the end of the file")
    while place < end:
        header, size, packed, values = _read_header(path, file, place, end)
        place += header + packed
        yield size, values
    if place > end:
        raise ValueError("a page is longer than its column")


def _read_header(path: Path, file: IO[bytes], place: int, end: int) -> tuple[int, int, int, int]:
    """Return the bytes of the header of a page, of the page unpacked and packed, and its values."""
    length = _FIRST_HEADER
    while True:
        file.seek(place)
        content = file.read(min(length, end - place))
        try:
            return _parse_header(Compact(path, content))
        except (IndexError, ValueError):
            if len(content) < length or length >= _LONGEST_HEADER:
                raise ValueError("the header of a page is broken") from None
        length *= 16


def _parse_header(header: Compact) -> tuple[int, int, int, int]:
    found = dict.fromkeys((_UNPACKED, _PACKED), 0)
    values = 0
    for field, kind in header.fields():
        if field in found and kind in _NUMBERS:
            found[field] = _number_of(header.number())
        elif field in _KINDS and kind == _STRUCT:
            count = _read_values(header)
            values += 0 if _KINDS[field] else count
        else:
            header.skip(kind)
    if min(*found.values(), values) < 0:
        raise ValueError("a size below 0")
    return header.place, found[_UNPACKED], found[_PACKED], values


def _read_values(header: Compact) -> int:
    """Return how many values a page has; its own fields are read."""
    values = 0
    for field, kind in header.fields():
        if field == _VALUES and kind in _NUMBERS:
            values = _number_of(header.number())
        else:
            header.skip(kind)
    return values


def _number_of(number: int) -> int:
    """Return a number that is stored as 0, -1, 1, -2, ..."""
    return (number >> 1) ^ -(number & 1)
