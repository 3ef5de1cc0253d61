"""Parquet files whose footers declare too much: columns, row groups, depth, and lists that are not there.

Each is a footer alone, in Thrift's compact protocol; there is no data before it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from zoo.testing.hostile.case import HostileCase, Writer, collect

__all__ = ["cases"]

_NUMBER, _LONG, _TEXT, _LIST, _STRUCT = 5, 6, 8, 9, 12  # kinds of values in the protocol
_DOUBLE, _BYTES = 5, 6  # types of columns
Field = tuple[int, int, bytes]
"""The number of a field, its kind, and its value."""


def cases() -> Iterator[HostileCase]:
    """Yield the cases."""
    yield from collect("parquet", "data.parquet", _special() | _writers())


def _special() -> dict[str, Writer]:
    return {
        "a named pipe": lambda path: os.mkfifo(path),
        "a link to a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to itself": lambda path: path.symlink_to("data.parquet"),
    }


def _writers() -> dict[str, Writer]:
    contents: dict[str, Callable[[], bytes]] = {
        "20,000 columns, one of bytes": lambda: _file([*_numbers(20_000), _column("t", _BYTES)]),
        "60,000 columns": lambda: _file(_numbers(60_000)),
        "20,000 columns of bytes": lambda: _file([_column("c", _BYTES)] * 20_000),
        "20,000 columns inside each other": lambda: _file(_chain(20_000), parts=1),
        "100 columns inside each other": lambda: _file(_chain(100), parts=1),
        "columns behind the row groups": lambda: _file(
            [_column("c")], more=[_schema(_chain(20_000))]
        ),
        "a column of 2 ** 30 parts": lambda: _file([_column("c", parts=2**30)]),
        "20,000 row groups": lambda: _rows([_group([_CHUNK])] * 20_000),
        "300,000 empty row groups": lambda: _rows([_group([])] * 300_000),
        "400,000 chunks in a row group": lambda: _rows([_group([_CHUNK] * 400_000)]),
        "400,000 chunks in 400 row groups": lambda: _rows([_group([_CHUNK] * 1000)] * 400),
        "250,000 chunks in 250 row groups": lambda: _rows([_group([_CHUNK] * 1000)] * 250),
        "a million columns that are not there": lambda: _footer(_schema([], count=10**6)),
        "a million row groups that are not there": lambda: _rows([], count=10**6),
        "a million chunks that are not there": lambda: _rows([_group([], count=10**6)]),
        "2 ** 60 columns": lambda: _footer(_schema([], count=2**60)),
        "2 ** 40 rows": lambda: _rows([_group([_CHUNK], rows=2**40)]),
        "rows below 0": lambda: _rows([_group([_CHUNK], rows=-5)]),
        "a row group of 2 ** 50 bytes": lambda: _rows([_group([_CHUNK], size=2**50)]),
        "structures 100,000 deep": lambda: _footer((1, _STRUCT, b"\x1c" * 100_000)),
        "lists 100,000 deep": lambda: _footer((1, _LIST, b"\x19" * 100_000)),
        "a text of 4 GB": lambda: _footer((6, _TEXT, _varint(2**32) + b"x")),
        "a number of a megabyte": lambda: _footer((1, _NUMBER, b"\xff" * 2**20)),
        "a footer of 34 MB": lambda: _footer((6, _TEXT, _text("x" * 34 * 10**6))),
        "30 million empty texts": lambda: _footer((7, _LIST, _texts(30 * 10**6))),
        "a footer longer than the file": lambda: b"PAR1" + b"\0" * 50 + b"\xff\xff\xff\x7fPAR1",
        "a footer of nothing": lambda: _ending(b""),
        "a footer of zeros": lambda: _ending(b"\0" * 1000),
        "a footer of noise": lambda: _ending(bytes(range(256)) * 20),
        "an encrypted footer": lambda: b"PAR1" + b"\0" * 40 + b"\x20\0\0\0PARE",
        "nothing": bytes,
        "the first bytes alone": lambda: b"PAR1",
        "a text": lambda: b"1,2,3\n" * 100,
    }
    return {name: _writer(content) for name, content in contents.items()}


def _writer(content: Callable[[], bytes]) -> Writer:
    """Return the writer of a file; its content is made when it is written."""
    return lambda path: _write(path, content())


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _numbers(count: int) -> list[bytes]:
    return [_column(f"c{number}") for number in range(count)]


def _chain(count: int) -> list[bytes]:
    """Return columns that are inside each other."""
    return [_column("c", parts=1)] * count + [_column("c")]


def _rows(groups: Sequence[bytes], count: int | None = None) -> bytes:
    """Return a file of a column of numbers, and of row groups."""
    return _file([_column("c")], groups, count=count)


def _file(
    columns: Sequence[bytes],
    groups: Sequence[bytes] = (),
    *,
    count: int | None = None,
    parts: int | None = None,
    more: Sequence[Field] = (),
) -> bytes:
    """Return a file of some columns and row groups.

    Args:
        columns: those of the table.
        groups: the row groups.
        count: of the row groups that are declared.
        parts: how many columns the table declares.
        more: fields behind the row groups.
    """
    declared = len(columns) if parts is None else parts
    table = _struct((4, _TEXT, _text("table")), (5, _NUMBER, _integer(declared)))
    return _footer(
        _schema([table, *columns]),
        (3, _LONG, _integer(len(groups))),
        (4, _LIST, _list(groups, count)),
        *more,
    )


def _footer(*fields: Field) -> bytes:
    return _ending(_struct((1, _NUMBER, _integer(1)), *fields))


def _ending(footer: bytes) -> bytes:
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def _schema(columns: Sequence[bytes], count: int | None = None) -> Field:
    return 2, _LIST, _list(columns, count)


def _column(name: str, kind: int = _DOUBLE, parts: int = 0) -> bytes:
    """Return the declaration of a column of numbers, or of one that has parts."""
    if parts:
        return _struct((4, _TEXT, _text(name)), (5, _NUMBER, _integer(parts)))
    return _struct((1, _NUMBER, _integer(kind)), (3, _NUMBER, _integer(0)), (4, _TEXT, _text(name)))


def _group(
    chunks: Sequence[bytes], *, rows: int = 1, size: int = 8, count: int | None = None
) -> bytes:
    return _struct(
        (1, _LIST, _list(chunks, count)), (2, _LONG, _integer(size)), (3, _LONG, _integer(rows))
    )


def _struct(*fields: Field) -> bytes:
    """Return a structure. Each field has its number in full, so that any order is possible."""
    return (
        b"".join(bytes([kind]) + _integer(number) + value for number, kind, value in fields) + b"\0"
    )


def _list(values: Sequence[bytes], count: int | None = None) -> bytes:
    declared = len(values) if count is None else count
    return bytes([0xF0 | _STRUCT]) + _varint(declared) + b"".join(values)


def _text(text: str) -> bytes:
    return _varint(len(text)) + text.encode()


def _texts(count: int) -> bytes:
    """Return a list of empty texts."""
    return bytes([0xF0 | _TEXT]) + _varint(count) + b"\0" * count


def _integer(value: int) -> bytes:
    """Return a number with its sign in the last bit."""
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _varint(value: int) -> bytes:
    groups = [value & 127]
    while value := value >> 7:
        groups.append(value & 127)
    return bytes([*(group | 128 for group in groups[:-1]), groups[-1]])


_CHUNK = _struct((2, _LONG, _integer(4)))
