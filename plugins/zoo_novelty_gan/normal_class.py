"""The normal examples: those of one class of the data, or all of them if there are no classes."""

import dataclasses
from collections.abc import Sequence

import numpy as np

import zoo
from zoo.data.arrays import Array
from zoo.data.class_names import class_index

from .config import Config


def normal_index(config: Config, classes: Sequence[str] | None) -> int | None:
    """Return the number of the normal class, or None if the data has no classes.

    Args:
        config: `normal` is read: a name, a number, or None for the first class.
        classes: the names of the data's classes, if it has any.

    Raises:
        UnknownName: there is no such class; the message has the nearest names.
        SettingError: a normal class is set, and the data has no classes.
    """
    if classes:
        return 0 if config.normal is None else class_index(config.normal, classes)
    if config.normal is None:
        return None
    raise zoo.SettingError(
        f"normal={config.normal} needs data with classes. Received: data without classes. Without "
        "this setting, all training examples are normal."
    )


def normal_mask(split: zoo.Split, config: Config, data: zoo.Dataset) -> Array | None:
    """Return which examples of a split are normal, shape (n,); None if the data has no classes.

    Args:
        split: the examples.
        config: `normal` is read.
        data: the dataset, for its classes.

    Raises:
        UnknownName: there is no such normal class.
        SettingError: a normal class is set, and the data has no classes.
    """
    index = normal_index(config, data.classes)
    if index is None or split.targets is None:
        return None
    mask: Array = split.targets.astype(int) == index
    return mask


def select_normal(data: zoo.Dataset, config: Config) -> zoo.Dataset:
    """Return the data with only the normal training examples; the test split stays as it is.

    Raises:
        UnknownName: there is no such normal class.
        SettingError: a normal class is set, and the data has no classes.
        DataError: there are fewer than two normal examples.
    """
    mask = normal_mask(data.train, config, data)
    if mask is None:
        return data
    if mask.sum() < 2:
        classes = data.classes or ()
        name = classes[normal_index(config, classes) or 0]
        raise zoo.DataError(
            f"{data.name} has {mask.sum()} training examples of the normal class {name!r}. "
            "Expected: at least 2"
        )
    return dataclasses.replace(data, train=data.train.take(np.flatnonzero(mask)))


def split_normal(data: zoo.Dataset, config: Config) -> tuple[zoo.Split, zoo.Split]:
    """Return the training examples and those held out; the training examples twice if under two are held out.

    Args:
        data: its training examples are normal.
        config: `validation` is read.
    """
    train, held_out = data.train_validation_split(config)
    return train, held_out if len(held_out) > 1 else train
