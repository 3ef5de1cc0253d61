"""A split: examples with their targets, and a test part held out where the data has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from zoo.data.arrays import Array, as_array, as_float
from zoo.data.readers.lazy_images import LazyImages
from zoo.errors import DataError

HELD_OUT = 0.2  # share of the examples for testing, where the data has no test split of its own
MANY = 20  # labels that differ; where there are more, and few examples of each, they are no classes


@dataclass(frozen=True, eq=False)
class Split:
    """Examples: inputs of shape (n, ...) and, where there are labels, targets of shape (n,).

    uint8 inputs are kept as they are and come out as float32 in [0, 1], batch by batch. Image files
    that are decoded as they are needed (zoo/data/readers/lazy_images.py) stand for an array of them.

    Raises:
        DataError: the examples are of different shapes.
    """

    stored: Array | LazyImages
    targets: Array | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.stored, LazyImages):
            object.__setattr__(self, "stored", as_array(self.stored))
        if self.targets is not None:
            object.__setattr__(self, "targets", as_array(self.targets))

    def __len__(self) -> int:
        return len(self.stored)

    @cached_property
    def inputs(self) -> Array:
        """All inputs as float32, in memory."""
        return as_float(self.stored[:])

    def batches(self, size: int) -> Iterator[Array]:
        """Give the inputs as float32, some at a time and in order."""
        for start in range(0, len(self), size):
            yield as_float(self.stored[start : start + size])

    @property
    def fault(self) -> DataError | None:
        """The first file that could not be decoded so far, where files are decoded as they are needed."""
        return next(iter(self.stored.faults), None) if isinstance(self.stored, LazyImages) else None

    def take(self, chosen: Any) -> Split:
        """Give the examples at some positions, or in a slice."""
        targets = None if self.targets is None else self.targets[chosen]
        stored = self.stored
        return Split(
            stored.take(chosen) if isinstance(stored, LazyImages) else stored[chosen], targets
        )


def hold_out(split: Split) -> tuple[Split, Split]:
    """Hold out a fifth of a split for testing, of each label alike, the same one every time.

    Raises:
        DataError: there are too few examples to hold one out and learn from the rest.
    """
    count, labels = len(split), split.targets
    if labels is None or labels.ndim != 1 or labels.dtype.kind not in "iu":
        labels = np.zeros(count, np.int64)
    names, group, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(names) > MANY and 2 * HELD_OUT * sizes.mean() < 1:  # whole numbers to be predicted
        names, group, sizes = names[:1], np.zeros(count, np.int64), np.array([count])
    if count < 2 or sizes.max() < 2:
        raise DataError(
            f"At least 2 examples{' of one class' if len(names) > 1 else ''} are needed, to hold one "
            f"out for testing. Received: {count}{', each of its own class' if count > 1 else ''}."
        )
    held = np.round(HELD_OUT * sizes).astype(int)
    if not held.any():
        held[sizes.argmax()] = 1
    order = np.random.default_rng(0).permutation(count)
    tested = np.concatenate([order[group[order] == at][:few] for at, few in enumerate(held)])
    learnt = np.setdiff1d(order, tested)
    return split.take(learnt), split.take(np.sort(tested))
