"""Examples of the test split for a page: how many fit into it, and some of each class."""

from __future__ import annotations

import numpy as np

from zoo.data.arrays import Array
from zoo.data.split import Split

__all__ = ["as_stored", "balanced_positions", "most_examples"]

MOST, MOST_BYTES, FEWEST = 40, 32_000, 6


def most_examples(split: Split, most: int = MOST) -> int:
    """Return how many examples of a split a page holds: at most 32 kB of them, but at least 6.

    Args:
        split: the examples, as `as_stored` stores them.
        most: the largest number.
    """
    size = as_stored(split.take(slice(1))).nbytes
    return max(min(FEWEST, most), min(most, MOST_BYTES // max(size, 1)))


def as_stored(split: Split) -> Array:
    """Return the inputs as uint8 where they are stored so, which the page divides by 255; else float32."""
    stored = np.asarray(split.stored[:])
    return stored if stored.dtype == np.uint8 else split.inputs


def balanced_positions(targets: Array, count: int) -> Array:
    """Return the positions of the first examples, in turn one of each class.

    Args:
        targets: labels, shape (n,).
        count: how many; fewer where there are not as many.

    Example:
        >>> balanced_positions(np.array([0, 0, 0, 1]), 3)
        array([0, 3, 1])
    """
    turns = np.zeros(len(targets), int)
    for label in np.unique(targets):
        own = np.flatnonzero(targets == label)
        turns[own] = np.arange(len(own))
    return np.lexsort((targets, turns))[:count]
