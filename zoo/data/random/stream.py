"""An endless stream of shuffled batches, described alike for tf.data and for JAX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zoo.data.arrays import Array
from zoo.data.split import Split

__all__ = ["Augment", "Example", "TrainingStream"]

Example = Callable[[Any, Any], Any]  # a batch of inputs and of targets -> what the model takes
Augment = Callable[[Any, Any], Any]  # a batch of inputs and a seed of shape (2,) -> inputs


@dataclass(frozen=True, eq=False)
class TrainingStream:
    """Which examples a training sees, in which order, and how each batch is changed.

    Args:
        split: the examples.
        positions: of the examples to learn from, shape (n,).
        batch: examples in a batch, at most n.
        seed: of the order of examples and of the augmentation.
        first_epoch: the epoch that the stream begins with, from 0.
        example: maps a batch of inputs and targets to what the model takes.
        augment: maps a batch of inputs and a seed of the backend, shape (2,), to inputs of the same
            shape; None leaves inputs as they are.
    """

    split: Split
    positions: Array
    batch: int
    seed: int
    first_epoch: int
    example: Example
    augment: Augment | None = None

    @property
    def steps(self) -> int:
        """The number of batches in an epoch."""
        return len(self.positions) // self.batch

    @property
    def first_step(self) -> int:
        """The number of the first step, counted from the beginning of the training."""
        return self.first_epoch * self.steps
