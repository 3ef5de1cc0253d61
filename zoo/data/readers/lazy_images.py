"""Images that are decoded when they are asked for, so that a folder may be larger than memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.data.arrays import Array


class LazyImages:
    """Image files that look like an array of shape (n, height, width, channels), uint8.

    What is taken out of it, by a position, a slice or an array of positions, is decoded there and
    then. The names are kept as bytes, which take a tenth of what as many Path objects do. `faults`
    says which could not be decoded, since tf.data makes its own error of every one that passes it.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(
        self,
        paths: Iterable[Path] | Array,
        shape: tuple[int, int, int],
        faults: list[DataError] | None = None,
    ) -> None:
        self._names = (
            paths
            if isinstance(paths, np.ndarray)
            else np.array([os.fsencode(path) for path in paths])
        )
        self.shape = (len(self._names), *shape)
        self.faults: list[DataError] = [] if faults is None else faults

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, chosen: Any) -> Array:
        if isinstance(chosen, int | np.integer):
            return self._decoded(self._names[chosen])
        names = self._names[chosen]
        if not len(names):
            return np.empty((0, *self.shape[1:]), np.uint8)
        return np.stack(list(_threads().map(self._decoded, names)))

    def take(self, chosen: Any) -> LazyImages:
        """Choose some files without decoding them."""
        height, width, channels = self.shape[1:]
        return LazyImages(self._names[chosen], (height, width, channels), self.faults)

    def fingerprint(self) -> bytes:
        """Hash the files' contents in order, and the size that they are brought to."""
        digest = sha256(str(self.shape).encode())
        for content in _threads().map(self._content, self._names):
            digest.update(content)
        return digest.digest()

    def _decoded(self, name: bytes) -> Array:
        from zoo.data.images import (  # which knows of arrays, and so of this module
            open_image,
            to_array,
        )

        height, width, channels = self.shape[1:]
        try:
            return to_array(open_image(Path(os.fsdecode(name))), (height, width, channels))
        except DataError as error:
            self.faults.append(error)
            raise

    def _content(self, name: bytes) -> bytes:
        with open(name, "rb") as file:
            return sha256(file.read()).digest()


@cache
def _threads() -> ThreadPoolExecutor:
    """Give the threads that decode; Pillow lets others run while it does."""
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="decoder")
