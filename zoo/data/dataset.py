"""A dataset: named examples in a training and a test split, and the same batches every time.

The stream of batches is a function of the seed and the global step alone (zoo/data/pipeline.py), so a
training that was killed resumes with exactly the examples that it would have seen.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.compute.distribution import check_batch
from zoo.data.arrays import Array
from zoo.data.on_demand.examples import OnDemand
from zoo.data.pipeline import (
    Augment,
    Example,
    is_on_jax,
    ordered_batches,
    pair,
    shuffled_batches,
    step_numbers,
)
from zoo.data.random.draws import augment_by_seed
from zoo.data.random.stream import TrainingStream
from zoo.data.split import Split
from zoo.data.validation import check_split
from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.config import Config

__all__ = ["Dataset", "empty_dataset", "has_no_data"]

NO_DATA = "nothing"  # the name of the dataset of an architecture that learns from no examples


@dataclass(frozen=True, eq=False)
class Dataset:
    """Named examples, and where a training stands in them.

    Args:
        name: what the data is called; a path where it was read from files.
        train: the examples to learn from.
        test: the held-out examples that the trained model is measured on.
        classes: the name of each label, where targets are labels 0 ... k-1.
        preprocessing: how raw values became the inputs, for users of the exported model.
        seed: of the order of the training examples and of the validation split.
        first_epoch: the epoch that the stream of batches begins with, from 0.

    Raises:
        DataError: a split is empty, of another shape than the other, not a number somewhere, or
            has labels that name no class; or images are neither uint8 nor within [0, 1].

    Example:
        >>> x, y = np.random.rand(100, 8, 8, 1), np.arange(100) % 2
        >>> zoo.Dataset("mine", zoo.Split(x[:80], y[:80]), zoo.Split(x[80:], y[80:]), ("a", "b"))
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...] | None = None
    preprocessing: str = ""
    seed: int = 0
    first_epoch: int = 0

    def __post_init__(self) -> None:
        if self.classes is not None:
            object.__setattr__(self, "classes", tuple(self.classes))
            if len(set(self.classes)) < len(self.classes):
                raise DataError(f"{self.name} has two classes of one name: {self.classes}.")
        check_split(f"The training split of {self.name}", self.train, self.classes)
        if self.test is not self.train:
            check_split(f"The test split of {self.name}", self.test, self.classes)
        self._check_same_shape()
        if not self.preprocessing:
            eight_bits = self.train.stored.dtype == np.uint8
            object.__setattr__(self, "preprocessing", "uint8 / 255" if eight_bits else "as given")

    def _check_same_shape(self) -> None:
        train, test = self.train.stored, self.test.stored
        if train.shape[1:] != test.shape[1:]:
            raise DataError(
                f"The splits of {self.name} differ in shape: {train.shape[1:]} for training, "
                f"{test.shape[1:]} for testing."
            )
        if (train.dtype == np.uint8) != (test.dtype == np.uint8):
            raise DataError(
                f"The splits of {self.name} differ in dtype: {train.dtype} for training, {test.dtype} "
                "for testing. uint8 is divided by 255 and the other is not."
            )

    def __repr__(self) -> str:
        counts = f"{len(self.train)} + {len(self.test)}"
        return f"Dataset({self.name!r}, {counts} of shape {self.input_shape})"

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one input, without the batch."""
        return tuple(int(size) for size in self.train.stored.shape[1:])

    @property
    def outputs(self) -> int | None:
        """How many numbers a model predicts for each example; None where targets are no numbers."""
        targets = self.train.targets
        if targets is None or targets.ndim > 2 or targets.dtype.kind not in "fiub":
            return None
        return 1 if targets.ndim == 1 else int(targets.shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 of all examples in order; it does not depend on where the data is stored."""
        digest = hashlib.sha256()
        for split in (self.train, self.test):
            for array in (split.stored, split.targets):
                if isinstance(array, OnDemand):
                    digest.update(array.fingerprint())
                elif array is not None:
                    digest.update(f"{array.dtype}{array.shape}".encode())
                    digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def at(self, seed: int, epoch: int = 0) -> Dataset:
        """Return the same data, positioned at the start of an epoch of the order of a seed."""
        return dataclasses.replace(self, seed=seed, first_epoch=epoch)

    def fit_arguments(
        self, config: Config, example: Example | None = None, augment: Augment | None = None
    ) -> dict[str, Any]:
        """Return the arguments of `model.fit`: the positioned stream, its steps, its epochs.

        Args:
            config: `batch_size`, `epochs` and `validation` are read from it. For an architecture
                without data, `steps_per_epoch` and `epochs` are read: the input is the number of each
                step, shape (1,).
            example: maps a batch of inputs (float32) and targets to what the model takes; `(x, y)` if
                not given. An autoencoder passes `lambda x, y: (x, x)`. It runs inside tf.data,
                or as a compiled function of JAX: only rearrange tensors here, and compute in the model.
            augment: maps a batch of training inputs and `random`, the zoo.data.random.draws.RandomDraws
                of the step, to inputs of the same shape. If its second argument has another name, it is
                a stateless seed of shape (2,) of the backend.

        Example:
            >>> model.fit(**data.fit_arguments(config), callbacks=callbacks)
        """
        if (steps := getattr(config, "steps_per_epoch", None)) is not None:
            return self._arguments(step_numbers(self.first_epoch * steps), steps, config)
        training, validation = self._positions(config)
        batch = min(config.batch_size, len(training))
        check_batch(batch)
        example = example or pair
        stream = TrainingStream(
            self.train,
            training,
            batch,
            self.seed,
            self.first_epoch,
            example,
            augment_by_seed(augment),
        )
        arguments = self._arguments(shuffled_batches(stream), stream.steps, config)
        if len(validation):
            held_out = self.train.take(validation)
            arguments["validation_data"] = ordered_batches(held_out, batch, example)
            if is_on_jax():  # whose stream of validation examples has no end
                arguments["validation_steps"] = math.ceil(len(validation) / batch)
        return arguments

    def _arguments(self, stream: Any, steps: int, config: Config) -> dict[str, Any]:
        return {
            "x": stream,
            "steps_per_epoch": steps,
            "epochs": config.epochs,
            "initial_epoch": self.first_epoch,
            "shuffle": False,
            "verbose": 0,
        }

    def train_validation_split(self, config: Config) -> tuple[Split, Split]:
        """Return the examples that `fit_arguments` trains on, and those that it only validates on.

        Args:
            config: `validation`, the share of the second split, is read from it; at 0 it is empty.
        """
        training, validation = self._positions(config)
        return self.train.take(training), self.train.take(validation)

    def validation_size(self, config: Config) -> int:
        """Return how many training examples are held out for validation."""
        count = len(self.train)
        return min(round(config.validation * count), count - 1)

    def _positions(self, config: Config) -> tuple[Array, Array]:
        """Return the positions to train on and those to validate on, by the seed."""
        count, size = len(self.train), self.validation_size(config)
        order = np.random.default_rng(self.seed).permutation(count)
        return np.sort(order[size:]), np.sort(order[:size])


def empty_dataset() -> Dataset:
    """Return the data of an architecture that needs none: a single number; see `has_no_data`."""
    one = Split(np.zeros((1, 1), np.float32))
    return Dataset(NO_DATA, one, one)


def has_no_data(data: Dataset) -> bool:
    """Return whether a dataset is the empty one: no data was named."""
    return data.name == NO_DATA
