"""The pictures of a run: its images under their names, how they came about, and their likes.

Images are drawn as they are; small ones are enlarged by whole numbers of pixels.
"""

from typing import Any

import numpy as np
from keras import ops

from zoo.io import pictures
from zoo.tasks.reconstruction import as_pictures

from . import metrics

SHEET, COLUMNS, SIDE = 120, 8, 96
LARGE = 320  # pixels from which on an image is a picture of its own


def preview(model: Any, config: Any) -> dict[str, Any]:
    """Draw the images, how they came about as strips and as an animation, and what they came from."""
    images = model.images()
    model.prepare(model.at)
    captions = [
        f"{title}\n{value:.3g}"
        for title, value in zip(metrics.titles(model), metrics.reached(model, images), strict=True)
    ]
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        return plain(images, captions)
    drawn = {"images": sheet(images, captions)}
    if max(images.shape[1:3]) >= LARGE:
        drawn |= {f"image-{at}": image for at, image in enumerate(images[:4])}
    drawn |= growth(model)
    if config.start != "noise" or model.target is not None:
        drawn["compared"] = compared(model, images)
    return drawn


def plain(images: np.ndarray, captions: list[str]) -> dict[str, Any]:
    """Draw series as curves, and volumes as the image of their middle slice."""
    if images.ndim == 3:
        return {"images": pictures.plot_series(images[:SHEET], captions[:SHEET])}
    return {"images": sheet(as_pictures(images), captions)}


def sheet(images: np.ndarray, captions: list[str]) -> Any:
    """Lay images side by side, each under its name and what it reaches."""
    shown = pictures.enlarge(images[:SHEET], SIDE)
    return pictures.captioned_grid(shown, captions[:SHEET], COLUMNS)


def growth(model: Any) -> dict[str, Any]:
    """Draw a strip for each of some images, from the first to the last picture of the album."""
    pages = ops.convert_to_numpy(model.album).astype(np.float32) / 255
    shown = pages[:, :6]
    rows = [image for at in range(shown.shape[1]) for image in shown[:, at]]
    strips = pictures.image_grid(pictures.enlarge(np.stack(rows), SIDE // 2), len(pages), gap=2)
    frames = [
        pictures.image_grid(pictures.enlarge(page, SIDE), min(4, len(page)), gap=2)
        for page in pages
    ]
    return {"growth": strips, "growing": frames}


def compared(model: Any, images: np.ndarray) -> np.ndarray:
    """Lay images over what they came from, or over what they rebuild."""
    few = images[:12]
    other = model.target if model.target is not None else model.start
    before = ops.convert_to_numpy(other)[: len(few)]
    both = np.concatenate([before, np.clip(few, 0, 1)])
    return pictures.image_grid(pictures.enlarge(both, SIDE), len(few), gap=2)
