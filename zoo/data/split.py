"""A split: examples with their targets, and a test split taken from data that has none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from zoo.data.arrays import Array, as_array, as_float, format_shape
from zoo.data.on_demand.examples import OnDemand
from zoo.errors import DataError

__all__ = ["TEST_SHARE", "Split", "train_and_test", "train_test_split"]

TEST_SHARE = 0.2  # share of the examples for testing, where the data has no test split of its own
MANY_LABELS = 20  # where there are more, and few examples of each, the labels are no classes


@dataclass(frozen=True, eq=False)
class Split:
    """Examples: inputs of shape (n, ...) and, where there are labels, targets of shape (n,).

    uint8 inputs are stored as they are and become float32 in [0, 1] batch by batch. Examples that are
    read on demand (zoo/data/on_demand), such as image files, take the place of an array.

    Args:
        stored: the inputs: an array of numbers, or anything that NumPy makes one of.
        targets: labels or numbers to predict, one row an example; None where there are none.
        files: the file of each example, where it has one of its own; they name it in tables.

    Raises:
        DataError: the examples are of different shapes.
    """

    stored: Array | OnDemand
    targets: Array | None = None
    files: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.stored, OnDemand):
            object.__setattr__(self, "stored", as_array(self.stored))
        if self.targets is not None:
            object.__setattr__(self, "targets", as_array(self.targets))

    def __len__(self) -> int:
        return len(self.stored)

    def __repr__(self) -> str:
        targets = "no targets" if self.targets is None else f"targets of {self.targets.dtype}"
        shape = format_shape(self.stored.shape[1:])
        return f"Split({len(self)} of shape {shape}, {self.stored.dtype}, {targets})"

    @cached_property
    def inputs(self) -> Array:
        """All inputs as float32, in memory."""
        return as_float(self.stored[:])

    def batches(self, size: int) -> Iterator[Array]:
        """Yield the inputs as float32, in order, `size` at a time; the last batch may be shorter."""
        for start in range(0, len(self), size):
            yield as_float(self.stored[start : start + size])

    @property
    def decoding_error(self) -> DataError | None:
        """The error of the first example on demand that could not be read so far, or None."""
        return next(iter(self.stored.errors), None) if isinstance(self.stored, OnDemand) else None

    def take(self, positions: Any) -> Split:
        """Return the examples at some positions: an array of them, or a slice."""
        targets = None if self.targets is None else self.targets[positions]
        stored = self.stored
        files = None if self.files is None else np.asarray(self.files)[positions].tolist()
        if isinstance(stored, OnDemand):
            return Split(stored.take(positions), targets, files)
        return Split(stored[positions], targets, files)


def train_and_test(splits: Sequence[Split], hold_out: bool = True) -> tuple[Split, Split]:
    """Return the training and the test split of what was read.

    Args:
        splits: the training and the test split, or a single one where the data is not divided.
        hold_out: whether a fifth of a single split is held out for testing. If not, the whole split
            is both the training and the test split: the data is only measured on.

    Raises:
        DataError: there are too few examples to hold one out.
    """
    if len(splits) == 2:
        return splits[0], splits[1]
    return train_test_split(splits[0]) if hold_out else (splits[0], splits[0])


def train_test_split(split: Split) -> tuple[Split, Split]:
    """Divide a split into four fifths for training and a fifth for testing.

    The division is stratified by label, and the same every time.

    Raises:
        DataError: there are too few examples to hold one out and train on the rest.
    """
    count = len(split)
    group, sizes = _label_groups(split)
    if count < 2 or sizes.max() < 2:
        raise DataError(
            f"At least 2 examples{' of one class' if len(sizes) > 1 else ''} are needed, to hold one "
            f"out for testing. Received: {count}{', each of its own class' if count > 1 else ''}."
        )
    test_sizes = np.round(TEST_SHARE * sizes).astype(int)
    if not test_sizes.any():
        test_sizes[sizes.argmax()] = 1
    order = np.random.default_rng(0).permutation(count)
    order = order[np.argsort(group[order], kind="stable")]  # one class after the other
    places = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # within each class
    is_test = np.zeros(count, bool)
    is_test[order[places < np.repeat(test_sizes, sizes)]] = True
    return split.take(np.flatnonzero(~is_test)), split.take(np.flatnonzero(is_test))


def _label_groups(split: Split) -> tuple[Array, Array]:
    """Return each example's group by label, shape (n,), and the size of each group.

    All examples are one group where the targets are not labels of classes.
    """
    count, labels = len(split), split.targets
    if labels is None or labels.ndim != 1 or labels.dtype.kind not in "iu":
        labels = np.zeros(count, np.int64)
    names, group, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(names) > MANY_LABELS and 2 * TEST_SHARE * sizes.mean() < 1:  # numbers to predict
        return np.zeros(count, np.int64), np.array([count])
    return group, sizes
