"""Rows of Parquet files on demand: encoded images, or numbers in columns.

A Parquet file is a sequence of row groups, and a row group is read as a whole. The row groups that were used
last are remembered, so the order of zoo.data.on_demand.order reads each one once in an epoch.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zoo.data.arrays import Array, check_numbers
from zoo.data.images import open_image, to_array
from zoo.data.on_demand.examples import OnDemand
from zoo.errors import DataError, UnsafeFile, format_error
from zoo.io.digest import file_digest
from zoo.io.foreign.limits import check_limit
from zoo.io.foreign.plain_file import check_plain

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = ["WINDOW_BYTES", "ParquetFiles", "ParquetRows"]

WINDOW_BYTES = 128 * 2**20  # of row groups that are shuffled together; twice as many are in memory


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files of the same columns, one after the other.

    Args:
        paths: the files.
        columns: those that are read.
    """

    paths: tuple[Path, ...]
    columns: tuple[str, ...]
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
            DataError: it cannot be read.
        """
        with self._lock:
            if number not in self._groups:
                path, own = self.places()[0][number]
                self._groups[number] = _read_group(path, own, self.columns)
                while len(self._groups) > 2 * self.window:
                    self._groups.popitem(last=False)
            self._groups.move_to_end(number)
            return self._groups[number]


def _find_groups(
    paths: Sequence[Path], columns: Sequence[str]
) -> tuple[list[tuple[Path, int]], Array, int]:
    groups, starts, largest = [], [0], 0
    for path in paths:
        metadata = open_parquet(path).metadata
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            groups.append((path, number))
            starts.append(starts[-1] + group.num_rows)
            size = sum(
                group.column(at).total_uncompressed_size
                for at in range(group.num_columns)
                if group.column(at).path_in_schema.partition(".")[0] in columns
            )
            largest = max(largest, size)
        _check_rows(path, starts[-1])
    return groups, np.array(starts, np.int64), largest


def _check_rows(path: Path, rows: int) -> None:
    """Refuse a file of too many rows; a few bytes can declare billions of the same.

    Raises:
        DataError: it has too many.
    """
    try:
        check_limit(path, "table_rows", rows)
    except UnsafeFile as error:
        raise DataError(str(error)) from error


def open_parquet(path: Path) -> Any:
    """Open a Parquet file; only its metadata is read.

    Raises:
        DataError: it is no Parquet file.
    """
    import pyarrow.parquet

    try:
        check_plain(path)
        return pyarrow.parquet.ParquetFile(path)
    except UnsafeFile as error:
        raise DataError(str(error)) from error
    except Exception as error:  # pyarrow's errors and those of the system
        raise DataError(
            f"{path} is no Parquet file that can be read ({format_error(error)})."
        ) from error


def _read_group(path: Path, number: int, columns: Sequence[str]) -> Any:
    try:
        with open_parquet(path) as file:
            return file.read_row_group(number, columns=list(columns), use_threads=False)
    except DataError:
        raise
    except Exception as error:  # pyarrow's errors and those of the system
        raise DataError(
            f"Row group {number} of {path} cannot be read ({format_error(error)})."
        ) from error


class ParquetRows(OnDemand):
    """Rows that look like an array: images, uint8 of one shape; or numbers, float32 of shape (n, columns).

    Args:
        files: the files.
        shape: of one example.
        resize: how an image of another size is brought to it; None: the columns are numbers.
        positions: which rows; None is all of them.
        errors: the list that errors are added to; a new one if not given.
    """

    def __init__(
        self,
        files: ParquetFiles,
        shape: tuple[int, ...],
        resize: Resize | None = None,
        positions: Array | None = None,
        errors: list[DataError] | None = None,
    ) -> None:
        self.files, self.resize = files, resize
        self._starts = files.places()[1]
        self._rows = np.arange(self._starts[-1]) if positions is None else positions
        self.shape = (len(self._rows), *shape)
        self.dtype = np.dtype(np.float32 if resize is None else np.uint8)
        self.errors = [] if errors is None else errors

    def __getitem__(self, positions: Any) -> Array:
        rows = self._rows[positions]
        values = self._read(np.atleast_1d(rows))
        return values if rows.ndim else np.asarray(values[0])

    def take(self, positions: Any) -> Self:
        """Return some of the rows; none is read."""
        rows = self._rows[positions]
        return type(self)(self.files, self.shape[1:], self.resize, rows, self.errors)

    def fingerprint(self) -> bytes:
        """Return a hash of the files, and of which rows are used and how."""
        digest = sha256(f"{self.shape}{self.dtype}{self.resize}{self.files.columns}".encode())
        for path in self.files.paths:
            digest.update(file_digest(path).encode())
        digest.update(np.ascontiguousarray(self._rows).data)
        return digest.digest()

    def blocks(self) -> Array:
        """Return the row group of each row."""
        return np.searchsorted(self._starts, self._rows, "right") - 1

    @property
    def window(self) -> int:
        """How many row groups are shuffled together."""
        return self.files.window

    def _read(self, rows: Array) -> Array:
        """Read some rows of the files.

        Raises:
            DataError: a row group or an image cannot be read; the error is added to `errors` too.
        """
        result = np.empty((len(rows), *self.shape[1:]), self.dtype)
        groups = np.searchsorted(self._starts, rows, "right") - 1
        try:
            for number in dict.fromkeys(groups.tolist()):
                own = np.flatnonzero(groups == number)
                table = self.files.group(number).take(rows[own] - self._starts[number])
                result[own] = self._values(table, rows[own])
        except DataError as error:
            self.errors.append(error)
            raise
        return result

    def _values(self, table: Any, rows: Array) -> Array:
        if self.resize is None:
            columns = [column.to_numpy(zero_copy_only=False) for column in table.columns]
            values = np.stack([column.astype(np.float32) for column in columns], 1)
            check_numbers(f"A row group of {self.files.paths[0].parent}", values)
            return values
        contents = [image_bytes(value) for value in table.column(0).to_pylist()]
        return np.stack(list(_threads().map(self._decode, contents, rows.tolist())))

    def _decode(self, content: bytes | None, row: int) -> Array:
        number = int(np.searchsorted(self._starts, row, "right")) - 1
        path, group = self.files.places()[0][number]
        name = Path(f"{path}, row group {group}, row {row - int(self._starts[number])}")
        if content is None:
            raise DataError(f"There is no image in {name}.")
        height, width, channels = self.shape[1:]
        assert self.resize is not None
        return to_array(open_image(name, content), (height, width, channels), self.resize)


def image_bytes(value: Any) -> bytes | None:
    """Return the encoded image in a cell: bytes, or an entry `bytes` as Hugging Face writes it."""
    content = value.get("bytes") if isinstance(value, dict) else value
    return content if isinstance(content, bytes) else None


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="decoder")
