"""What data must be before anything is trained on it: finite, in range, and labelled with classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoo.data.arrays import check_numbers, check_range, is_picture
from zoo.data.readers.lazy_images import LazyImages
from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.data.arrays import Array
    from zoo.data.split import Split


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
    if not isinstance(inputs, LazyImages):
        check_numbers(what, inputs)
    if not isinstance(inputs, LazyImages) and (
        inputs.dtype == np.uint8 or is_picture(inputs.shape[1:])
    ):
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
