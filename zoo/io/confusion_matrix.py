"""The picture of a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.io.pictures import figure, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["count_confusions", "plot_confusion_matrix"]

NARROWEST = 4.4  # inches, which the title needs
MOST_COUNTED = 25  # classes up to which each cell shows its count
MOST_NAMED = 120  # classes up to which their names are shown
MOST_ROWS = 500  # of the picture; 10,000 rows would take gigabytes, and nobody sees them


def count_confusions(
    truth: np.ndarray[Any, np.dtype[Any]], predicted: np.ndarray[Any, np.dtype[Any]], classes: int
) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the confusion matrix; beyond MOST_ROWS classes, neighbours are counted together.

    Args:
        truth: the true class of each example.
        predicted: the predicted class of each example.
        classes: the number of classes.

    Returns:
        Counts of shape (k, k): rows are the true classes, columns the predictions. k is the number of
        classes, or of groups of neighbours of one size.
    """
    size = -(-classes // MOST_ROWS)
    count = -(-classes // size)
    cells = np.asarray(truth, np.int64) // size * count + np.asarray(predicted, np.int64) // size
    return np.bincount(cells, minlength=count**2).reshape(count, count)


def plot_confusion_matrix(matrix: np.ndarray[Any, np.dtype[Any]], classes: Sequence[str]) -> Figure:
    """Plot a confusion matrix; the colours are shares of each row.

    Args:
        matrix: counts of shape (classes, classes): rows are the true classes, columns the predictions.
            For many classes, those of `count_confusions`.
        classes: their names.
    """
    count = len(matrix)
    names = [shorten(name, 20) for name in classes]
    letter = 0.085 if count <= MOST_COUNTED else 0.05 if count <= MOST_NAMED else 0  # inches
    side = min(12.0, 2.3 + 0.42 * count) + letter * max(map(len, names))
    total, right = int(matrix.sum()), int(np.trace(matrix))
    title = f"Confusion matrix: {right:,} of {total:,} examples are right"
    drawing = figure(
        max(side, NARROWEST), side, title if len(classes) == count else "Confusion matrix"
    )
    axes = drawing.add_subplot()
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if count <= MOST_COUNTED:
        _write_counts(axes, matrix, shares)
    if count <= MOST_NAMED:
        _name_classes(axes, names)
    group = -(-len(classes) // count)  # neighbours are counted together
    unit = f"class, {group} in a row" if group > 1 else "class"
    axes.set(xlabel=f"predicted {unit}", ylabel=f"true {unit}")
    return drawing


def _write_counts(
    axes: Axes,
    matrix: np.ndarray[Any, np.dtype[Any]],
    shares: np.ndarray[Any, np.dtype[Any]],
) -> None:
    """Write the count of each cell that is not zero into it: white on dark cells, black on light ones."""
    for row, column in np.argwhere(matrix > 0):
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = f"{matrix[row, column]}"
        size = 10 if len(text) < 4 else 7
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)


def _name_classes(axes: Axes, names: Sequence[str]) -> None:
    """Write the names of the classes along both axes; long names, and many, are turned below the matrix."""
    is_dense = len(names) > MOST_COUNTED
    style: dict[str, Any] = {"parse_math": False, "fontsize": 6 if is_dense else 10}
    axes.set_yticks(range(len(names)), names, **style)
    if max(map(len, names)) > 2 or is_dense:
        style |= {"rotation": 90 if is_dense else 45, "rotation_mode": "anchor"}
        style |= {"ha": "right", "va": "center" if is_dense else "top"}
    axes.set_xticks(range(len(names)), names, **style)
