"""What data must be before anything is trained on it: finite, in range, and labelled with classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.readers.lazy_images import Files
from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.config import Config
    from zoo.data.dataset import Array, Dataset, Split

SLACK = 1e-3  # how far an image may leave [0, 1]: what resizing with a sharp filter overshoots


def check_split(what: str, split: Split, classes: tuple[str, ...] | None) -> None:
    """Refuse a split that nothing can be learnt from.

    Raises:
        DataError: it is empty, not a number somewhere, out of range, or wrongly labelled.
    """
    inputs, targets = split.stored, split.targets
    if inputs.ndim < 2 or 0 in inputs.shape[1:]:
        raise DataError(
            f"{what} must be an array of examples, each of at least one number. "
            f"Received: shape {inputs.shape}."
        )
    if len(inputs) == 0:
        raise DataError(f"{what} is empty.")
    if not isinstance(inputs, Files):
        check_numbers(what, inputs)
    if not isinstance(inputs, Files) and (inputs.dtype == np.uint8 or is_image(inputs.shape[1:])):
        check_range(what, inputs)
    if targets is None:
        if classes is not None:
            raise DataError(f"{what} has no labels, and there are {len(classes)} classes.")
        return
    if targets.ndim == 0 or len(targets) != len(inputs):
        count = len(targets) if targets.ndim else "a single one as"
        raise DataError(f"{what} has {len(inputs)} inputs and {count} targets.")
    check_numbers(f"{what} has targets that are no labels: the array of them", targets)
    if classes is not None:
        _check_labels(what, targets, classes)


def check_numbers(what: str, array: Array) -> None:
    """Refuse an array that holds anything but finite numbers.

    Raises:
        DataError: says what it holds, or in which example the first bad number is.
    """
    if array.dtype.kind not in "fiub":
        raise DataError(f"{what} must hold numbers. Received: {array.dtype}.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        good = np.isfinite(array).reshape(len(array), -1).all(1)
        raise DataError(
            f"{what} holds a value that is not a finite number, in example {int(np.argmin(good))}."
        )


def is_image(shape: tuple[int, ...]) -> bool:
    """Tell whether one example's shape is that of an image: height, width, and 1, 3 or 4 channels."""
    return len(shape) == 3 and shape[-1] in (1, 3, 4)


def check_range(what: str, pixels: Array) -> None:
    """Refuse images that are neither uint8 nor within [0, 1], and bits in bytes, which become 1/255.

    Raises:
        DataError: says the range they have, and how to bring them there.
    """
    low, high = float(pixels.min()), float(pixels.max())
    if pixels.dtype == np.uint8:
        if high == 1:
            raise DataError(
                f"{what} holds uint8 numbers that are 0 or 1, and uint8 is divided by 255. Give them "
                "as bool or as float."
            )
    elif low < -SLACK or high > 1 + SLACK:
        how = "Divide them by 255" if low >= 0 and 1.5 < high <= 255 else "Scale them to 0 ... 1"
        raise DataError(
            f"{what} holds images with values from {low:g} to {high:g}. "
            f"Expected: uint8, or floats from 0 to 1. {how}."
        )


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


def decided(config: Config) -> tuple[str, ...]:
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
