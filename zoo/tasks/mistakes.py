"""The mistakes that a classifier was surest of, with what it thought, and what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array, as_float
from zoo.io import pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from zoo.data.dataset import Dataset

WORST = 24  # mistakes shown
LETTERS = 15  # of a class's name over a picture


def plot_mistakes(probabilities: Array, data: Dataset) -> dict[str, Figure]:
    """Draw the worst mistakes: images, traces of series, or volumes seen from above."""
    truth, names = data.test.targets, data.classes
    rank = len(data.input_shape) - 1
    if truth is None or names is None or rank not in (1, 2, 3):
        return {}
    if rank > 1 and data.input_shape[-1] not in (1, 3):
        return {}
    said = probabilities.argmax(-1)
    wrong = np.flatnonzero(said != truth)
    if not len(wrong):
        return {}
    worst = wrong[np.argsort(-probabilities[wrong, said[wrong]])][:WORST]
    captions = [
        f"{pictures.shorten(names[said[at]], LETTERS)}, {probabilities[at, said[at]]:.0%}\n"
        f"is {pictures.shorten(names[truth[at]], LETTERS)}"
        for at in worst
    ]
    inputs = as_float(data.test.stored[worst])
    if rank == 1:
        return {"mistakes": pictures.plot_series(list(inputs), captions)}
    return {"mistakes": pictures.captioned_grid(_flat(inputs), captions)}


def _flat(inputs: Array) -> list[Any]:
    """Give images as they are, and volumes as their mean along the first axis, brightened."""
    if inputs.ndim == 4:
        return list(inputs)
    seen = inputs.mean(1)
    return list(seen / np.maximum(seen.max((1, 2, 3), keepdims=True), 1e-12))
