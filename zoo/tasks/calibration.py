"""Calibration: whether predictions with probability 0.8 are right 8 times in 10 (Guo et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoo.data.arrays import Array
from zoo.io import pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["bin_by_confidence", "expected_calibration_error", "plot_reliability"]

BINS = 15


def bin_by_confidence(
    probabilities: Array, truth: Array, bins: int = BINS
) -> tuple[Array, Array, Array]:
    """Sort predictions into bins of equal width by their confidence, the highest probability.

    Args:
        probabilities: of each class, shape (n, classes).
        truth: the labels, shape (n,).
        bins: the number of bins.

    Returns:
        For each bin: the number of predictions, their mean confidence, and their accuracy. The last two
        are nan for an empty bin.
    """
    confidence = probabilities.max(-1).astype(np.float64)
    right = probabilities.argmax(-1) == truth
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, values, minlength=bins) for values in (confidence, right)]
    mean_confidence, accuracy = (
        np.divide(total, counts, out=np.full(bins, np.nan), where=counts > 0) for total in sums
    )
    return counts, mean_confidence, accuracy


def expected_calibration_error(probabilities: Array, truth: Array, bins: int = BINS) -> float:
    """Return the mean of |confidence - accuracy| over the predictions' bins, in [0, 1].

    Args:
        probabilities: of each class, shape (n, classes).
        truth: the labels, shape (n,).
        bins: the number of bins.
    """
    counts, confidence, accuracy = bin_by_confidence(probabilities, truth, bins)
    return float(np.nansum(counts * np.abs(confidence - accuracy)) / counts.sum())


def plot_reliability(probabilities: Array, truth: Array) -> Figure:
    """Draw the accuracy of each bin over its confidence, and the number of its predictions below."""
    counts, _, accuracy = bin_by_confidence(probabilities, truth)
    middles = (np.arange(BINS) + 0.5) / BINS
    figure = pictures.figure(4.6, 5.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    above.bar(middles, np.nan_to_num(accuracy), 0.9 / BINS, color="tab:blue")
    above.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1)
    error = expected_calibration_error(probabilities, truth)
    above.set(ylabel="accuracy", title=f"calibration error {error:.3f}", ylim=(0, 1))
    below.bar(middles, counts, 0.9 / BINS, color="grey")
    below.set(xlabel="confidence", ylabel="predictions", yscale="log", xlim=(0, 1))
    return figure
