"""Pictures: grids, strips, curves and matrices, drawn without a display.

A picture is an array of shape (height, width), (height, width, 1 or 3), uint8 or float in [0, 1]; a
Pillow image; a matplotlib figure; or a list of arrays or images, which becomes an animated GIF.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from zoo.writing import make_directory, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Picture: TypeAlias = np.ndarray[Any, np.dtype[Any]] | Image.Image | Figure | Sequence[Any]

Array = np.ndarray[Any, np.dtype[Any]]
FRAME_SECONDS = 0.15
DOTS = 110  # an inch


def save(picture: Picture, path: Path) -> Path:
    """Write a picture to `path` with .png added, or .gif for a list of frames.

    Raises:
        WriteError: the disk refuses.
    """
    make_directory(path.parent)
    if isinstance(picture, list | tuple):
        frames = [to_image(frame).convert("RGB") for frame in picture]
        path = path.with_name(path.name + ".gif")
        with whole(path) as temporary:
            frames[0].save(
                temporary,
                save_all=True,
                append_images=frames[1:],
                duration=FRAME_SECONDS * 1000,
                loop=0,
            )
        return path
    path = path.with_name(path.name + ".png")
    with whole(path) as temporary:
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


def curves(history: Sequence[dict[str, float]]) -> Figure:
    """Draw what each epoch reported: one panel a measure, training and validation together."""
    measures = [
        name for name in history[0] if name not in ("epoch", "seconds") and name[:4] != "val_"
    ]
    drawn = figure(4.2 * max(1, len(measures)), 3.2)
    epochs = [row["epoch"] for row in history]
    for at, name in enumerate(measures):
        axes = drawn.add_subplot(1, len(measures), at + 1)
        for label, key in (("training", name), ("validation", f"val_{name}")):
            if key in history[0]:
                values = [row.get(key, np.nan) for row in history]
                axes.plot(epochs, values, marker="." if len(epochs) < 40 else "", label=label)
        axes.set(xlabel="epoch", title=name)
        axes.grid(alpha=0.3)
        axes.legend()
    return drawn


def confusion(matrix: Array, classes: Sequence[str]) -> Figure:
    """Draw a confusion matrix: rows are the truth, columns what the model said."""
    count = len(classes)
    side = min(12.0, 2.5 + 0.42 * count)
    drawn = figure(side, side)
    axes = drawn.add_subplot()
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if count <= 25:
        for row, column in np.argwhere(matrix > 0):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{matrix[row, column]}", ha="center", va="center", color=colour)
        axes.set_xticks(range(count), classes, rotation=45 if max(map(len, classes)) > 2 else 0)
        axes.set_yticks(range(count), classes)
    axes.set(xlabel="predicted", ylabel="true")
    return drawn


def captioned(images: Sequence[Array], captions: Sequence[str], columns: int = 6) -> Figure:
    """Draw images in a grid with a caption over each."""
    rows = -(-len(images) // columns)
    drawn = figure(1.5 * columns, 1.8 * max(rows, 1))
    for at, (image, caption) in enumerate(zip(images, captions, strict=True)):
        axes = drawn.add_subplot(rows, columns, at + 1)
        show(axes, image)
        axes.set_title(caption, fontsize=8)
    return drawn


def show(axes: Axes, image: Array) -> None:
    """Show one image without axes; grey where it has one channel."""
    pixels = image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1 if pixels.dtype != np.uint8 else 255)
    axes.set_axis_off()


def grid(images: Array, columns: int | None = None, gap: int = 1) -> Array:
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


def _rendered(drawn: Any) -> Image.Image:
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png")
    buffer.seek(0)
    return Image.open(buffer).convert("RGB")
