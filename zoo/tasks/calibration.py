"""Calibration: whether predictions with probability 0.8 are right 8 times in 10 (Guo et al. 2017); top-k."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoo.data.arrays import Array
from zoo.io import pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "bin_by_confidence",
    "expected_calibration_error",
    "plot_reliability",
    "top_accuracy",
    "wilson_interval",
]

BINS = 15
CHUNK = 4096  # examples that are sorted at a time
Z = 1.959964  # of the normal distribution, for 95 %


def top_accuracy(probabilities: Array, truth: Array, most: int) -> float:
    """Return the share of examples whose class is among the most probable ones.

    Args:
        probabilities: of each class, shape (n, classes).
        truth: the labels, shape (n,).
        most: how many classes count as the most probable.
    """
    hits = 0
    for start in range(0, len(truth), CHUNK):
        rows, labels = probabilities[start : start + CHUNK], truth[start : start + CHUNK]
        most_probable = np.argpartition(-rows, most - 1)[:, :most]
        hits += int((most_probable == labels[:, None]).any(-1).sum())
    return hits / len(truth)


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


def wilson_interval(right: Array, counts: Array) -> tuple[Array, Array]:
    """Return the ends of the 95 % interval of shares (Wilson, J. Am. Stat. Assoc. 22, 1927), in [0, 1].

    Args:
        right: the number of successes in each bin.
        counts: the number of trials in each bin, at least 1.
    """
    share, z = right / counts, Z
    middle = (share + z**2 / (2 * counts)) / (1 + z**2 / counts)
    reach = z * np.sqrt(share * (1 - share) / counts + (z / (2 * counts)) ** 2)
    reach = reach / (1 + z**2 / counts)
    return np.maximum(middle - reach, 0), np.minimum(middle + reach, 1)


def plot_reliability(probabilities: Array, truth: Array) -> Figure:
    """Draw the accuracy of each bin over its confidence with its interval, and its number of predictions."""
    counts, confidence, accuracy = bin_by_confidence(probabilities, truth)
    full = counts > 0
    counts, confidence, accuracy = counts[full], confidence[full], accuracy[full]
    middles = ((np.arange(BINS) + 0.5) / BINS)[full]
    error = expected_calibration_error(probabilities, truth)
    title = f"Reliability of {len(truth):,} predictions: calibration error {error:.3f}"
    figure = pictures.figure(5.4, 6, title)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    above.bar(middles, accuracy, 0.9 / BINS, color="tab:blue", alpha=0.35, label="accuracy")
    low, high = wilson_interval(counts * accuracy, counts)
    reach = np.clip([accuracy - low, high - accuracy], 0, 1)
    style = {"fmt": "o", "markersize": 4, "capsize": 3, "linewidth": 1.2}
    above.errorbar(confidence, accuracy, reach, color="tab:blue", label="95 % interval", **style)
    above.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1, label="calibrated")
    above.set(ylabel="accuracy (share that is right)", ylim=(-0.03, 1.03))
    above.legend(loc="upper left", fontsize=8)
    bars = below.bar(middles, counts, 0.9 / BINS, color="grey")
    below.bar_label(bars, [f"{count:,}" for count in counts], fontsize=6, padding=1)
    below.set(xlabel="confidence (highest probability)", ylabel="predictions", xlim=(0, 1.02))
    below.set(yscale="log", ylim=(0.6, 4 * counts.max()))
    return figure
