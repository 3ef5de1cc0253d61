"""What must fit together: data and a config, and a weights file and a model."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from zoo.config import Config, WithoutData
from zoo.data.arrays import describe_misfit, shape_fits
from zoo.data.dataset import Dataset
from zoo.data.tables.cells import LABEL_WORDS
from zoo.errors import DataError, SettingError

if TYPE_CHECKING:
    import keras

Shape = tuple[int, ...]

_COLUMN = f" In a table, the column of the classes is called {LABEL_WORDS}."


def check_fit(data: Dataset, config: Config) -> None:
    """Refuse data that does not fit a config's input_shape, classes or outputs.

    Raises:
        DataError: with the sizes of both.
    """
    wanted = getattr(config, "input_shape", None)
    if wanted is not None and not shape_fits(data.input_shape, wanted):
        raise DataError(
            f"{data.name} does not fit the model: each example {describe_misfit(data.input_shape, wanted)} "
            "(the setting input_shape). Leave input_shape out to take the data's."
        )
    if is_regression(config):
        _check_outputs(data, config)
    elif uses_classes(config):
        _check_classes(data, getattr(config, "classes", None))


def check_training_settings(data: Dataset, config: Config) -> None:
    """Refuse settings of a training that its data leaves without effect.

    Raises:
        SettingError: a setting follows the validation, and no example is held out for it; or there are other
            class weights than classes.
    """
    watching = [name for name in ("early_stopping", "best_epoch") if getattr(config, name)]
    if watching and (isinstance(config, WithoutData) or not data.validation_size(config)):
        raise SettingError(
            f"{watching[0]} follows the validation, and no example of {data.name} is held out for it. Set "
            f"the share that is, such as validation=0.1. Received: validation={config.validation:g}"
        )
    weights = getattr(config, "class_weight", None)
    if weights is not None and is_regression(config):
        raise SettingError("class_weight needs classes, and task=regression predicts numbers.")
    if isinstance(weights, tuple) and len(weights) != len(data.classes or ()):
        raise SettingError(
            f"class_weight must have one number for each class of {data.name}, or be 'balanced'. Expected: "
            f"{len(data.classes or ())} numbers. Received: {len(weights)}"
        )


def is_regression(config: Config) -> bool:
    """Return whether a model predicts numbers (`task=regression`)."""
    return getattr(config, "task", "") == "regression"


def settings_from_data(config: Config) -> tuple[str, ...]:
    """Return the names of the settings that the data decides where they are None."""
    if is_regression(config):
        return ("input_shape", "outputs")
    return ("input_shape", "classes") if uses_classes(config) else ("input_shape",)


def uses_classes(config: Config) -> bool:
    """Return whether a config has classes, and no `conditional=false` that leaves them unused."""
    return hasattr(config, "classes") and bool(getattr(config, "conditional", True))


def _check_outputs(data: Dataset, config: Config) -> None:
    """Refuse targets that are no numbers, or more or fewer numbers than a config's `outputs`."""
    if data.outputs is None or any(not name.isdecimal() for name in data.classes or ()):
        targets = f"classes ({_shorten(data.classes)})" if data.classes else "no targets"
        raise DataError(
            f"{data.name} has {targets}, and task=regression predicts numbers. Expected: one number, "
            "or one row of numbers, for each input."
        )
    outputs = getattr(config, "outputs", None)
    if outputs not in (None, data.outputs):
        raise DataError(
            f"{data.name} does not fit the model: it has {data.outputs} numbers for each input, and "
            f"the setting outputs is {outputs}."
        )


def _check_classes(data: Dataset, wanted: Any) -> None:
    """Refuse data without classes, with a single one, or with other classes than a config's."""
    if data.classes is None:
        targets = data.train.targets
        found = "no labels" if targets is None else f"targets of {targets.dtype}, {targets.shape}"
        raise DataError(
            f"{data.name} has {found}, and the model is a classifier. Expected: one label for each "
            "input, 0 to k - 1 or the name of its class; for numbers, mlp takes task=regression."
            f"{_COLUMN * (targets is None)}"
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
            f"({_shorten(data.classes)}), and the setting classes has {count}."
        )
    if not isinstance(wanted, int) and not _are_compatible(tuple(wanted), data.classes):
        raise DataError(
            f"{data.name} does not fit the model: its classes are {_shorten(data.classes)}, and the "
            f"model's are {_shorten(wanted)}. The same label would mean another class."
        )


def _are_compatible(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two lists of names are equal, or one is only the numbers 0 to k - 1."""
    numbers = tuple(map(str, range(len(one))))
    return one == other or numbers in (one, other)


def _shorten(names: Any) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def describe_weight_mismatch(model: keras.Model, weights: Path) -> str:
    """Describe the first variable of a model that a weights file does not have in the same shape.

    The model's own weights are written to a second file, and the two files are compared. Before that
    every variable is filled with its position, so that the second file tells which variable is where:
    afterwards the model's weights are worthless.

    Args:
        model: a model that is built.
        weights: a .weights.h5 file of Keras.

    Returns:
        A sentence with the variable's path and both shapes; empty where all shapes agree.
    """
    for position, variable in enumerate(model.variables):
        variable.assign(np.full(variable.shape, position % 128))
    with tempfile.TemporaryDirectory() as folder:
        model.save_weights(Path(folder) / "own.weights.h5")
        own, other = _read_arrays(Path(folder) / "own.weights.h5"), _read_arrays(weights)
    for place, path in _variable_paths(model, own).items():
        shape = own[place][0]
        if place not in other or other[place][0] != shape:
            found = f"of shape {other[place][0]}" if place in other else "missing"
            return f"the variable {path} is {found} in the file, and of shape {shape} in the model."
    for place in other:
        if place not in own:
            return f"the file has {place} of shape {other[place][0]}, and the model has no such variable."
    return ""


def _read_arrays(file: Path) -> dict[str, tuple[Shape, float]]:
    """Return the shape and the first value of each array in an HDF5 file, by its place in the file."""
    arrays: dict[str, tuple[Shape, float]] = {}

    def visit(place: str, item: Any) -> None:
        # not by `visititems`, which leaves out the second name of an array
        if isinstance(item, h5py.Group):
            for name in item:
                visit(f"{place}/{name}".lstrip("/"), item[name])
        elif item.shape is not None:  # HDF5 has arrays without a shape, which hold nothing
            known = item.size and item.dtype.kind in "fiub"
            first = float(item[(0,) * item.ndim]) if known else np.nan
            arrays[place] = (tuple(map(int, item.shape)), first)

    with h5py.File(file, "r") as archive:
        visit("", archive)
    return arrays


def _variable_paths(model: keras.Model, arrays: dict[str, tuple[Shape, float]]) -> dict[str, str]:
    """Return the paths of a model's variables by their place in a file, in the model's order."""
    paths: dict[str, str] = {}
    for position, variable in enumerate(model.variables):
        content = (tuple(variable.shape), float(position % 128))
        for place, array in arrays.items():
            if array == content and place not in paths:
                paths[place] = variable.path
                break
    return paths | {place: place for place in arrays if place not in paths}
