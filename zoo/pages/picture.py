"""The picture of a model in the index: what it makes, or examples of what it takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from zoo.data.arrays import Array, is_picture
from zoo.io import pictures
from zoo.io.foreign.image_file import open_image_file
from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel

__all__ = ["write_picture"]

TELLING = (  # names of a run's pictures that show what a model makes
    "samples",
    "reconstructions",
    "restored",
    "images",
)
OTHERS = ("predictions", "latents", "latent", "confusion")
COLUMNS, ROWS = 8, 4
LARGEST = 64  # pixels of an image's side
WIDTH, HEIGHT, COLOR = 640, 320, (201, 79, 50)
QUALITY = 80  # of a WebP file


def write_picture(model: PageModel, files: PageFiles) -> str | None:
    """Write a picture of a model, and return its path in the page; None where there is nothing to show."""
    own = {path.stem: path for path in model.run.pictures} if model.run else {}
    if path := _first(own, TELLING):
        return _write_small(path, files)
    split = model.examples(COLUMNS * ROWS)
    inputs = None if split is None else split.inputs
    if inputs is not None and inputs.ndim == 5:
        inputs = inputs[:, inputs.shape[1] // 2]  # the middle slice of each volume
    if inputs is not None and is_picture(inputs.shape[1:]):
        return files.image("picture", pictures.image_grid(_small(inputs), COLUMNS))
    if inputs is not None and inputs.ndim == 3:
        return files.image("picture", _draw_series(inputs))
    path = _first(own, OTHERS) or next(iter(own.values()), None)
    return _write_small(path, files) if path else None


def _write_small(path: Path, files: PageFiles) -> str:
    """Write a run's picture, reduced to the width that the index shows if it is larger."""
    with open_image_file(path) as image:
        if image.width <= WIDTH:
            return files.copy(path, f"data/picture{path.suffix}")
        picture = image.convert("RGB")
    picture.thumbnail((WIDTH, picture.height), Image.Resampling.LANCZOS)
    return files.photograph("picture", picture, QUALITY)


def _first(paths: dict[str, Path], names: tuple[str, ...]) -> Path | None:
    return next((paths[name] for name in names if name in paths), None)


def _small(images: Array) -> Array:
    """Return every n-th pixel of images, so that no side is larger than LARGEST."""
    step = -(-max(images.shape[1:3]) // LARGEST)
    return images[:, ::step, ::step]


def _draw_series(series: Array) -> Image.Image:
    """Return the first channel of some series as lines over each other, on nothing."""
    image = Image.new("RGBA", (2 * WIDTH, 2 * HEIGHT), (*COLOR, 0))
    draw = ImageDraw.Draw(image)
    values = series[:12, :, 0]
    low, span = float(values.min()), float(np.ptp(values)) or 1.0
    x = np.linspace(40, 2 * WIDTH - 40, values.shape[1])
    for line in values:
        y = 2 * HEIGHT - 40 - (2 * HEIGHT - 80) * (line - low) / span
        draw.line(list(zip(x, y, strict=True)), fill=(*COLOR, 150), width=5, joint="curve")
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
