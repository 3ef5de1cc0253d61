"""Examples of tensorflow_datasets on demand, from files that can be read at any position (ArrayRecord)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Self

import numpy as np

from zoo.data.arrays import Array
from zoo.data.on_demand.examples import OnDemand
from zoo.errors import DataError, format_error

__all__ = ["TfdsRows"]


class TfdsRows(OnDemand):
    """Examples that look like an array of shape (n, ...).

    Args:
        source: reads examples by position: what `builder.as_data_source` returns.
        key: of the input in an example.
        change: brings an input to `shape`.
        shape: of one example.
        dtype: of the examples.
        name: of the dataset, its version and its split.
        positions: which examples; None is all of them.
        errors: the list that errors are added to; a new one if not given.
    """

    def __init__(
        self,
        source: Any,
        key: str,
        change: Callable[[Array], Array],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        name: str,
        positions: Array | None = None,
        errors: list[DataError] | None = None,
    ) -> None:
        self._source, self._key, self._change, self._name = source, key, change, name
        self._positions = np.arange(len(source)) if positions is None else positions
        self.shape, self.dtype = (len(self._positions), *shape), dtype
        self.errors = [] if errors is None else errors

    def __getitem__(self, positions: Any) -> Array:
        places = self._positions[positions]
        values = self._read(np.atleast_1d(places))
        return values if places.ndim else np.asarray(values[0])

    def take(self, positions: Any) -> Self:
        """Return some of the examples; none is read."""
        places, shape = self._positions[positions], self.shape[1:]
        return type(self)(
            self._source,
            self._key,
            self._change,
            shape,
            self.dtype,
            self._name,
            places,
            self.errors,
        )

    def fingerprint(self) -> bytes:
        """Return a hash of the dataset's name and version, and of which examples are used and how."""
        digest = sha256(f"{self._name}{self.shape}{self.dtype}".encode())
        digest.update(np.ascontiguousarray(self._positions).data)
        return digest.digest()

    def _read(self, places: Array) -> Array:
        """Read some examples.

        Raises:
            DataError: they cannot be read; the error is added to `errors` too.
        """
        result = np.empty((len(places), *self.shape[1:]), self.dtype)
        try:
            for at, example in enumerate(self._source.__getitems__(places.tolist())):
                result[at] = self._change(np.asarray(example[self._key]))
        except Exception as error:  # tensorflow_datasets and its files are foreign code
            fault = DataError(f"Examples of {self._name} cannot be read: {format_error(error)}.")
            self.errors.append(fault)
            raise fault from error
        return result
