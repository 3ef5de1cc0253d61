"""Image files that are decoded on demand, so that a folder may be larger than memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from zoo.data.arrays import Array
from zoo.data.images import open_image, to_array
from zoo.data.on_demand.examples import OnDemand
from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = ["LazyImages", "map_in_blocks"]

BLOCK = 4096  # items that wait for a thread or whose results wait
Result = TypeVar("Result")


class LazyImages(OnDemand):
    """Image files that look like an array of shape (n, height, width, channels), uint8.

    Indexing by a position, a slice or an array of positions decodes the files there. The names are
    stored as bytes, which take a tenth of the memory of as many Path objects. `errors` collects the
    files that could not be decoded, since tf.data replaces every error that passes through it.

    Args:
        paths: the files, or an array of their names as bytes.
        shape: (height, width, channels) that every image is brought to.
        errors: the list that errors are added to; a new one if not given.
        resize: how an image of another size is brought to it: pad, stretch or crop.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        paths: Iterable[Path] | Array,
        shape: tuple[int, int, int],
        errors: list[DataError] | None = None,
        resize: Resize = "pad",
    ) -> None:
        self._names = (
            paths
            if isinstance(paths, np.ndarray)
            else np.array([os.fsencode(path) for path in paths])
        )
        self.shape = (len(self._names), *shape)
        self.resize: Resize = resize
        self.errors: list[DataError] = [] if errors is None else errors

    def __getitem__(self, positions: Any) -> Array:
        if isinstance(positions, int | np.integer):
            return self._decode(self._names[positions])
        names = self._names[positions]
        if not len(names):
            return np.empty((0, *self.shape[1:]), np.uint8)
        return np.stack(list(_threads().map(self._decode, names)))

    @property
    def paths(self) -> list[Path]:
        """The files, in order."""
        return [Path(os.fsdecode(name)) for name in self._names]

    def take(self, positions: Any) -> LazyImages:
        """Return some of the files, not decoded."""
        height, width, channels = self.shape[1:]
        shape = (height, width, channels)
        return type(self)(self._names[positions], shape, self.errors, self.resize)

    def fingerprint(self) -> bytes:
        """Return a hash of the contents of the files in order, and of the size that they are brought to."""
        how = "" if self.resize == "crop" else self.resize  # crop was the only way once
        digest = sha256(f"{self.shape}{how}".encode())
        for content in map_in_blocks(_threads(), self._content, self._names):
            digest.update(content)
        return digest.digest()

    def _decode(self, name: bytes) -> Array:
        """Decode one file.

        Raises:
            DataError: it cannot be decoded; the error is added to `errors` too.
        """
        try:
            return self._pixels(name)
        except DataError as error:
            self.errors.append(error)
            raise

    def _pixels(self, name: bytes) -> Array:
        height, width, channels = self.shape[1:]
        image = open_image(Path(os.fsdecode(name)))
        return to_array(image, (height, width, channels), self.resize)

    def _content(self, name: bytes) -> bytes:
        """Return the bytes that stand for a file in the fingerprint."""
        return sha256(Path(os.fsdecode(name)).read_bytes()).digest()


def map_in_blocks(
    threads: ThreadPoolExecutor, function: Callable[[Any], Result], items: Sequence[Any] | Array
) -> Iterator[Result]:
    """Yield a function's results in order; unlike `threads.map`, it holds few of them at a time.

    Args:
        threads: that call the function.
        function: of an item.
        items: any number of them, also millions.
    """
    for start in range(0, len(items), BLOCK):
        yield from threads.map(function, items[start : start + BLOCK])


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the threads that decode; Pillow lets other threads run meanwhile."""
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="decoder")
