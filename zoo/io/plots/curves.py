"""Curves over the epochs of a training: losses and metrics, of one run or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from zoo.io.plots.figures import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve: TypeAlias = tuple[Sequence[float], Sequence[float]]  # epochs and values

NO_CURVES = ("epoch", "seconds")  # columns of a history that are no losses or metrics
_MEAN = "mean over the examples"
_UNITS = {  # by the last word of a name
    "accuracy": "share of the examples",
    **dict.fromkeys(("loss", "error", "mae", "mse", "reconstruction"), _MEAN),
    **dict.fromkeys(("discriminator", "generator"), f"loss, {_MEAN}"),
    **dict.fromkeys(("real", "fake"), "mean score"),  # that the discriminator gives
    "kl": f"nats, {_MEAN}",
    "psnr": "dB",
    "rate": "per step",
    "reached": "value of the objective",
}


def plot_history(history: Sequence[Mapping[str, float]], note: str = "") -> Figure:
    """Plot a training: one panel for each loss and metric, training and validation together.

    Args:
        history: a row for each epoch: `epoch`, and losses and metrics by name; `val_` begins those of
            the validation examples.
        note: a sentence below the panels.
    """
    names = dict.fromkeys(name for row in history for name in row)
    panels: dict[str, dict[str, Curve]] = {}
    for name in names:
        if name in NO_CURVES or (name.startswith("val_") and name[4:] in names):
            continue
        keys = {"training": name, "validation": f"val_{name}"}
        panels[name] = {label: curve(history, key) for label, key in keys.items() if key in names}
    drawing = plot_curves(panels)
    if note:
        drawing.supxlabel(note, fontsize=7, color="dimgrey", parse_math=False)
    return drawing


def curve(history: Sequence[Mapping[str, float]], name: str) -> Curve:
    """Return the epochs and the values of a loss or a metric of a history; a missing value is NaN."""
    return [row["epoch"] for row in history], [row.get(name, np.nan) for row in history]


def plot_curves(panels: Mapping[str, Mapping[str, Curve]]) -> Figure:
    """Plot curves over epochs: one panel for each title, one line for each label in it.

    Args:
        panels: for each title the curves by label, each as its epochs and its values; NaN is a gap.
    """
    columns = min(4, max(1, len(panels)))
    rows = max(1, -(-len(panels) // columns))
    drawing = figure(4.2 * columns, 3.2 * rows)
    for at, (title, curves) in enumerate(panels.items()):
        axes = drawing.add_subplot(rows, columns, at + 1)
        for label, (epochs, values) in curves.items():
            axes.plot(epochs, values, marker="." if len(epochs) < 40 else "", label=label)
        axes.set_title(
            title, y=1.0, parse_math=False
        )  # where matplotlib would put it after a search
        axes.set(xlabel="epoch", ylabel=_UNITS.get(title.rpartition("_")[2], ""))
        _show_whole_epochs(axes, [epoch for epochs, _ in curves.values() for epoch in epochs])
        axes.grid(alpha=0.3)
        if curves:
            axes.legend(fontsize=7 if len(curves) > 2 else None)
    return drawing


def _show_whole_epochs(axes: Axes, epochs: Sequence[float]) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    each = sorted(set(epochs))
    axes.xaxis.set_major_locator(
        FixedLocator(each) if len(each) < 10 else MaxNLocator(integer=True)
    )
