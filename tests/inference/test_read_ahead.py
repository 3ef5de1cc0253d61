import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.inference.read_ahead import (
    BATCHES_AHEAD,
    MOST_BYTES,
    MOST_ITEMS,
    BatchSize,
    bytes_of,
    read_batches,
)


def sized(items: int) -> BatchSize:
    size = BatchSize()
    size.items = items
    return size


def test_items_come_in_order_with_the_errors_among_them() -> None:
    def read(item: int) -> int:
        if item == 3:
            raise zoo.DataError("three")
        return 10 * item

    batches = list(read_batches(read, range(7), sized(3)))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    pairs = [pair for batch in batches for pair in batch]
    assert [item for item, _ in pairs] == list(range(7))
    assert isinstance(pairs[3][1], zoo.DataError)
    assert [value for item, value in pairs if item != 3] == [0, 10, 20, 40, 50, 60]


def test_no_more_is_read_than_the_queue_holds() -> None:
    read: list[int] = []
    batches = read_batches(lambda item: read.append(item), range(1000), sized(5))
    next(batches)
    time.sleep(0.2)
    assert len(read) <= 5 * (BATCHES_AHEAD + 2)
    del batches


def test_large_inputs_are_batches_of_their_own() -> None:
    large = np.zeros(MOST_BYTES, np.uint8)
    batches = read_batches(lambda item: large, range(3), sized(64))
    assert [len(batch) for batch in batches] == [1, 1, 1]


def test_another_error_is_raised_after_the_batches_before_it() -> None:
    def read(item: int) -> int:
        return 1 // (4 - item)

    batches = read_batches(read, range(9), sized(2))
    taken: list[Any] = [*next(batches), *next(batches)]
    assert [item for item, _ in taken] == [0, 1, 2, 3]
    with pytest.raises(ZeroDivisionError):
        next(batches)


def test_the_thread_ends_with_the_loop() -> None:
    before = set(threading.enumerate())
    for _ in read_batches(lambda item: item, range(1000), sized(1)):
        break
    assert set(threading.enumerate()) <= before  # one of another test may end meanwhile


def test_batches_grow_while_they_are_fast_and_shrink_where_they_are_slow() -> None:
    size = BatchSize()
    for _ in range(3):
        size.adapt(0.01)
    assert size.items == MOST_ITEMS
    size.adapt(1.0)
    assert size.items == MOST_ITEMS
    for _ in range(3):
        size.adapt(10.0)
    assert size.items == 1


def test_the_bytes_of_an_input_are_known_or_guessed_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.new("RGB", (10, 20)).save(file)
    assert bytes_of(file, np.zeros((3, 4), np.float32)) == 48
    assert bytes_of(file, Image.new("RGB", (10, 20))) == 4 * 600
    assert bytes_of(file, (np.zeros(2, np.uint8), np.zeros(3, np.uint8))) == 5
    assert bytes_of(file, None) == 20 * file.stat().st_size
    assert bytes_of("1,2", None) == 0
