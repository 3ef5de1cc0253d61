"""Pictures of an explanation: an input, and beside it where each method says that the classifier looked.

Red is for the class and blue against it. Where a method has no sign, red is how much a position counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array, example_kind
from zoo.io import pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from zoo.io.plots.shown_figure import ShownFigure

_POSITIONS = {"series": "time step", "numbers": "position"}  # units of the horizontal axis
SIGNED = ("integrated",)  # methods whose sign is drawn
FULL_COLOUR = 99.0  # the percentile that gets the full colour; one odd pixel would hide the rest
MOST_CHANNELS = 6  # channels of a series that are drawn
FOR, AGAINST, GREY = (0.84, 0.10, 0.16), (0.13, 0.36, 0.80), (0.4, 0.4, 0.4)


def plot_attributions(x: Array, maps: Mapping[str, Array], title: str) -> ShownFigure:
    """Draw an input, and beside it what each method says.

    Args:
        x: the input: an image, a series, a volume or a row of numbers.
        maps: by method, an array of the input's shape, or of its positions.
        title: the figure's title.
    """
    rows, width, height = 1, 2.6, 2.6
    kind = example_kind(x.shape)
    if kind in ("numbers", "series"):
        rows = min(x.shape[-1], MOST_CHANNELS) if kind == "series" else 1
        width, height = 3.4, 1.0 + 1.3 * rows
    figure = pictures.figure(width * (1 + len(maps)), height + 0.7)
    grid = figure.subplots(rows, 1 + len(maps), squeeze=False)
    panels = {"input": None} | {method: scale(maps[method], method) for method in maps}
    for column, (name, heat) in enumerate(panels.items()):
        grid[0, column].set_title(name, y=1.0, fontsize=9)
        _DRAW[x.ndim](grid[:, column], x, heat)
    for axes in grid[-1]:
        axes.set_xlabel(_POSITIONS.get(kind, ""), fontsize=7)
    for channel, axes in enumerate(grid[:, 0] if rows > 1 else ()):
        axes.set_ylabel(f"channel {channel + 1}", fontsize=7)
    figure.suptitle(title, fontsize=10, parse_math=False)
    figure.supxlabel(_legend(maps), fontsize=7, color="dimgrey")
    return figure


def _legend(methods: Iterable[str]) -> str:
    """Return what the colours of some methods mean."""
    signed = [method for method in methods if method in SIGNED]
    others = [method for method in methods if method not in SIGNED]
    words = [f"{', '.join(signed)}: red is for the class, blue against it"] if signed else []
    words += [f"{', '.join(others)}: red is how much a position counts"] if others else []
    return "\n".join(words)


def scale(values: Array, method: str) -> Array:
    """Scale what a method returned to [-1, 1], or to [0, 1] where it has no sign."""
    if method not in SIGNED:
        values = np.abs(values)
    largest = np.percentile(np.abs(values), FULL_COLOUR) or np.abs(values).max() or 1.0
    return np.clip(values / largest, -1, 1)


def _draw_image(axes: Sequence[Axes], image: Array, heat: Array | None) -> None:
    """Draw an image; with heat, pale, grey and coloured."""
    (only,) = axes
    if heat is not None:
        image = _colour(image.mean(-1), _merge_channels(heat, 2))
    pictures.show_image(only, image if image.shape[-1] in (1, 3) else image.mean(-1, keepdims=True))


def _draw_volume(axes: Sequence[Axes], volume: Array, heat: Array | None) -> None:
    """Draw the mean of a volume along the first axis, brightened, and that of its heat."""
    flat = volume.mean(0)
    flat = flat / max(flat.max(), 1e-12)
    if heat is not None:
        heat = _merge_channels(heat, 3).mean(0)
        heat = heat / max(np.abs(heat).max(), 1e-12)
    _draw_image(axes, flat, heat)


def _draw_series(axes: Sequence[Axes], series: Array, heat: Array | None) -> None:
    """Draw each channel of a series as a line, and over it a line as strong as the heat."""
    for channel, each in enumerate(axes):
        values, time = series[:, channel], np.arange(len(series))
        each.plot(time, values, color="0.75" if heat is not None else "0.2", linewidth=1)
        if heat is not None:
            _draw_heat_line(each, time, values, heat if heat.ndim == 1 else heat[:, channel])
        each.tick_params(labelsize=6)


def _draw_row(axes: Sequence[Axes], numbers: Array, heat: Array | None) -> None:
    """Draw numbers as bars; with heat, the heat instead."""
    (only,) = axes
    heights = numbers if heat is None else heat
    colours = [GREY if heat is None else _sign_colour(value) for value in heights]
    only.bar(np.arange(len(heights)), heights, color=colours)
    only.tick_params(labelsize=6)


_DRAW: dict[int, Any] = {1: _draw_row, 2: _draw_series, 3: _draw_image, 4: _draw_volume}


def _merge_channels(heat: Array, axes: int) -> Array:
    """Return one number a position: the sum of the channels where there are signs, else the largest."""
    if heat.ndim == axes:
        return heat
    merged: Array = heat.sum(-1) if heat.min() < 0 else heat.max(-1)
    return np.clip(merged, -1, 1)


def _colour(grey: Array, heat: Array) -> Array:
    """Return a pale grey image with colour over it, as strong as the heat."""
    pale = np.repeat((0.35 + 0.65 * grey)[..., None], 3, -1)
    colour = np.where((heat > 0)[..., None], FOR, AGAINST)
    strength = np.abs(heat)[..., None]
    mixed: Array = np.clip((1 - strength) * pale + strength * colour, 0, 1)
    return mixed


def _draw_heat_line(axes: Axes, time: Array, values: Array, heat: Array) -> None:
    from matplotlib.collections import LineCollection

    points = np.stack([time, values], 1)
    pieces = np.stack([points[:-1], points[1:]], 1)
    strengths = (heat[:-1] + heat[1:]) / 2
    colours = [(*_sign_colour(value), min(1.0, abs(float(value)))) for value in strengths]
    axes.add_collection(LineCollection(list(pieces), colors=colours, linewidths=3))


def _sign_colour(value: float) -> tuple[float, float, float]:
    return FOR if value > 0 else AGAINST
