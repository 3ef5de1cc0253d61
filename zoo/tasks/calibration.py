"""Calibration: whether a classifier that says 80% is right 8 times in 10 (Guo et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.io import pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, np.dtype[Any]]
BINS = 15


def bin_by_confidence(
    probabilities: Array, truth: Array, bins: int = BINS
) -> tuple[Array, Array, Array]:
    """Sort answers by confidence into bins of equal width.

    Args:
        probabilities: of each class, shape (n, classes).
        truth: the labels, shape (n,).
        bins: how many.

    Returns:
        Of each bin: how many answers, their mean confidence, the share that is right (nan if none).
    """
    confidence = probabilities.max(-1).astype(np.float64)
    right = probabilities.argmax(-1) == truth
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, values, minlength=bins) for values in (confidence, right)]
    said, found = (
        np.divide(total, counts, out=np.full(bins, np.nan), where=counts > 0) for total in sums
    )
    return counts, said, found


def expected_calibration_error(probabilities: Array, truth: Array, bins: int = BINS) -> float:
    """Average |confidence - accuracy| over the bins, each weighted by its answers; in [0, 1]."""
    counts, said, found = bin_by_confidence(probabilities, truth, bins)
    return float(np.nansum(counts * np.abs(said - found)) / counts.sum())


def plot_reliability(probabilities: Array, truth: Array) -> Figure:
    """Draw accuracy over confidence, with how many answers each bar stands for below."""
    counts, _, found = bin_by_confidence(probabilities, truth)
    middles = (np.arange(BINS) + 0.5) / BINS
    drawn = pictures.figure(4.6, 5.2)
    above, below = drawn.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    above.bar(middles, np.nan_to_num(found), 0.9 / BINS, color="tab:blue")
    above.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1)
    error = expected_calibration_error(probabilities, truth)
    above.set(ylabel="share that is right", title=f"calibration error {error:.3f}", ylim=(0, 1))
    below.bar(middles, counts, 0.9 / BINS, color="grey")
    below.set(xlabel="confidence", ylabel="answers", yscale="log", xlim=(0, 1))
    return drawn
