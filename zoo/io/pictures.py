"""Pictures: grids of images and of series, and curves, drawn without a display and saved.

A picture is an array of shape (height, width), (height, width, 1 or 3), uint8 or float in [0, 1]; a
Pillow image; a matplotlib figure; or a list of arrays or images, which becomes an animated GIF.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from zoo.io.atomic import atomic_write, make_directory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Picture: TypeAlias = np.ndarray[Any, np.dtype[Any]] | Image.Image | Figure | Sequence[Any]

__all__ = [
    "DPI",
    "NO_CURVES",
    "curve",
    "enlarge",
    "figure",
    "image_grid",
    "plot_curves",
    "plot_history",
    "plot_images",
    "plot_series",
    "save",
    "shorten",
    "show_image",
    "to_image",
]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Curve: TypeAlias = tuple[Sequence[float], Sequence[float]]  # epochs and values

FRAME_SECONDS = 0.15  # of each frame of an animation
DPI = 110  # dots an inch
LINE_LETTERS = 22  # letters that fit into a line over an image
NO_CURVES = ("epoch", "seconds")  # columns of a history that are no losses or metrics


def save(picture: Picture, path: Path) -> Path:
    """Write a picture to `path` with .png added, or .gif for a list of frames.

    Returns:
        The path with its suffix.

    Raises:
        WriteError: the disk is full or read-only, or the user has no right to write there.
    """
    make_directory(path.parent)
    if isinstance(picture, list | tuple):
        return _save_animation(picture, path.with_name(path.name + ".gif"))
    path = path.with_name(path.name + ".png")
    with atomic_write(path) as temporary:
        to_image(picture).save(temporary)
    return path


def _save_animation(pictures: Sequence[Any], path: Path) -> Path:
    frames = [to_image(picture).convert("RGB") for picture in pictures]
    with atomic_write(path) as temporary:
        frames[0].save(
            temporary,
            save_all=True,
            append_images=frames[1:],
            duration=FRAME_SECONDS * 1000,
            loop=0,
        )
    return path


def to_image(picture: Any) -> Image.Image:
    """Return an array, an image or a figure as a Pillow image; floats are clipped to [0, 1]."""
    if isinstance(picture, Image.Image):
        return picture
    if hasattr(picture, "savefig"):
        return _render(picture)
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint8:
        pixels = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    return Image.fromarray(pixels)


def _render(drawing: Any) -> Image.Image:
    buffer = io.BytesIO()
    with warnings.catch_warnings():  # letters that matplotlib's font lacks are drawn as boxes
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
        drawing.savefig(buffer, format="png")
    buffer.seek(0)
    return Image.open(buffer).convert("RGB")


def figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, which needs no display; a notebook shows it."""
    from zoo.io.plots.shown_figure import ShownFigure  # here: it imports matplotlib

    return ShownFigure(figsize=(width, height), dpi=DPI, layout="constrained")


def plot_history(history: Sequence[Mapping[str, float]]) -> Figure:
    """Plot a training: one panel for each loss and metric, training and validation together.

    Args:
        history: a row for each epoch: `epoch`, and losses and metrics by name; `val_` begins those of
            the validation examples.
    """
    names = dict.fromkeys(name for row in history for name in row)
    panels: dict[str, dict[str, Curve]] = {}
    for name in names:
        if name in NO_CURVES or (name.startswith("val_") and name[4:] in names):
            continue
        keys = {"training": name, "validation": f"val_{name}"}
        panels[name] = {label: curve(history, key) for label, key in keys.items() if key in names}
    return plot_curves(panels)


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
        axes.set_title(title, parse_math=False)
        axes.set_xlabel("epoch")
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


def plot_images(images: Sequence[Array], captions: Sequence[str], columns: int = 6) -> Figure:
    """Plot images in a grid with a caption over each; long captions have smaller letters.

    Args:
        images: each (height, width) or (height, width, 1 or 3 or 4), uint8 or float in [0, 1].
        captions: one for each image; it may have several lines.
        columns: images in a row, at most.
    """
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    lines = max((caption.count("\n") + 1 for caption in captions), default=1)
    longest = max([1, *(len(line) for caption in captions for line in caption.split("\n"))])
    drawing = figure(1.5 * columns, (1.6 + 0.17 * lines) * rows)
    for at, (image, caption) in enumerate(zip(images, captions, strict=True)):
        axes = drawing.add_subplot(rows, columns, at + 1)
        show_image(axes, image)
        axes.set_title(caption, fontsize=min(8.0, 8 * LINE_LETTERS / longest), parse_math=False)
    return drawing


def plot_series(series: Sequence[Array], captions: Sequence[str], columns: int = 4) -> Figure:
    """Plot series in a grid with a caption over each.

    Args:
        series: each of shape (time, channels).
        captions: one for each series.
        columns: series in a row, at most.
    """
    columns = max(1, min(columns, len(series)))
    rows = max(1, -(-len(series) // columns))
    drawing = figure(2.4 * columns, 1.7 * rows)
    for at, (values, caption) in enumerate(zip(series, captions, strict=True)):
        axes = drawing.add_subplot(rows, columns, at + 1)
        axes.plot(values, linewidth=1)
        axes.set_title(caption, fontsize=8, parse_math=False)
        axes.tick_params(labelsize=6)
    return drawing


def shorten(text: str, length: int) -> str:
    """Return a text of at most `length` letters; a longer one ends in an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def show_image(axes: Axes, image: Array) -> None:
    """Show an image without ticks and frame; an image of one channel is grey."""
    pixels = image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1 if pixels.dtype != np.uint8 else 255)
    axes.set_axis_off()


def image_grid(images: Array, columns: int | None = None, gap: int = 1) -> Array:
    """Return images side by side in rows, as one image of the same dtype.

    Args:
        images: shape (n, height, width, channels), uint8 or float in [0, 1].
        columns: images in a row; about as many as rows if not given.
        gap: white pixels between two images.
    """
    count, height, width, channels = images.shape
    columns = columns or int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, channels)
    sheet = np.ones(shape, images.dtype) * (255 if images.dtype == np.uint8 else 1)
    for at, image in enumerate(images):
        top, left = at // columns * (height + gap), at % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet.astype(images.dtype)


def enlarge(images: Array, side: int) -> Array:
    """Return images (n, height, width, channels) with pixels repeated: the smaller side is about `side`."""
    times = max(1, round(side / min(images.shape[1:3])))
    return images.repeat(times, 1).repeat(times, 2)
