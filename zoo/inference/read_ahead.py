"""Items are read by a thread of their own, while the batch before is computed; a bounded queue holds them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any

from PIL import Image

from zoo.data.inputs import item_path
from zoo.errors import DataError, UnsafeFile

BATCHES_AHEAD = 2  # batches that wait for the computation
MOST_BYTES = 4 * 2**20  # of the inputs of a batch; a larger input is a batch of its own
MOST_ITEMS = 64  # of a batch
FEWER, MORE = (
    2.0,
    0.25,
)  # seconds for a batch, above and below which the next batches are smaller and larger
FACTOR = 8  # between one size of a batch and the next
UNPACKED = 20  # bytes in memory for each byte of an image file, about

Batch = list[tuple[Any, Any]]
"""Items, each with what was read, or with the DataError that reading raised."""


class BatchSize:
    """The number of items of the next batch: it grows while batches take little time.

    The first results come soon, and a model that takes seconds for one item gets one item at a time.
    """

    def __init__(self) -> None:
        self.items = 1

    def adapt(self, seconds: float) -> None:
        """Choose the size of the next batches by the seconds that the last one took."""
        if seconds < MORE:
            self.items = min(MOST_ITEMS, self.items * FACTOR)
        elif seconds > FEWER:
            self.items = max(1, self.items // FACTOR)


def read_batches(
    read: Callable[[Any], Any], items: Sequence[Any], size: BatchSize
) -> Iterator[Batch]:
    """Yield the items in order, in batches, each item with what `read` returns for it.

    Another thread reads them. At most `BATCHES_AHEAD` batches wait, so the memory does not grow with
    the number of items.

    Args:
        read: reads one item.
        items: files, arrays, or what else `read` takes.
        size: of a batch; the caller may adapt it between two batches.

    Raises:
        Exception: what `read` raises, unless it is a DataError.
    """
    batches: Queue[Batch | BaseException | None] = Queue(BATCHES_AHEAD)
    stop = Event()
    thread = Thread(target=_fill, args=(batches, stop, read, items, size), daemon=True)
    thread.start()
    try:
        while (batch := batches.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        stop.set()
        with suppress(Empty):
            while True:
                batches.get_nowait()
        thread.join()


def _fill(
    batches: Queue[Batch | BaseException | None],
    stop: Event,
    read: Callable[[Any], Any],
    items: Sequence[Any],
    size: BatchSize,
) -> None:
    """Put the batches into a queue, and then None; an error of `read` ends them."""
    batch: Batch = []
    bytes_in_batch = 0
    try:
        for item in items:
            if stop.is_set():
                return
            value = _read_or_error(read, item)
            bytes_in_batch += bytes_of(item, value)
            batch.append((item, value))
            if len(batch) >= size.items or bytes_in_batch >= MOST_BYTES:
                batches.put(batch)
                batch, bytes_in_batch = [], 0
        if batch:
            batches.put(batch)
        batches.put(None)
    except BaseException as error:  # the other thread raises it
        batches.put(error)


def _read_or_error(read: Callable[[Any], Any], item: Any) -> Any:
    try:
        return read(item)
    except DataError as error:
        return error
    except UnsafeFile as error:
        return DataError(str(error))


def bytes_of(item: Any, value: Any) -> int:
    """Return how much memory an input takes, about: as read, or as float32 once the file is read."""
    if isinstance(value, Image.Image):
        return 4 * value.width * value.height * len(value.getbands())
    if isinstance(value, tuple | list):
        return sum(bytes_of(item, each) for each in value)
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if value is None and isinstance(item, str | Path):
        with suppress(OSError):
            return UNPACKED * os.stat(item_path(item)).st_size
    return 0
