"""Data: named examples in a train and a test split, and the same batches every time.

The stream of batches is a function of the seed and the global step alone (zoo/data/pipeline.py), so
training that was killed goes on with exactly the examples that it would have seen.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.pipeline import Augment, Example, counted, in_order, pair, shuffled
from zoo.data.readers.lazy_images import Files
from zoo.data.validation import check_split
from zoo.entry_points import DATASETS, Shelf, package_of
from zoo.errors import DataError, PluginError, UnknownName, ZooError, told

if TYPE_CHECKING:
    from zoo.config import Config

Array = np.ndarray[Any, np.dtype[Any]]
CATALOGUED = "tfds:"  # begins the names of tensorflow_datasets (zoo/data/readers/tfds.py)
PAIRED = "pairs:"  # begins a folder of blurred and sharp images (zoo/data/readers/image_pairs.py)
HELD_OUT = 0.2  # share of the examples for testing, where the data has no test split of its own
NOTHING = "nothing"
MANY = 20  # labels that differ; where there are more, and few examples of each, they are no classes


@dataclass(frozen=True, eq=False)
class Split:
    """Examples: inputs of shape (n, ...) and, where there are labels, targets of shape (n,).

    uint8 inputs are kept as they are and come out as float32 in [0, 1], batch by batch. Image files
    that are decoded as they are needed (zoo/data/readers/lazy_images.py) stand for an array of them.

    Raises:
        DataError: the examples are of different shapes.
    """

    stored: Array | Files
    targets: Array | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.stored, Files):
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
        return next(iter(self.stored.faults), None) if isinstance(self.stored, Files) else None

    def take(self, chosen: Any) -> Split:
        """Give the examples at some positions, or in a slice."""
        targets = None if self.targets is None else self.targets[chosen]
        stored = self.stored
        return Split(stored.take(chosen) if isinstance(stored, Files) else stored[chosen], targets)


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
        for part, split in (("training", self.train), ("test", self.test)):
            check_split(f"The {part} split of {self.name}", split, self.classes)
        self._check_alike()
        if not self.preprocessing:
            eight_bits = self.train.stored.dtype == np.uint8
            object.__setattr__(self, "preprocessing", "uint8 / 255" if eight_bits else "as given")

    def _check_alike(self) -> None:
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
        """How many numbers stand for each example, where they can be learnt as numbers."""
        targets = self.train.targets
        if targets is None or targets.ndim > 2 or targets.dtype.kind not in "fiub":
            return None
        return 1 if targets.ndim == 1 else int(targets.shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 over all examples, the same for the same data wherever it lies."""
        digest = hashlib.sha256()
        for split in (self.train, self.test):
            for array in (split.stored, split.targets):
                if isinstance(array, Files):
                    digest.update(array.fingerprint())
                elif array is not None:
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
            config: `batch_size`, `epochs` and `validation` are read from it; of one without data,
                `steps_per_epoch` and `epochs`: it is fed the number of each step, shape (1,).
            example: what a batch of inputs (float32) and targets becomes, `(x, y)` if not given;
                an autoencoder says `lambda x, y: (x, x)`. It runs inside tf.data: move and pair
                tensors here, and compute in the model.
            augment: changes a batch of training inputs given a stateless seed of shape (2,).

        Example:
            >>> model.fit(**data.feed(config), callbacks=callbacks)
        """
        if (steps := getattr(config, "steps_per_epoch", None)) is not None:
            return self._fed(counted(self.first_epoch * steps), steps, config)
        watched, learnt = self._positions(config)
        batch = min(config.batch_size, len(learnt))
        steps = len(learnt) // batch
        stream = shuffled(self, learnt, batch, steps, example or pair, augment)
        feed = self._fed(stream, steps, config)
        if len(watched):
            feed["validation_data"] = in_order(self.train.take(watched), batch, example or pair)
        return feed

    def _fed(self, stream: Any, steps: int, config: Config) -> dict[str, Any]:
        return {
            "x": stream,
            "steps_per_epoch": steps,
            "epochs": config.epochs,
            "initial_epoch": self.first_epoch,
            "shuffle": False,
            "verbose": 0,
        }

    def divided(self, config: Config) -> tuple[Split, Split]:
        """Give the training examples that `feed` only watches, and those that it learns from.

        Args:
            config: `validation` is read from it; the first split is empty where it is 0.
        """
        watched, learnt = self._positions(config)
        return self.train.take(watched), self.train.take(learnt)

    def _positions(self, config: Config) -> tuple[Array, Array]:
        """Divide the training positions into those that are watched and those learnt from."""
        count = len(self.train)
        watched = min(round(config.validation * count), count - 1)
        order = np.random.default_rng(self.seed).permutation(count)
        return np.sort(order[:watched]), np.sort(order[watched:])


def nothing() -> Dataset:
    """Give the data of an architecture that needs none: one number, and `is_nothing`."""
    one = Split(np.zeros((1, 1), np.float32))
    return Dataset(NOTHING, one, one)


def is_nothing(data: Dataset) -> bool:
    """Tell whether no data was named."""
    return data.name == NOTHING


def as_float(stored: Array) -> Array:
    """Convert stored inputs to float32; uint8 becomes [0, 1]."""
    if stored.dtype == np.uint8:
        return stored.astype(np.float32) / np.float32(255)
    return stored.astype(np.float32, copy=False)


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


def as_array(values: Any) -> Array:
    """Make an array in this machine's byte order, which is the only one that TensorFlow reads.

    Raises:
        DataError: the values are lists of different lengths.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"Examples must all have one shape: {error}.") from error
    return array.astype(array.dtype.newbyteorder("="), copy=False)


@dataclass(frozen=True)
class Facts:
    """What is known of a dataset without loading it."""

    name: str
    summary: str
    input_shape: tuple[int, ...]
    classes: tuple[str, ...] | None
    outputs: int | None = None


def facts(name: str) -> Facts:
    """Tell a named dataset's shape and classes without loading it.

    Raises:
        PluginError: its module does not say them.
    """
    shelf = Shelf(DATASETS)
    module = shelf.load(name)
    summary = (module.__doc__ or "").partition("\n")[0]
    try:
        classes = None if module.CLASSES is None else tuple(map(str, module.CLASSES))
        shape, outputs = tuple(map(int, module.INPUT_SHAPE)), getattr(module, "OUTPUTS", None)
        return Facts(name, summary, shape, classes, outputs)
    except (AttributeError, TypeError, ValueError) as error:
        raise PluginError(
            f"The dataset {name!r} of {package_of(shelf.entry(name))} must say its INPUT_SHAPE, sizes, "
            f"and its CLASSES, names or None: {told(error)}"
        ) from error


def open_dataset(
    source: str | Path | Dataset, shape: tuple[int | None, ...] | None = None
) -> Dataset:
    """Load a dataset by name, an .npz, .ts or .csv file, or a folder of images with a folder a class.

    Args:
        source: a name of the group `zoo.datasets`, tfds:NAME for one of tensorflow_datasets, a path,
            pairs:FOLDER of blurred and sharp images, or a Dataset, which is given back.
        shape: what the model wants; images of a folder are scaled to it, and it tells whether an
            .npz of (n, a, b) holds grey images or series.

    Raises:
        UnknownName: there is no such dataset, file or folder.
        DataError: it cannot be read.
    """
    if isinstance(source, Dataset):
        return source
    shelf = Shelf(DATASETS)
    if str(source) in shelf.names():
        return _loaded(shelf, str(source))
    if str(source).startswith(CATALOGUED):
        from zoo.data.readers import tfds

        return tfds.read(str(source), shape)
    paired = str(source).startswith(PAIRED)
    path = Path(str(source).removeprefix(PAIRED)).expanduser()
    if not str(source).strip() or not path.exists():
        hint = (
            "--data takes a dataset's name, tfds:NAME, an .npz, .ts or .csv file, a folder with a "
            "folder a class, or pairs:FOLDER of blurred and sharp images."
        )
        raise UnknownName("dataset, file or folder", str(source), shelf.names(), hint)
    if paired:
        from zoo.data.readers import image_pairs

        return image_pairs.read(path, shape)
    from zoo.data import load

    return load.read(path, shape)


def _loaded(shelf: Shelf, name: str) -> Dataset:
    module, package = shelf.load(name), package_of(shelf.entry(name))
    try:
        dataset = module.load()
    except ZooError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"The dataset {name!r} of {package} failed in load(): {told(error)}"
        ) from error
    if not isinstance(dataset, Dataset):
        raise PluginError(
            f"load() of the dataset {name!r} of {package} must return a zoo.Dataset. "
            f"Received: {type(dataset).__name__}"
        )
    return dataset
