"""Whether data fits a config: its input shape, its classes and its targets."""

from __future__ import annotations

from typing import Any

from zoo.config import Config
from zoo.data.dataset import Dataset
from zoo.errors import DataError


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
    if is_regression(config):
        _check_numbers_to_learn(data, config)
    elif asks_for_classes(config):
        _check_classes(data, getattr(config, "classes", None))


def is_regression(config: Config) -> bool:
    """Tell whether a model is set to predict numbers."""
    return getattr(config, "task", "") == "regression"


def settings_from_data(config: Config) -> tuple[str, ...]:
    """Name the settings that the data decides where they are None."""
    if is_regression(config):
        return ("input_shape", "outputs")
    return ("input_shape", "classes") if asks_for_classes(config) else ("input_shape",)


def asks_for_classes(config: Config) -> bool:
    """Tell whether a config has classes, and is not set to do without them (`conditional=false`)."""
    return hasattr(config, "classes") and bool(getattr(config, "conditional", True))


def _check_numbers_to_learn(data: Dataset, config: Config) -> None:
    """Refuse names of classes, and another count of numbers than a config's."""
    if data.outputs is None or any(not name.isdecimal() for name in data.classes or ()):
        held = f"classes ({_listed(data.classes)})" if data.classes else "no targets"
        raise DataError(
            f"{data.name} has {held}, and task=regression predicts numbers. Expected: one number, or "
            "one row of numbers, for each input."
        )
    if getattr(config, "outputs", None) not in (None, data.outputs):
        raise DataError(
            f"{data.name} does not fit the model: it has {data.outputs} numbers an example, and the "
            f"setting outputs is {getattr(config, 'outputs', None)}."
        )


def _check_classes(data: Dataset, wanted: Any) -> None:
    """Refuse other classes than a config's, or none, or a single one."""
    if data.classes is None:
        targets = data.train.targets
        held = "no labels" if targets is None else f"targets of {targets.dtype}, {targets.shape}"
        raise DataError(
            f"{data.name} has {held}, and the model tells classes apart. Expected: one label for "
            "each input, 0 to k - 1 or the name of its class; for numbers, mlp takes task=regression."
        )
    if len(data.classes) < 2:
        raise DataError(
            f"{data.name} has a single class ({data.classes[0]}). Expected: two or more."
        )
    if wanted is None:
        return
    count = wanted if isinstance(wanted, int) else len(wanted)
    if count != len(data.classes):
        raise DataError(
            f"{data.name} does not fit the model: it has {len(data.classes)} classes "
            f"({_listed(data.classes)}), and the setting classes gives {count}."
        )
    if not isinstance(wanted, int) and not _same_meaning(tuple(wanted), data.classes):
        raise DataError(
            f"{data.name} does not fit the model: its classes are {_listed(data.classes)}, and the "
            f"model's are {_listed(wanted)}. Labels would mean something else."
        )


def _same_meaning(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two lists of names may be the same classes: bare numbers may be anything's."""
    numbers = tuple(map(str, range(len(one))))
    return one == other or numbers in (one, other)


def _listed(names: Any) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        want in (None, size) for size, want in zip(shape, wanted, strict=True)
    )
