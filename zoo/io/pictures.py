"""Pictures: grids of images and of series, and curves, drawn without a display and saved.

A picture is an array of shape (height, width), (height, width, 1 or 3), uint8 or float in [0, 1]; a
Pillow image; a matplotlib figure; or a list of arrays or images, which becomes an animated GIF.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from zoo.io.atomic import atomic_write, make_directory
from zoo.io.plots.curves import NO_CURVES, curve, plot_curves, plot_history
from zoo.io.plots.figures import DPI, figure, room_for_title

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
    "room_for_title",
    "save",
    "shorten",
    "show_image",
    "to_image",
]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
FRAME_SECONDS = 0.15  # of each frame of an animation
LINE_LETTERS = 22  # letters that fit into a line over an image
CAPTION = (
    1.0  # the place of a caption, which matplotlib would find in half of the time of a picture
)


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


def plot_images(
    images: Sequence[Array], captions: Sequence[str], columns: int = 6, title: str = ""
) -> Figure:
    """Plot images in a grid with a caption over each; long captions have smaller letters.

    Args:
        images: each (height, width) or (height, width, 1 or 3 or 4), uint8 or float in [0, 1].
        captions: one for each image; it may have several lines.
        columns: images in a row, at most.
        title: over the whole picture.
    """
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    lines = max((caption.count("\n") + 1 for caption in captions), default=1)
    longest = max([1, *(len(line) for caption in captions for line in caption.split("\n"))])
    aspect = max((image.shape[0] / image.shape[1] for image in images), default=1.0)
    height = (min(1.5 * aspect, 3.0) + 0.1 + 0.17 * lines) * rows
    drawing = figure(*room_for_title(1.5 * columns, height, title), title)
    for at, (image, caption) in enumerate(zip(images, captions, strict=True)):
        axes = drawing.add_subplot(rows, columns, at + 1)
        show_image(axes, image)
        size = min(8.0, 8 * LINE_LETTERS / longest)
        axes.set_title(caption, y=CAPTION, fontsize=size, parse_math=False)
    return drawing


def plot_series(
    series: Sequence[Array], captions: Sequence[str], columns: int = 4, title: str = ""
) -> Figure:
    """Plot series in a grid with a caption over each.

    Args:
        series: each of shape (time, channels).
        captions: one for each series.
        columns: series in a row, at most.
        title: over the whole picture.
    """
    columns = max(1, min(columns, len(series)))
    rows = max(1, -(-len(series) // columns))
    drawing = figure(*room_for_title(2.4 * columns, 1.7 * rows, title), title)
    for at, (values, caption) in enumerate(zip(series, captions, strict=True)):
        axes = drawing.add_subplot(rows, columns, at + 1)
        axes.plot(values, linewidth=1)
        axes.set_title(caption, y=CAPTION, fontsize=8, parse_math=False)
        axes.tick_params(labelsize=6)
        if at % columns == 0:
            axes.set_ylabel("value", fontsize=7)
        if at >= len(series) - columns:
            axes.set_xlabel("time step", fontsize=7)
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
