"""What is normal: one class of the data, or all of it where there are no classes."""

import dataclasses
from typing import Any

import numpy as np

import zoo
from zoo.data.class_names import class_index

from .config import Config


def number(config: Config, classes: Any) -> int | None:
    """Find the number of the normal class: by its name, or else by its number.

    Raises:
        UnknownName: there is no such class.
        SettingError: the data has no classes.
    """
    if not classes:
        if config.normal is None:
            return None
        raise zoo.SettingError(
            f"normal={config.normal}: the data has no classes. Leave normal out: all training "
            "examples are then normal."
        )
    if config.normal is None:
        return 0
    return class_index(config.normal, classes)


def is_normal(split: zoo.Split, config: Config, data: zoo.Dataset) -> np.ndarray | None:
    """Tell of each example whether it is of the normal class; nothing where there are no classes."""
    wanted = number(config, data.classes)
    return None if wanted is None else split.targets.astype(int) == wanted


def normal_only(data: zoo.Dataset, config: Config) -> zoo.Dataset:
    """Give the data with none but normal examples to learn from; the test split stays whole.

    Raises:
        DataError: there are fewer than two.
    """
    normal = is_normal(data.train, config, data)
    if normal is None:
        return data
    if normal.sum() < 2:
        name = data.classes[number(config, data.classes)]
        raise zoo.DataError(
            f"{data.name} has {normal.sum()} training examples of the normal class {name!r}; at "
            "least 2 are needed."
        )
    return dataclasses.replace(data, train=data.train.take(np.flatnonzero(normal)))


def parts(data: zoo.Dataset, config: Config) -> tuple[zoo.Split, zoo.Split]:
    """Give the normal examples that are learnt from and those held out, the same if those are under two."""
    learnt, held = data.train_validation_split(config)
    return learnt, held if len(held) > 1 else learnt
