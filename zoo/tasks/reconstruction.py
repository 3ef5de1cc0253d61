"""Reconstruction: measures and pictures of how similar examples and a model's outputs for them are.

Functions of arrays of shape (n, ...), the clean examples first. Images and volumes are in [0, 1] with
their channels last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array, example_kind
from zoo.io import pictures
from zoo.registry.hookspecs import Measure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "MOST_EXAMPLES",
    "as_pictures",
    "channel_mosaic",
    "cross_entropy",
    "mean_squared_error",
    "plot_comparison",
    "psnr",
    "psnr_per_example",
    "reconstruction_metrics",
    "ssim",
    "weighted_means",
]

EPSILON = 1e-7  # probabilities are clipped to [EPSILON, 1 - EPSILON], as in Keras
LEAST_ERROR = 1e-10  # squared error of the largest PSNR, 100 dB
WINDOW = 7  # side of SSIM's window
MOST_EXAMPLES = 10  # examples in a picture
COLOURS = ("black", "tab:red", "tab:blue")  # of the rows of a series of one channel
LINES = ("-", "--", ":")


def reconstruction_metrics(clean: Array, output: Array, unit: bool = True) -> dict[str, float]:
    """Return mse; for values in [0, 1] also bce and psnr; for images and volumes in [0, 1] also ssim.

    Args:
        clean: the examples, shape (n, ...).
        output: a model's outputs for them, of the same shape.
        unit: whether values are in [0, 1].
    """
    metrics = {"mse": mean_squared_error(clean, output)}
    if unit:
        metrics = {"bce": cross_entropy(clean, output), **metrics, "psnr": psnr(clean, output)}
        if _has_pixels(clean) and min(clean.shape[1:-1]) >= 3:
            metrics["ssim"] = ssim(clean, output)
    return metrics


def mean_squared_error(clean: Array, output: Array) -> float:
    """Return the mean of (x - y)^2 over all values."""
    return float(np.square(clean - output, dtype=np.float64).mean())


def cross_entropy(clean: Array, output: Array) -> float:
    """Return the mean of -x log y - (1 - x) log(1 - y) over all values, in nats; both in [0, 1]."""
    x, y = clean.astype(np.float64), np.clip(output.astype(np.float64), EPSILON, 1 - EPSILON)
    return float(-(x * np.log(y) + (1 - x) * np.log1p(-y)).mean())


def psnr(clean: Array, output: Array) -> float:
    """Return the mean over examples of the peak signal-to-noise ratio of values in [0, 1], in dB."""
    return float(np.mean(np.asarray(psnr_per_example(clean, output))))


def psnr_per_example(clean: Any, output: Any, value_range: float = 1.0) -> Any:
    """Return the peak signal-to-noise ratio of each example, in dB, at most 100.

    It is computed by Keras in float32: for arrays, and for tensors in the graph of a training step.

    Args:
        clean: examples of shape (n, ...).
        output: a model's outputs for them, of the same shape.
        value_range: the largest possible value minus the smallest.

    Returns:
        A tensor of shape (n,).
    """
    from keras import ops

    difference = (ops.cast(clean, "float32") - ops.cast(output, "float32")) / value_range
    errors = ops.mean(ops.square(difference), axis=tuple(range(1, len(difference.shape))))
    return -10 * ops.log10(ops.maximum(errors, LEAST_ERROR))


def ssim(clean: Array, output: Array) -> float:
    """Return the mean over examples of the structural similarity (Wang et al. 2004), at most 1.

    Windows are uniform, with a side of 7 or the largest odd number that fits.

    Args:
        clean: images of shape (n, height, width, channels), or volumes with a depth before the height.
        output: of the same shape.
    """
    from skimage.metrics import structural_similarity

    side = min(WINDOW, *clean.shape[1:-1])
    window = side if side % 2 else side - 1
    similarities = [
        structural_similarity(x, y, win_size=window, data_range=1.0, channel_axis=-1)
        for x, y in zip(clean, output, strict=True)
    ]
    return float(np.mean(similarities))


def weighted_means(chunks: Iterable[tuple[int, Mapping[str, float]]]) -> dict[str, float]:
    """Return the measures of all examples from those of chunks: pairs (number of examples, measures)."""
    totals: dict[str, float] = {}
    examples = 0
    for count, metrics in chunks:
        examples += count
        for name, value in metrics.items():
            totals[name] = totals.get(name, 0.0) + count * value
    return {name: Measure(total / examples, examples) for name, total in totals.items()}


def plot_comparison(rows: Mapping[str, Array], title: str = "") -> Figure:
    """Draw up to ten examples and a model's outputs for them.

    Images and the middle slices of volumes form labelled rows; series share one panel an example.

    Args:
        rows: by name, arrays of shape (n, height, width, channels), (n, depth, height, width,
            channels), (n, time, channels) or (n, values); all of one shape.
        title: over the picture.
    """
    few = {name: array[:MOST_EXAMPLES] for name, array in rows.items()}
    if _has_pixels(next(iter(few.values()))):
        return _plot_image_rows(few, title)
    return _plot_series_together(few, title)


def _has_pixels(examples: Array) -> bool:
    """Return whether examples are images or volumes, not series or numbers."""
    return example_kind(examples.shape[1:]) in ("image", "volume")


def as_pictures(examples: Array) -> Array:
    """Return images or volumes as pictures of shape (n, height, width, 1 or 3).

    A volume becomes its middle slice; an alpha channel is dropped; other channels become their mean.
    """
    is_volume = example_kind(examples.shape[1:]) == "volume"
    images = examples[:, examples.shape[1] // 2] if is_volume else examples
    if images.shape[-1] == 4:
        images = images[..., :3]
    return images if images.shape[-1] in (1, 3) else images.mean(-1, keepdims=True)


def channel_mosaic(codes: Array) -> Array:
    """Return one picture a code, with its channels side by side, in [0, 1].

    Black and white are the least and the largest value of all codes.

    Args:
        codes: of shape (n, k), (n, time, channels), (n, height, width, channels) or with a depth before
            the height. k numbers form a rectangle as near to a square as k allows.

    Returns:
        Pictures of shape (n, height, width, 1).
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


def _plot_image_rows(rows: Mapping[str, Array], title: str) -> Figure:
    count = len(next(iter(rows.values())))
    width, height = pictures.room_for_title(0.9 * count + 1.2, 0.95 * len(rows), title)
    figure = pictures.figure(width, height, title)
    panels = figure.subplots(len(rows), count, squeeze=False)
    for axes, (name, array) in zip(panels, rows.items(), strict=True):
        for panel, image in zip(axes, np.clip(as_pictures(array), 0, 1), strict=True):
            pictures.show_image(panel, image)
        axes[0].text(-0.1, 0.5, name, ha="right", va="center", transform=axes[0].transAxes)
    return figure


def _plot_series_together(rows: Mapping[str, Array], title: str) -> Figure:
    """Draw one channel with a colour for each row, and several with a colour for each channel."""
    count = len(next(iter(rows.values())))
    columns = min(5, count)
    width, height = 2.4 * columns, 1.7 * -(-count // columns) + 0.3
    figure = pictures.figure(*pictures.room_for_title(width, height, title), title)
    for at in range(count):
        axes = figure.add_subplot(-(-count // columns), columns, at + 1)
        for (name, array), colour, line in zip(rows.items(), COLOURS, LINES, strict=False):
            series = array[at].reshape(len(array[at]), -1)
            for channel, values in enumerate(series.T):
                chosen = colour if series.shape[1] == 1 else f"C{channel}"
                axes.plot(values, line, color=chosen, linewidth=1, label=name)
        axes.tick_params(labelsize=6)
        if at >= count - columns:
            axes.set_xlabel("time step", fontsize=7)
    handles, names = figure.axes[0].get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    figure.legend(unique.values(), unique, loc="outside lower center", ncols=len(rows), fontsize=8)
    return figure
