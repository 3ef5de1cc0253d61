"""The parts of a trained model as functions of arrays, whichever runtime computes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from zoo.data.arrays import Array, Shape
from zoo.data.split import Split

__all__ = ["BATCH_SIZE", "PartFunction", "Parts", "compute_groups", "compute_split"]

BATCH_SIZE = 64  # examples that are computed at a time


class PartFunction(ABC):
    """One part of a trained model, such as its encoder, as a function of arrays.

    Args:
        role: the part's name.
        inputs: the shape of one example of each input, by the input's name and in order; None is any
            size.
        outputs: the names of the outputs, in order.

    Example:
        >>> mean, log_var = parts["encoder"](images)
    """

    def __init__(self, role: str, inputs: Mapping[str, Shape], outputs: Sequence[str]) -> None:
        self.role = role
        self.inputs = dict(inputs)
        self.outputs = tuple(outputs)

    @abstractmethod
    def compute(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """Return the outputs for one batch.

        Args:
            arrays: one array for each input, shape (batch, ...).
        """

    def __call__(self, *arrays: Array, batch_size: int = BATCH_SIZE) -> tuple[Array, ...]:
        """Return the outputs for n examples, computed `batch_size` examples at a time.

        Args:
            arrays: one array for each input, in order, of shape (n, ...) with n > 0.
            batch_size: at least 1.

        Returns:
            One array for each output, in order, of shape (n, ...).
        """
        starts = range(0, len(arrays[0]), batch_size)
        batches = [self.compute([each[at : at + batch_size] for each in arrays]) for at in starts]
        if len(batches) == 1:
            return tuple(batches[0])
        return tuple(np.concatenate(pieces) for pieces in zip(*batches, strict=True))

    def each(self, examples: Sequence[Array]) -> list[tuple[Array, ...]]:
        """Return the outputs for each example; examples of one shape are computed together.

        Args:
            examples: inputs without the batch axis, for a part with one input.

        Returns:
            For each example, in order, one array for each output, without the batch axis.
        """
        return compute_groups(self, examples)


Parts: TypeAlias = Mapping[str, PartFunction]
"""The parts of a trained model by role."""


def compute_groups(
    function: Callable[[Array], Sequence[Array]], examples: Sequence[Array]
) -> list[tuple[Array, ...]]:
    """Return the outputs of a function of batches for each example; those of one shape are one batch.

    Args:
        function: returns arrays of shape (n, ...) for an array of shape (n, ...).
        examples: arrays without the batch axis.

    Returns:
        For each example, in order, one array for each output, without the batch axis.
    """
    positions: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for position, example in enumerate(examples):
        positions[example.shape].append(position)
    results: dict[int, tuple[Array, ...]] = {}
    for group in positions.values():
        outputs = function(np.stack([examples[position] for position in group]))
        for row, position in enumerate(group):
            results[position] = tuple(output[row] for output in outputs)
    return [results[position] for position in range(len(examples))]


def compute_split(part: PartFunction, split: Split, batch_size: int | None) -> Array:
    """Return the first output of a part for all examples of a split, in order.

    Args:
        part: a part with one input.
        split: its inputs are read batch by batch.
        batch_size: examples that are computed at a time; None leaves it to the part.
    """
    size = batch_size or BATCH_SIZE
    return np.concatenate([part(batch, batch_size=size)[0] for batch in split.batches(size)])


def as_arrays(values: Sequence[Any]) -> tuple[Array, ...]:
    """Return tensors of any backend as arrays."""
    from keras import ops

    return tuple(np.asarray(ops.convert_to_numpy(value)) for value in values)
