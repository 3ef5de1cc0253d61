"""Parquet files of one table: their row groups, the last of which are remembered.

A row group is read as a whole, and the metadata of a file is parsed once while the file is used.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.on_demand.parquet_footer import check_footer
from zoo.data.on_demand.parquet_pages import check_pages
from zoo.errors import DataError, UnsafeFile, ZooError, format_error
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.plain_file import check_plain

__all__ = ["MOST_GROUP_BYTES", "WINDOW_BYTES", "ParquetFiles", "read_metadata"]

_FEW_ROWS = 4_000_000  # that any files may have
MOST_GROUP_BYTES = 2**30  # of one row group, unpacked
WINDOW_BYTES = 128 * 2**20  # of row groups that are shuffled together; twice as many are in memory


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files of the same columns, one after the other.

    Args:
        paths: the files.
        columns: those that are read.
        most: bytes of one row group, unpacked.
    """

    paths: tuple[Path, ...]
    columns: tuple[str, ...]
    most: int = MOST_GROUP_BYTES
    _groups: OrderedDict[int, Any] = field(default_factory=OrderedDict, repr=False, compare=False)
    _lock: Any = field(default_factory=threading.RLock, repr=False, compare=False)
    _places: list[Any] = field(default_factory=list, repr=False, compare=False)

    def places(self) -> tuple[list[tuple[Path, int]], Array, int]:
        """Return the file and number of each row group, its first row, and the largest size in bytes.

        The array has one entry more: the number of all rows.
        """
        with self._lock:
            if not self._places:
                self._places.append(_find_groups(self.paths, self.columns))
            found: tuple[list[tuple[Path, int]], Array, int] = self._places[0]
            return found

    @property
    def window(self) -> int:
        """How many row groups are shuffled together."""
        return max(1, WINDOW_BYTES // max(1, self.places()[2]))

    def group(self, number: int) -> Any:
        """Return a row group as a table of pyarrow.

        Raises:
            DataError: it cannot be read, or holds another number of rows than it declares.
        """
        with self._lock:
            if number not in self._groups:
                groups, starts, _ = self.places()
                path, own = groups[number]
                table, rows = _read_group(path, own, self), np.diff(starts)[number]
                if len(table) != rows:
                    raise DataError(
                        f"Row group {own} of {path} declares {rows} rows and holds {len(table)}."
                    )
                self._groups[number] = table
                while len(self._groups) > 2 * self.window:
                    self._groups.popitem(last=False)
            self._groups.move_to_end(number)
            return self._groups[number]


def _find_groups(
    paths: Sequence[Path], columns: Sequence[str]
) -> tuple[list[tuple[Path, int]], Array, int]:
    groups, starts, largest, wanted = [], [0], 0, set(columns)
    for path in paths:
        metadata, _ = read_metadata(path)
        with _errors(path):
            for number in range(metadata.num_row_groups):
                group = metadata.row_group(number)
                rows, size = _count_rows(group), _stored_bytes(group, wanted)
                groups.append((path, number))
                starts.append(starts[-1] + rows)
                largest = max(largest, size)
            check_limit(path, "table_rows", starts[-1])
            _check_size(path, starts[-1], sum(each.stat().st_size for each in paths))
    return groups, np.array(starts, np.int64), largest


def _check_size(path: Path, rows: int, size: int) -> None:
    """Refuse very many rows in a few bytes: all of them have the same values.

    Raises:
        UnsafeFile: there are as many.
    """
    if rows > _FEW_ROWS:
        check_limit(path, "table_ratio", rows // max(size, 1))


def _count_rows(group: Any) -> int:
    rows = int(group.num_rows)
    if rows < 0:
        raise ValueError(f"a row group of {rows} rows")
    return rows


def _stored_bytes(group: Any, columns: Collection[str]) -> int:
    """Return how many bytes some columns of a row group take when they are unpacked."""
    chunks = map(group.column, range(group.num_columns))
    return sum(
        chunk.total_uncompressed_size
        for chunk in chunks
        if chunk.path_in_schema.partition(".")[0] in columns
    )


def read_metadata(path: Path) -> tuple[Any, Any]:
    """Return the metadata of a Parquet file and its schema in Arrow.

    Raises:
        DataError: it is no Parquet file, or its footer exceeds a limit.
    """
    with _errors(path):
        check_plain(path)
        state = path.stat()
        _check_once(path, state.st_size, state.st_mtime_ns)
        return _parse_footer(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _check_once(path: Path, *_: int) -> None:
    check_footer(path)


@lru_cache(maxsize=2)  # a split for training and one for testing are read by turns
def _parse_footer(path: Path, *_: int) -> tuple[Any, Any]:
    import pyarrow.parquet

    lists = max(limit(name) for name in ("table_columns", "table_groups"))
    with pyarrow.parquet.ParquetFile(path, thrift_container_size_limit=lists + 1) as file:
        return file.metadata, file.schema_arrow


def _open_parquet(path: Path, metadata: Any, number: int, columns: Sequence[str]) -> Any:
    """Open a Parquet file to read one row group; equal texts of a column will share their bytes."""
    import pyarrow.parquet

    group, schema = metadata.row_group(number), metadata.schema
    texts = [
        schema.column(at).path
        for at in range(len(schema))
        if schema.column(at).path.partition(".")[0] in columns
        and _can_share(group.column(at), schema.column(at))
    ]
    return pyarrow.parquet.ParquetFile(path, metadata=metadata, read_dictionary=texts)


def _can_share(chunk: Any, leaf: Any) -> bool:
    """Return whether pyarrow can read a column as a dictionary: not lists, nor differences of texts."""
    is_text = leaf.physical_type == "BYTE_ARRAY" and not leaf.max_repetition_level
    return is_text and not any(each.startswith("DELTA") for each in chunk.encodings)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Turn the errors of a file that cannot be opened into DataError."""
    try:
        yield
    except UnsafeFile as error:
        raise DataError(str(error)) from error
    except ZooError:  # of ZOO_LIMITS
        raise
    except Exception as error:  # pyarrow's errors and those of the system
        raise DataError(
            f"{path} is no Parquet file that can be read ({format_error(error)})."
        ) from error


def _read_group(path: Path, number: int, files: ParquetFiles) -> Any:
    try:
        metadata, _ = read_metadata(path)
        check_pages(path, metadata, number, files.columns, files.most)
        with _open_parquet(path, metadata, number, files.columns) as file:
            return file.read_row_group(number, columns=list(files.columns), use_threads=False)
    except UnsafeFile as error:
        raise DataError(str(error)) from error
    except DataError:
        raise
    except Exception as error:  # pyarrow's errors and those of the system
        raise DataError(
            f"Row group {number} of {path} cannot be read ({format_error(error)})."
        ) from error
