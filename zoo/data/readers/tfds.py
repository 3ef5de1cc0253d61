"""Datasets of the catalog of `tensorflow_datasets`, by name: tfds:NAME, or tfds:NAME/CONFIG.

Images of more than one size are brought to one (image_size.py), and other arrays are read as those of an
.npz are (npz.py).

The data is looked for in ZOO_DATA/tensorflow_datasets where there is such a folder, else where
tensorflow_datasets stores it (TFDS_DATA_DIR, ~/tensorflow_datasets), and then downloaded.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from PIL import Image

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.images import to_array
from zoo.data.on_demand.tfds_rows import TfdsRows
from zoo.data.readers import npz
from zoo.data.readers.image_size import Size, common_shape, resize_description
from zoo.data.readers.tfds_source import (
    PREFIX,
    TfdsSource,
    feature_dtype,
    is_feature,
    open_source,
)
from zoo.data.split import Split, train_and_test
from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = ["PREFIX", "read"]

MEMORY_SHARE = 0.5  # share of this machine's memory that the examples may take


def read(
    name: str,
    shape: tuple[int | None, ...] | None = None,
    hold_out: bool = True,
    resize: Resize = "pad",
    download: bool = True,
) -> Dataset:
    """Read a dataset of tensorflow_datasets; it is downloaded if it is not here yet.

    Images that would take more than half of the memory are read when a batch needs them, if their files
    are ArrayRecord.

    Args:
        name: `tfds:` and a name of the catalog, with /CONFIG and :VERSION where wanted.
        shape: the input_shape that the model takes, if it was set; images are brought to it.
        hold_out: whether a fifth is held out for testing where there is no test split.
        resize: how an image of another size is brought to it: pad, stretch or crop.
        download: whether it may be downloaded.

    Raises:
        UsageError: tensorflow_datasets is not installed.
        UnknownName: it has no such dataset, or no such config.
        DataError: it cannot or may not be downloaded, is too large for memory, or no model can learn from it.
    """
    source = open_source(name, download)
    if is_feature(source.feature(source.input_key), "Image"):
        return _read_images(source, shape, hold_out, resize)
    return _read_arrays(source, shape, hold_out)


def _read_images(
    source: TfdsSource, shape: tuple[int | None, ...] | None, hold_out: bool, resize: Resize
) -> Dataset:
    """Read images, brought to one size where they, or the model, have another."""
    sizes = _image_sizes(source)
    size = common_shape(f"The images of {source.name}", sizes, shape)
    dtype = feature_dtype(source.feature(source.input_key))
    if dtype != np.uint8 and set(sizes) != {size}:
        raise DataError(
            f"{source.name} holds images of {dtype} that are not all {size}; only those of 8 bits can be "
            "scaled."
        )
    if _exceeds_memory(source, size, dtype) and source.reads_at_positions:
        splits = [_split_on_demand(source, split, size, dtype, resize) for split in source.splits]
    else:
        _check_memory(source, size, dtype)
        splits = [_image_split(source, split, size, dtype, resize) for split in source.splits]
    train, test = train_and_test(splits, hold_out)
    done = resize_description(sizes, size, resize)
    return Dataset(source.name, train, test, source.classes, done)


def _image_sizes(source: TfdsSource) -> Counter[Size]:
    """Count the images of each size; they are decoded only where no size is declared."""
    declared = source.feature(source.input_key).shape
    if None not in declared:
        return Counter([declared])
    return Counter(
        image.shape
        for split in source.splits
        for (image,) in source.examples(split, source.input_key)
    )


def _image_split(
    source: TfdsSource, name: str, size: Size, dtype: np.dtype[Any], resize: Resize
) -> Split:
    pixels = np.empty((source.count(name), *size), dtype)
    labels = []
    examples = source.examples(name, source.input_key, source.target_key)
    for at, (image, *label) in enumerate(examples):
        pixels[at] = image if image.shape == size else _scale(image, size, resize)
        labels += label
    return Split(pixels, np.array(labels) if source.classes else None)


def _split_on_demand(
    source: TfdsSource, name: str, size: Size, dtype: np.dtype[Any], resize: Resize
) -> Split:
    """Return a split whose images are read when a batch needs them; its labels are read now."""

    def change(image: Array) -> Array:
        return image if image.shape == size else _scale(image, size, resize)

    key, where = source.input_key, f"{source.builder.info.full_name}, split {name}"
    rows = TfdsRows(source.at_positions(name, key), key, change, size, dtype, where)
    labels = []
    if source.classes:
        labels = [label for (label,) in source.examples(name, source.target_key)]
    return Split(rows, np.array(labels) if source.classes else None)


def _scale(image: Array, size: Size, resize: Resize) -> Array:
    pixels = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    return to_array(pixels, size, resize)


def _read_arrays(
    source: TfdsSource, shape: tuple[int | None, ...] | None, hold_out: bool
) -> Dataset:
    """Read series, volumes or plain numbers, with labels or numbers to predict."""
    feature = source.feature(source.input_key)
    _check_memory(source, feature.shape, feature_dtype(feature))
    splits: list[npz.NamedArrays] = []
    for name in source.splits:
        examples = source.examples(name, source.input_key, source.target_key)
        columns = list(zip(*examples, strict=True))
        targets = np.array(columns[1]) if source.target_key else None
        splits.append((source.input_key, np.stack(columns[0]), source.target_key or "", targets))
    shape = shape or feature.shape
    data = npz.dataset_from_arrays(source.name, source.name, splits, shape, hold_out)
    classes = source.classes or data.classes
    return Dataset(source.name, data.train, data.test, classes, data.preprocessing)


def _needed_bytes(source: TfdsSource, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    count = sum(source.count(split) for split in source.splits)
    return count * math.prod(shape) * dtype.itemsize


def _exceeds_memory(source: TfdsSource, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Return whether all examples take more than half of this machine's memory."""
    return _needed_bytes(source, shape, dtype) > MEMORY_SHARE * psutil.virtual_memory().total


def _check_memory(source: TfdsSource, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse what would not fit into memory; the message says what to do instead."""
    if _exceeds_memory(source, shape, dtype):
        count = sum(source.count(split) for split in source.splits)
        needed, memory = _needed_bytes(source, shape, dtype), psutil.virtual_memory().total
        raise DataError(
            f"{source.name} holds {count:,} examples of shape {tuple(shape)}, {needed / 2**30:,.1f} GiB; "
            f"this machine has {memory / 2**30:.0f} GiB of memory. Give a smaller input_shape; or prepare "
            "images with tfds build --file_format=array_record, which are then read when they are needed; "
            "or write them into a folder for each class."
        )
