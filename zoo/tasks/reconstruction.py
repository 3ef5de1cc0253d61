"""Reconstruction: how alike an example and what a model made of it are, in numbers and in pictures.

Public: plain functions of arrays of shape (n, ...), clean examples first. Images and volumes are in
[0, 1] with their channels last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.arrays import Array
from zoo.io import pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SURE = 1e-7  # a probability of 0 or 1 is taken for this far from it, as Keras does
EXACT = 1e-10  # squared error below which PSNR is not told apart: 100 dB
WINDOW = 7  # side of SSIM's window
SHOWN = 10  # examples in a picture, as the source shows
COLOURS = ("black", "tab:red", "tab:blue")  # of the rows of a series of one channel
LINES = ("-", "--", ":")


def reconstruction_metrics(clean: Array, made: Array, unit: bool = True) -> dict[str, float]:
    """Measure reconstructions: mse, and for values in [0, 1] also bce, psnr and ssim.

    Args:
        clean: the examples, shape (n, ...).
        made: what a model made of them, of the same shape.
        unit: whether values are in [0, 1]; ssim then needs two or three spatial axes and channels.
    """
    found = {"mse": squared_error(clean, made)}
    if unit:
        found = {"bce": cross_entropy(clean, made), **found, "psnr": psnr(clean, made)}
        if clean.ndim in (4, 5) and min(clean.shape[1:-1]) >= 3:
            found["ssim"] = ssim(clean, made)
    return found


def squared_error(clean: Array, made: Array) -> float:
    """Give the mean of (x - y)^2 over all values."""
    return float(np.square(clean - made, dtype=np.float64).mean())


def cross_entropy(clean: Array, made: Array) -> float:
    """Give the mean of -x log y - (1 - x) log(1 - y) over all values, in nats; both in [0, 1]."""
    x, y = clean.astype(np.float64), np.clip(made.astype(np.float64), SURE, 1 - SURE)
    return float(-(x * np.log(y) + (1 - x) * np.log1p(-y)).mean())


def psnr(clean: Array, made: Array) -> float:
    """Give the mean over examples of -10 log10 of the mean squared error, in dB; at most 100."""
    errors = np.square(clean - made, dtype=np.float64).reshape(len(clean), -1).mean(1)
    return float(-10 * np.log10(np.maximum(errors, EXACT)).mean())


def ssim(clean: Array, made: Array) -> float:
    """Give the mean over examples of the structural similarity (Wang et al. 2004), at most 1.

    Uniform windows of 7, or of the largest odd size that fits; shape (n, height, width, channels),
    or with a depth before.
    """
    from skimage.metrics import structural_similarity

    side = min(WINDOW, *clean.shape[1:-1])
    window = side if side % 2 else side - 1
    pairs = zip(clean, made, strict=True)
    alike = [
        structural_similarity(x, y, win_size=window, data_range=1.0, channel_axis=-1)
        for x, y in pairs
    ]
    return float(np.mean(alike))


def weighted_means(chunks: Iterable[tuple[int, Mapping[str, float]]]) -> dict[str, float]:
    """Average measures of chunks of examples, each given as (examples in it, its measures)."""
    totals: dict[str, float] = {}
    examples = 0
    for count, found in chunks:
        examples += count
        for name, value in found.items():
            totals[name] = totals.get(name, 0.0) + count * value
    return {name: total / examples for name, total in totals.items()}


def plot_comparison(rows: Mapping[str, Array]) -> Figure:
    """Draw up to ten examples with what was made of them, each row under its name.

    Images stand one under the other, volumes as their middle slices; series are laid over each other.

    Args:
        rows: by name, arrays of shape (n, height, width, channels), (n, depth, height, width,
            channels), (n, time, channels) or (n, values); all of one shape.
    """
    few = {name: array[:SHOWN] for name, array in rows.items()}
    if next(iter(few.values())).ndim >= 4:
        return _strips(few)
    return _overlaid(few)


def as_pictures(examples: Array) -> Array:
    """Give images or volumes as pictures of shape (n, height, width, 1 or 3).

    A volume is seen by its middle slice; channels that are no colours, by their mean.
    """
    images = examples if examples.ndim == 4 else examples[:, examples.shape[1] // 2]
    if images.shape[-1] == 4:
        images = images[..., :3]
    return images if images.shape[-1] in (1, 3) else images.mean(-1, keepdims=True)


def channel_mosaic(codes: Array) -> Array:
    """Lay the channels of each code side by side, as pictures of shape (n, height, width, 1) in [0, 1].

    A code of bare numbers, shape (n, k), becomes a rectangle as near to a square as k allows; black
    and white are the least and the largest value of all.
    """
    maps = codes.reshape(len(codes), 1, 1, -1) if codes.ndim == 2 else codes
    maps = maps[:, maps.shape[1] // 2] if maps.ndim == 5 else maps
    maps = maps[:, :, None] if maps.ndim == 3 else maps
    count, height, width, channels = maps.shape
    rows = max(n for n in range(1, int(channels**0.5) + 1) if channels % n == 0)
    tiles = maps.reshape(count, height, width, rows, channels // rows)
    sheet = tiles.transpose(0, 3, 1, 4, 2).reshape(count, rows * height, -1, 1)
    low, high = sheet.min(), sheet.max()
    return np.asarray((sheet - low) / max(high - low, 1e-12), np.float32)


def _strips(rows: Mapping[str, Array]) -> Figure:
    count = len(next(iter(rows.values())))
    drawn = pictures.figure(0.9 * count + 1.2, 0.95 * len(rows))
    panels = drawn.subplots(len(rows), count, squeeze=False)
    for axes, (name, array) in zip(panels, rows.items(), strict=True):
        for panel, image in zip(axes, np.clip(as_pictures(array), 0, 1), strict=True):
            pictures.show_image(panel, image)
        axes[0].text(-0.1, 0.5, name, ha="right", va="center", transform=axes[0].transAxes)
    return drawn


def _overlaid(rows: Mapping[str, Array]) -> Figure:
    """Draw one channel with a colour for each row, and several with a colour for each channel."""
    count = len(next(iter(rows.values())))
    columns = min(5, count)
    drawn = pictures.figure(2.4 * columns, 1.7 * -(-count // columns) + 0.3)
    for at in range(count):
        axes = drawn.add_subplot(-(-count // columns), columns, at + 1)
        for (name, array), colour, line in zip(rows.items(), COLOURS, LINES, strict=False):
            series = array[at].reshape(len(array[at]), -1)
            for channel, values in enumerate(series.T):
                chosen = colour if series.shape[1] == 1 else f"C{channel}"
                axes.plot(values, line, color=chosen, linewidth=1, label=name)
        axes.tick_params(labelsize=6)
    handles, names = drawn.axes[0].get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    drawn.legend(unique.values(), unique, loc="outside upper center", ncols=len(rows), fontsize=8)
    return drawn
