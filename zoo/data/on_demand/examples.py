"""Examples on demand: they look like an array, and are read from a file or a folder position by position."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import DataError

__all__ = ["OnDemand"]


class OnDemand(ABC):
    """Examples that look like an array of shape (n, ...).

    Indexing by a position, a slice or an array of positions reads the examples there. `errors` collects
    those that cannot be read, since tf.data replaces every error that passes through it.

    Attributes:
        shape: (n, ...).
        dtype: of the examples; uint8 is divided by 255 later.
        errors: the errors so far.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    errors: list[DataError]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    @abstractmethod
    def __getitem__(self, positions: Any) -> Array:
        """Read the examples at some positions."""

    @abstractmethod
    def take(self, positions: Any) -> Self:
        """Return some of the examples; none is read."""

    @abstractmethod
    def fingerprint(self) -> bytes:
        """Return a hash of the contents of all examples in order."""

    def blocks(self) -> Array | None:
        """Return the number of the block that each example lies in, shape (n,).

        A block is read as a whole. None: each example can be read by itself.
        """
        return None

    @property
    def window(self) -> int:
        """How many blocks are shuffled together, since so many fit into memory."""
        return 1
