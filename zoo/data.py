"""Data: named examples in a train and a test split, and the same batches every time.

The stream of batches is a function of the seed and the global step alone, so training that was
killed goes on with exactly the examples that it would have seen: with n examples and batches of b,

    step s belongs to epoch e = s // (n // b); it takes positions (s mod n // b) b ... + b - 1
    of the permutation that the seed and e give

without any state (tf.random.experimental.index_shuffle, a format-preserving cipher on 0 ... n-1).
The n mod b examples that are left over differ from epoch to epoch. tf.data feeds every backend.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import DataError, PluginError, UnknownName
from zoo.shelf import DATASETS, Shelf, package_of

if TYPE_CHECKING:
    from zoo.settings import Config

Array = np.ndarray[Any, np.dtype[Any]]
Example = Callable[[Any, Any], Any]
Augment = Callable[[Any, Any], Any]


@dataclass(frozen=True, eq=False)
class Split:
    """Examples: inputs of shape (n, ...) and, where there are labels, targets of shape (n,).

    uint8 inputs are kept as they are and come out as float32 in [0, 1], batch by batch.
    """

    stored: Array
    targets: Array | None = None

    def __len__(self) -> int:
        return len(self.stored)

    @cached_property
    def inputs(self) -> Array:
        """All inputs as float32."""
        return as_float(self.stored)

    def take(self, chosen: Any) -> Split:
        """Give the examples at some positions, or in a slice."""
        targets = None if self.targets is None else self.targets[chosen]
        return Split(self.stored[chosen], targets)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Named examples, and where a training stands in them.

    Args:
        name: what it is called; a path where it was read from files.
        train: the examples to learn from.
        test: the held-out examples, looked at once.
        classes: the name of each label, where targets are labels 0 ... k-1.
        preprocessing: how raw values became the inputs, for whoever feeds the exported model.

    Raises:
        DataError: a split is empty, of another shape than the other, not a number somewhere, or
            has labels that name no class.

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
        for part, split in (("training", self.train), ("test", self.test)):
            _check(f"The {part} split of {self.name}", split, self.classes)
        if self.train.stored.shape[1:] != self.test.stored.shape[1:]:
            raise DataError(
                f"The splits of {self.name} differ in shape: {self.train.stored.shape[1:]} for "
                f"training, {self.test.stored.shape[1:]} for testing."
            )

        if not self.preprocessing:
            eight_bits = self.train.stored.dtype == np.uint8
            object.__setattr__(self, "preprocessing", "uint8 / 255" if eight_bits else "as given")

    def __repr__(self) -> str:
        counts = f"{len(self.train)} + {len(self.test)}"
        return f"Dataset({self.name!r}, {counts} of shape {self.input_shape})"

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one input, without the batch."""
        return tuple(int(size) for size in self.train.stored.shape[1:])

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 over all examples, the same for the same data wherever it lies."""
        digest = hashlib.sha256()
        for split in (self.train, self.test):
            for array in (split.stored, split.targets):
                if array is not None:
                    digest.update(f"{array.dtype}{array.shape}".encode())
                    digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def at(self, seed: int, epoch: int = 0) -> Dataset:
        """Give the same data, positioned at the start of an epoch of one seed's order."""
        return dataclasses.replace(self, seed=seed, first_epoch=epoch)

    def feed(
        self, config: Config, example: Example | None = None, augment: Augment | None = None
    ) -> dict[str, Any]:
        """Give the arguments of `model.fit`: the positioned stream, its steps, its epochs.

        Args:
            config: `batch_size`, `epochs` and `validation` are read from it.
            example: what a batch of inputs (float32) and targets becomes, `(x, y)` if not given;
                an autoencoder says `lambda x, y: (x, x)`. It runs inside tf.data: move and pair
                tensors here, and compute in the model.
            augment: changes a batch of training inputs given a stateless seed of shape (2,).

        Example:
            >>> model.fit(**data.feed(config), callbacks=callbacks)
        """
        watched, learnt = self._positions(config)
        batch = min(config.batch_size, len(learnt))
        steps = len(learnt) // batch
        feed: dict[str, Any] = {
            "x": _stream(self, learnt, batch, steps, example or _pair, augment),
            "steps_per_epoch": steps,
            "epochs": config.epochs,
            "initial_epoch": self.first_epoch,
            "shuffle": False,
            "verbose": 0,
        }
        if len(watched):
            feed["validation_data"] = _in_order(self.train.take(watched), batch, example or _pair)
        return feed

    def _positions(self, config: Config) -> tuple[Array, Array]:
        """Divide the training positions into those that are watched and those learnt from."""
        count = len(self.train)
        watched = min(round(config.validation * count), count - 1)
        order = np.random.default_rng(self.seed).permutation(count)
        return np.sort(order[:watched]), np.sort(order[watched:])


def as_float(stored: Array) -> Array:
    """Convert stored inputs to float32; uint8 becomes [0, 1]."""
    if stored.dtype == np.uint8:
        return stored.astype(np.float32) / np.float32(255)
    return stored.astype(np.float32, copy=False)


def _pair(inputs: Any, targets: Any) -> Any:
    return inputs, targets


def _stream(
    data: Dataset, learnt: Array, batch: int, steps: int, example: Example, augment: Augment | None
) -> Any:
    """Stream batches from the first step of the first epoch on, without an end."""
    import tensorflow as tf

    gather = _gatherer(data.train)
    positions = tf.constant(learnt, tf.int64)
    last = np.int64(len(learnt) - 1)

    def one_batch(step: Any) -> Any:
        epoch, place = step // steps, step % steps
        ordered = place * batch + tf.range(batch, dtype=tf.int64)
        seed = tf.stack([tf.constant(data.seed, tf.int64), epoch])
        shuffled = tf.random.experimental.index_shuffle(ordered, seed, last)
        inputs, targets = gather(tf.gather(positions, shuffled))
        if augment is not None:
            shape = inputs.shape
            inputs = augment(inputs, tf.stack([tf.constant(data.seed, tf.int64), step]))
            inputs = tf.ensure_shape(inputs, shape)
        return example(inputs, targets)

    first = data.first_epoch * steps
    stream = tf.data.Dataset.range(first, np.iinfo(np.int64).max)
    return stream.map(one_batch, tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)


def _in_order(split: Split, batch: int, example: Example) -> Any:
    """Stream a split once, in order, the last batch as long as it is."""
    import tensorflow as tf

    gather = _gatherer(split)
    positions = tf.data.Dataset.range(len(split)).batch(batch)
    return positions.map(lambda chosen: example(*gather(chosen))).prefetch(tf.data.AUTOTUNE)


def _gatherer(split: Split) -> Callable[[Any], tuple[Any, Any]]:
    """Make the function from positions to a batch of float32 inputs and of targets."""
    import tensorflow as tf

    with tf.device("CPU"):
        stored = tf.constant(split.stored)
        targets = tf.constant(np.zeros(len(split)) if split.targets is None else split.targets)

    def gather(chosen: Any) -> tuple[Any, Any]:
        inputs = tf.cast(tf.gather(stored, chosen), tf.float32)
        if split.stored.dtype == np.uint8:
            inputs = inputs / np.float32(255)
        return inputs, tf.gather(targets, chosen)

    return gather


def _check(what: str, split: Split, classes: tuple[str, ...] | None) -> None:
    if len(split) == 0:
        raise DataError(f"{what} is empty.")
    kind = split.stored.dtype.kind
    if kind not in "fiub":
        raise DataError(f"{what} must hold numbers. Received: {split.stored.dtype}.")
    if kind == "f" and not np.isfinite(split.stored).all():
        bad = int(np.argwhere(~np.isfinite(split.stored).reshape(len(split), -1).all(1))[0, 0])
        raise DataError(f"{what} holds a value that is not a finite number, in example {bad}.")
    if split.targets is None:
        return
    if len(split.targets) != len(split):
        raise DataError(f"{what} has {len(split)} inputs and {len(split.targets)} targets.")
    if classes is not None:
        _check_labels(what, split.targets, classes)


def _check_labels(what: str, labels: Array, classes: tuple[str, ...]) -> None:
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(
            f"{what} must have one whole number as the label of each example. "
            f"Received: {labels.dtype} of shape {labels.shape}."
        )
    wrong = (labels < 0) | (labels >= len(classes))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(
            f"{what} has the label {labels[at]} in example {at}. "
            f"Expected: 0 to {len(classes) - 1}, for {len(classes)} classes."
        )


@dataclass(frozen=True)
class Facts:
    """What is known of a dataset without loading it."""

    name: str
    summary: str
    input_shape: tuple[int, ...]
    classes: tuple[str, ...] | None


def facts(name: str) -> Facts:
    """Tell a named dataset's shape and classes without loading it."""
    module = Shelf(DATASETS).load(name)
    summary = (module.__doc__ or "").partition("\n")[0]
    return Facts(name, summary, tuple(module.INPUT_SHAPE), module.CLASSES)


def open_dataset(source: str | Path | Dataset, shape: tuple[int, ...] | None = None) -> Dataset:
    """Load a dataset by name, an .npz file, or a folder of images with a folder a class.

    Args:
        source: a name of the group `zoo.datasets`, a path, or a Dataset, which is given back.
        shape: where images of a folder should all be brought to one shape.

    Raises:
        UnknownName: there is no such dataset, file or folder.
        DataError: it cannot be read.
    """
    if isinstance(source, Dataset):
        return source
    shelf = Shelf(DATASETS)
    if str(source) in shelf.names():
        return _loaded(shelf, str(source))
    path = Path(source).expanduser()
    if not path.exists():
        hint = "--data takes a dataset's name, an .npz file or a folder with a folder a class."
        raise UnknownName("dataset, file or folder", str(source), shelf.names(), hint)
    from zoo.datasets import files

    return files.read(path, shape)


def _loaded(shelf: Shelf, name: str) -> Dataset:
    dataset = shelf.load(name).load()
    if not isinstance(dataset, Dataset):
        package = package_of(shelf.entry(name))
        raise PluginError(
            f"load() of the dataset {name!r} of {package} must return a zoo.Dataset. "
            f"Received: {type(dataset).__name__}"
        )
    return dataset


def check_fit(data: Dataset, config: Config) -> None:
    """Refuse data that does not fit a config's input_shape and classes.

    Raises:
        DataError: with the sizes of both.
    """
    wanted = getattr(config, "input_shape", None)
    if wanted is not None and not _fits(data.input_shape, tuple(wanted)):
        raise DataError(
            f"{data.name} does not fit the model: it holds inputs of shape {data.input_shape}, and "
            f"the setting input_shape is {tuple(wanted)}. Leave input_shape out to take the data's."
        )
    classes = getattr(config, "classes", None)
    if classes is None:
        return
    count = classes if isinstance(classes, int) else len(classes)
    if data.classes is None:
        raise DataError(f"{data.name} has no labels, and the model tells {count} classes apart.")
    if count != len(data.classes):
        raise DataError(
            f"{data.name} does not fit the model: it has {len(data.classes)} classes "
            f"({', '.join(data.classes[:5])}, ...), and the setting classes gives {count}."
        )


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        want in (None, size) for size, want in zip(shape, wanted, strict=True)
    )
