"""Checks of a split before anything is trained on it: finite, in range, and labelled with classes."""

from __future__ import annotations

import numpy as np

from zoo.data.arrays import Array, check_numbers, check_range, format_dtype, is_picture
from zoo.data.on_demand.examples import OnDemand
from zoo.data.split import Split
from zoo.errors import DataError

__all__ = ["check_split"]


def check_split(what: str, split: Split, classes: tuple[str, ...] | None) -> None:
    """Refuse a split that no model can learn from.

    Args:
        what: the split's name, which begins the error message.
        split: the examples and their targets. Image files that are decoded on demand are not read.
        classes: the names of the classes; None where the targets are no labels.

    Raises:
        DataError: the split is empty, holds NaN or infinity, leaves its range, or is wrongly labelled.
    """
    _check_inputs(what, split.stored)
    if split.targets is not None:
        _check_targets(what, split.targets, len(split), classes)
    elif classes is not None:
        raise DataError(f"{what} has no labels, and there are {len(classes)} classes.")


def _check_inputs(what: str, inputs: Array | OnDemand) -> None:
    if inputs.ndim < 2 or 0 in inputs.shape[1:]:
        raise DataError(
            f"{what} must be an array of examples, each of at least one number. "
            f"Received: shape {inputs.shape}."
        )
    if len(inputs) == 0:
        raise DataError(f"{what} is empty.")
    if isinstance(inputs, OnDemand):
        return
    check_numbers(what, inputs)
    if inputs.dtype == np.uint8 or is_picture(inputs.shape[1:]):
        check_range(what, inputs)


def _check_targets(
    what: str, targets: Array, examples: int, classes: tuple[str, ...] | None
) -> None:
    if targets.ndim == 0 or len(targets) != examples:
        count = f"{len(targets)} targets" if targets.ndim else "a single number as targets"
        raise DataError(f"{what} has {examples} inputs and {count}.")
    check_numbers(f"{what} has targets that are no labels: the array of them", targets)
    if classes is not None:
        _check_labels(what, targets, classes)


def _check_labels(what: str, labels: Array, classes: tuple[str, ...]) -> None:
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(
            f"{what} must have one whole number as the label of each example. "
            f"Received: {format_dtype(labels.dtype)} of shape {labels.shape}."
        )
    wrong = (labels < 0) | (labels >= len(classes))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(
            f"{what} has the label {labels[at]} in example {at}. "
            f"Expected: 0 to {len(classes) - 1}, for {len(classes)} classes."
        )
