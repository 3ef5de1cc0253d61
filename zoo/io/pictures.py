"""Pictures: grids, strips, curves and matrices, drawn without a display.

A picture is an array of shape (height, width), (height, width, 1 or 3), uint8 or float in [0, 1]; a
Pillow image; a matplotlib figure; or a list of arrays or images, which becomes an animated GIF.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from zoo.io.atomic import atomic_write, make_directory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Picture: TypeAlias = np.ndarray[Any, np.dtype[Any]] | Image.Image | Figure | Sequence[Any]

Array = np.ndarray[Any, np.dtype[Any]]
FRAME_SECONDS = 0.15
DOTS = 110  # an inch
COUNTED = 25  # classes up to which each cell of a confusion matrix shows its count
LINE = 22  # letters of a caption over an image
NAMED = 120  # classes up to which their names can be read beside it


def save(picture: Picture, path: Path) -> Path:
    """Write a picture to `path` with .png added, or .gif for a list of frames.

    Raises:
        WriteError: the disk refuses.
    """
    make_directory(path.parent)
    if isinstance(picture, list | tuple):
        frames = [to_image(frame).convert("RGB") for frame in picture]
        path = path.with_name(path.name + ".gif")
        with atomic_write(path) as temporary:
            frames[0].save(
                temporary,
                save_all=True,
                append_images=frames[1:],
                duration=FRAME_SECONDS * 1000,
                loop=0,
            )
        return path
    path = path.with_name(path.name + ".png")
    with atomic_write(path) as temporary:
        to_image(picture).save(temporary)
    return path


def to_image(picture: Any) -> Image.Image:
    """Turn any one picture into a Pillow image."""
    if isinstance(picture, Image.Image):
        return picture
    if hasattr(picture, "savefig"):
        return _rendered(picture)
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint8:
        pixels = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    return Image.fromarray(pixels)


def figure(width: float, height: float) -> Figure:
    """Make an empty figure of a size in inches, without a display and without pyplot's memory."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DOTS, layout="constrained")


def plot_history(history: Sequence[dict[str, float]]) -> Figure:
    """Draw what each epoch reported: one panel a measure, training and validation together."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    reported = dict.fromkeys(name for row in history for name in row)
    measures = [name for name in reported if name not in ("epoch", "seconds", *_watched(reported))]
    columns = min(4, max(1, len(measures)))
    rows = -(-len(measures) // columns)
    drawn = figure(4.2 * columns, 3.2 * max(1, rows))
    epochs = [row["epoch"] for row in history]
    for at, name in enumerate(measures):
        axes = drawn.add_subplot(rows, columns, at + 1)
        for label, key in (("training", name), ("validation", f"val_{name}")):
            if key in reported:
                values = [row.get(key, np.nan) for row in history]
                axes.plot(epochs, values, marker="." if len(epochs) < 40 else "", label=label)
        axes.set_title(name, parse_math=False)
        axes.set_xlabel("epoch")
        whole = FixedLocator(epochs) if len(epochs) < 10 else MaxNLocator(integer=True)
        axes.xaxis.set_major_locator(whole)
        axes.grid(alpha=0.3)
        axes.legend()
    return drawn


def _watched(names: Iterable[str]) -> set[str]:
    """Find the measures that are drawn beside the one of the same name on the training data."""
    known = set(names)
    return {name for name in known if name.startswith("val_") and name[4:] in known}


def plot_confusion_matrix(matrix: Array, classes: Sequence[str]) -> Figure:
    """Draw a confusion matrix: rows are the truth, columns what the model said."""
    count = len(classes)
    names = [shorten(name, 20) for name in classes]
    letter = 0.085 if count <= COUNTED else 0.05 if count <= NAMED else 0  # inches
    side = min(12.0, 2.3 + 0.42 * count) + letter * max(map(len, names))
    drawn = figure(side, side)
    axes = drawn.add_subplot()
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if count <= COUNTED:
        for row, column in np.argwhere(matrix > 0):
            colour = "white" if shares[row, column] > 0.5 else "black"
            figures = f"{matrix[row, column]}"
            size = 10 if len(figures) < 4 else 7
            axes.text(column, row, figures, ha="center", va="center", color=colour, fontsize=size)
    if count <= NAMED:
        style: dict[str, Any] = {"parse_math": False, "fontsize": 10 if count <= COUNTED else 6}
        axes.set_yticks(range(count), names, **style)
        if max(map(len, names)) > 2 or count > COUNTED:
            style |= {"rotation": 90 if count > COUNTED else 45, "rotation_mode": "anchor"}
            style |= {"ha": "right", "va": "center" if count > COUNTED else "top"}
        axes.set_xticks(range(count), names, **style)
    axes.set(xlabel="predicted", ylabel="true")
    return drawn


def captioned_grid(images: Sequence[Array], captions: Sequence[str], columns: int = 6) -> Figure:
    """Draw images in a grid with a caption over each; long lines are set smaller."""
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    lines = max((caption.count("\n") + 1 for caption in captions), default=1)
    longest = max((len(line) for caption in captions for line in caption.split("\n")), default=1)
    drawn = figure(1.5 * columns, (1.6 + 0.17 * lines) * rows)
    for at, (image, caption) in enumerate(zip(images, captions, strict=True)):
        axes = drawn.add_subplot(rows, columns, at + 1)
        show_image(axes, image)
        axes.set_title(caption, fontsize=min(8.0, 8 * LINE / longest), parse_math=False)
    return drawn


def plot_series(series: Sequence[Array], captions: Sequence[str], columns: int = 4) -> Figure:
    """Draw series of shape (time, channels) in a grid with a caption over each."""
    columns = max(1, min(columns, len(series)))
    rows = max(1, -(-len(series) // columns))
    drawn = figure(2.4 * columns, 1.7 * rows)
    for at, (values, caption) in enumerate(zip(series, captions, strict=True)):
        axes = drawn.add_subplot(rows, columns, at + 1)
        axes.plot(values, linewidth=1)
        axes.set_title(caption, fontsize=8, parse_math=False)
        axes.tick_params(labelsize=6)
    return drawn


def shorten(text: str, length: int) -> str:
    """Cut a text that is too long for its place."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def show_image(axes: Axes, image: Array) -> None:
    """Show one image without axes; grey where it has one channel."""
    pixels = image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1 if pixels.dtype != np.uint8 else 255)
    axes.set_axis_off()


def image_grid(images: Array, columns: int | None = None, gap: int = 1) -> Array:
    """Lay images of shape (n, height, width, channels) side by side in rows."""
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
    """Repeat pixels until the smaller side of images (n, height, width, channels) is about `side`."""
    times = max(1, round(side / min(images.shape[1:3])))
    return images.repeat(times, 1).repeat(times, 2)


def _rendered(drawn: Any) -> Image.Image:
    buffer = io.BytesIO()
    with warnings.catch_warnings():  # a script that matplotlib's font lacks is drawn as boxes
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
        drawn.savefig(buffer, format="png")
    buffer.seek(0)
    return Image.open(buffer).convert("RGB")
