"""Datasets of the catalog of `tensorflow_datasets`, by name: tfds:NAME, or tfds:NAME/CONFIG.

An example there is a dictionary. The input and the target are the pair that the dataset declares
(`supervised_keys`); where it declares none, the one image and the one class label. Images of more than
one size are brought to one (image_size.py), and other arrays are read as those of an .npz are (npz.py).

They are looked for in ZOO_DATA/tensorflow_datasets where there is such a folder, else where
tensorflow_datasets keeps them (TFDS_DATA_DIR, ~/tensorflow_datasets), and then downloaded.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.images import to_array
from zoo.data.readers import npz
from zoo.data.readers.image_size import Size, common_shape, resize_description
from zoo.data.split import Split, hold_out
from zoo.environment import data_folder
from zoo.errors import DataError, UnknownName, UsageError, format_error

PREFIX = "tfds:"  # begins the name of a dataset of tensorflow_datasets
TESTS = ("test", "validation", "val")  # the first of them that there is; else a fifth is held out
MOST = 0.5  # share of this machine's memory that the examples may take


@dataclass(frozen=True)
class Source:
    """A dataset as tensorflow_datasets opens it, and the two entries of an example that are used."""

    name: str
    builder: Any
    key: str
    target: str | None

    def feature(self, key: str) -> Any:
        """Give what is known of an entry without reading any example."""
        return self.builder.info.features[key]

    @property
    def parts(self) -> tuple[str, ...]:
        """Name the split to learn from, and the one to test on, where there is one."""
        known = self.builder.info.splits
        return ("train", *[part for part in TESTS if part in known][:1])

    def count(self, part: str) -> int:
        """Count the examples of a split."""
        return int(self.builder.info.splits[part].num_examples)

    def examples(self, part: str, *keys: str | None) -> Iterator[tuple[Any, ...]]:
        """Read some entries of each example of a split, in the order in which they are stored."""
        import tensorflow_datasets as tfds

        wanted = [key for key in keys if key is not None]
        decoders = tfds.decode.PartialDecoding(dict.fromkeys(wanted, True))
        stored = self.builder.as_dataset(split=part, shuffle_files=False, decoders=decoders)
        for example in tfds.as_numpy(stored):
            yield tuple(example[key] for key in wanted)


def read(name: str, shape: tuple[int | None, ...] | None = None) -> Dataset:
    """Read a dataset of tensorflow_datasets into memory, downloaded if it is not here yet.

    Args:
        name: what follows tfds: is a name of its catalog, with /CONFIG and :VERSION where wanted.
        shape: the input_shape that the model wants, if it was set; images are brought to it.

    Raises:
        UsageError: tensorflow_datasets is not installed.
        UnknownName: it has no such dataset, or no such config.
        DataError: it cannot be downloaded, is too large for memory, or is nothing that a model here
            can learn from.
    """
    builder = _builder(name)
    source = Source(name, builder, *_keys(name, builder.info))
    _prepare(source)
    if "train" not in builder.info.splits:
        raise DataError(
            f"{name} has no split called train. Its splits: {', '.join(builder.info.splits)}."
        )
    if _is(source.feature(source.key), "Image"):
        return _of_images(source, shape)
    return _of_arrays(source, shape)


def _builder(name: str) -> Any:
    """Find a dataset in the catalog; nothing is downloaded yet."""
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise UsageError(
            f"{name} needs tensorflow_datasets: pip install 'keras-zoo[tfds]' ({format_error(error)})"
        ) from error
    wanted = name.removeprefix(PREFIX)
    try:
        return tfds.builder(wanted, data_dir=_folder(), try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        known = tfds.list_builders(with_community_datasets=False)
        raise UnknownName(
            "dataset of tensorflow_datasets", wanted.partition("/")[0], known
        ) from error
    except Exception as error:  # each dataset of that catalog is code of somebody's
        _check_config(tfds, wanted)
        raise DataError(f"{name} cannot be opened: {format_error(error)}") from error


def _check_config(tfds: Any, wanted: str) -> None:
    """Refuse an unknown config of a known dataset with the nearest ones."""
    base, _, config = wanted.partition(":")[0].partition("/")
    if config and base in tfds.list_builders(with_community_datasets=False):
        known = tfds.builder_cls(base).builder_configs
        if config not in known:
            raise UnknownName(f"config of {PREFIX}{base}", config, known)


def _folder() -> Path | None:
    mine = data_folder() / "tensorflow_datasets"
    return mine if mine.is_dir() else None


def _keys(name: str, info: Any) -> tuple[str, str | None]:
    """Choose the entries that are the input and the target."""
    features = dict(info.features.items()) if hasattr(info.features, "items") else {}
    declared = info.supervised_keys
    if declared is not None and len(declared) == 2 and all(map(_in(features), declared)):
        key, target = declared
    else:
        key = _only([key for key, feature in features.items() if _is(feature, "Image")])
        target = _only([key for key, feature in features.items() if _is(feature, "ClassLabel")])
    if key is None or not _readable(features[key]):
        held = ", ".join(f"{key} ({type(feature).__name__})" for key, feature in features.items())
        raise DataError(
            f"{name} has no single input that can be read. Expected: an image, or an array of numbers of "
            f"one shape. Its examples hold: {held or info.features}."
        )
    if target is not None and not (_is(features[target], "Text") or _readable(features[target])):
        target = None
    return key, None if target == key else target


def _in(features: dict[str, Any]) -> Any:
    return lambda key: isinstance(key, str) and key in features


def _only(keys: list[str]) -> str | None:
    return keys[0] if len(keys) == 1 else None


def _is(feature: Any, kind: str) -> bool:
    import tensorflow_datasets as tfds

    return isinstance(feature, getattr(tfds.features, kind))


def _readable(feature: Any) -> bool:
    """Tell whether it is an image of any size, or an array of numbers that all have one shape."""
    if _is(feature, "Image"):
        return True
    shape, dtype = getattr(feature, "shape", None), getattr(feature, "dtype", None)
    if not isinstance(shape, tuple) or isinstance(dtype, dict) or dtype is None:
        return False
    return None not in shape and _dtype(feature).kind in "fiub"


def _dtype(feature: Any) -> np.dtype[Any]:
    import tensorflow as tf

    dtype: np.dtype[Any] = np.dtype(tf.as_dtype(feature.dtype).as_numpy_dtype)
    return dtype


def _prepare(source: Source) -> None:
    """Download a dataset where it is not here yet; what that says goes beside the results."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            source.builder.download_and_prepare()
    except Exception as error:  # sockets, checksums, disks, and code of somebody's
        raise DataError(
            f"{source.name} is not here and cannot be downloaded ({format_error(error)}). Let "
            f"tensorflow_datasets prepare it where there is a network, and put its folder at "
            f"{source.builder.data_dir}."
        ) from error


def _of_images(source: Source, wanted: tuple[int | None, ...] | None) -> Dataset:
    """Read images, brought to one size where they, or the model, have another."""
    sizes = _sizes(source)
    size = common_shape(f"The images of {source.name}", sizes, wanted)
    dtype = _dtype(source.feature(source.key))
    if dtype != np.uint8 and set(sizes) != {size}:
        raise DataError(
            f"{source.name} holds images of {dtype} that are not all {size}; only those of 8 bits can be "
            "scaled."
        )
    _check_memory(source, size, dtype)
    splits, classes = [], _classes(source)
    for part in source.parts:
        pixels = np.empty((source.count(part), *size), dtype)
        labels = []
        for at, (image, *label) in enumerate(source.examples(part, source.key, source.target)):
            pixels[at] = image if image.shape == size else _scaled(image, size)
            labels += label
        splits.append(Split(pixels, np.array(labels) if classes else None))
    train, test = splits if len(splits) == 2 else hold_out(splits[0])
    return Dataset(source.name, train, test, classes, resize_description(sizes, size))


def _sizes(source: Source) -> Counter[Size]:
    """Count the images of each size; they are only looked at where the size is not declared."""
    declared = source.feature(source.key).shape
    if None not in declared:
        return Counter([declared])
    return Counter(
        image.shape for part in source.parts for (image,) in source.examples(part, source.key)
    )


def _scaled(image: Array, size: Size) -> Array:
    return to_array(Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image), size)


def _classes(source: Source) -> tuple[str, ...] | None:
    if source.target is None or not _is(source.feature(source.target), "ClassLabel"):
        return None
    return tuple(map(str, source.feature(source.target).names))


def _of_arrays(source: Source, wanted: tuple[int | None, ...] | None) -> Dataset:
    """Read series, volumes or plain numbers, with labels or numbers to predict."""
    feature = source.feature(source.key)
    _check_memory(source, feature.shape, _dtype(feature))
    pairs: list[npz.Pair] = []
    for part in source.parts:
        columns = list(zip(*source.examples(part, source.key, source.target), strict=True))
        labels = np.array(columns[1]) if source.target else None
        pairs.append((source.key, np.stack(columns[0]), source.target or "", labels))
    read = npz.dataset_of(source.name, source.name, pairs, wanted or feature.shape)
    classes = _classes(source) or read.classes
    return Dataset(source.name, read.train, read.test, classes, read.preprocessing)


def _check_memory(source: Source, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse what would not fit into memory, with the ways there are."""
    count = sum(source.count(part) for part in source.parts)
    needed = count * math.prod(shape) * dtype.itemsize
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > MOST * memory:
        raise DataError(
            f"{source.name} holds {count:,} examples of shape {tuple(shape)}, {needed / 2**30:,.1f} GiB; "
            f"this machine has {memory / 2**30:.0f} GiB of memory. Give a smaller input_shape, or write its "
            "images into a folder for each class: a folder may be larger than memory."
        )
