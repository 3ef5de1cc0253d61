"""Rows of Parquet files on demand: encoded images, or numbers in columns.

A Parquet file is a sequence of row groups, and a row group is read as a whole. The row groups that were used
last are remembered, so the order of zoo.data.on_demand.order reads each one once in an epoch.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zoo.data.arrays import Array, check_numbers
from zoo.data.images import open_image, to_array
from zoo.data.on_demand.examples import OnDemand
from zoo.data.on_demand.parquet_column import encoded_images
from zoo.data.on_demand.parquet_files import ParquetFiles
from zoo.errors import DataError
from zoo.io.digest import file_digest

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = ["ParquetRows"]


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
        contents = encoded_images(table.column(0))
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


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="decoder")
