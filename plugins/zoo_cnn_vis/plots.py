"""The pictures of a run: its images with captions, how they developed, and what they are compared with.

Small images are enlarged by whole numbers of pixels.
"""

from typing import Any

import numpy as np
from keras import ops

from zoo.data.arrays import Array, example_kind
from zoo.io import pictures
from zoo.io.plots.sheets import plot_sheet
from zoo.tasks.reconstruction import as_pictures

from .canvas import Canvas
from .config import Config
from .metrics import image_titles, objective_values

MOST_IMAGES, COLUMNS, SIDE = 120, 8, 96
TITLE_LENGTH = 24  # letters of an image's title beside a strip
LARGE = 320  # pixels of the longer side from which on an image is a picture of its own


def preview(model: Canvas, config: Config) -> dict[str, Any]:
    """Return pictures of the images, of their development, and of what they are compared with."""
    images = model.images()
    values = objective_values(model, images, model.current_stage())
    captions = [
        f"{title}\n{value:.3g}" for title, value in zip(image_titles(model), values, strict=True)
    ]
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        return array_pictures(images, captions)
    plots: dict[str, Any] = {"images": captioned_sheet(images, captions)}
    if max(images.shape[1:3]) >= LARGE:
        plots |= {f"image-{number}": image for number, image in enumerate(images[:4])}
    plots |= growth_pictures(model)
    if config.start != "noise" or model.target is not None:
        plots["compared"] = comparison_grid(model, images)
    return plots


def array_pictures(images: Array, captions: list[str]) -> dict[str, Any]:
    """Return curves of series, or the middle slices of volumes."""
    if example_kind(images.shape[1:]) == "series":
        return {"images": pictures.plot_series(list(images[:MOST_IMAGES]), captions[:MOST_IMAGES])}
    return {"images": captioned_sheet(as_pictures(images), captions)}


def captioned_sheet(images: Array, captions: list[str]) -> Any:
    """Return images side by side, each above its caption."""
    enlarged = pictures.enlarge(images[:MOST_IMAGES], SIDE)
    title = "The images, each with the value of its objective"
    return pictures.plot_images(list(enlarged), captions[:MOST_IMAGES], COLUMNS, title)


def growth_pictures(model: Canvas) -> dict[str, Any]:
    """Return the album as strips, from the first to the last picture, and as an animation."""
    pages = ops.convert_to_numpy(model.album).astype(np.float32) / 255
    few = pages[:, :6]
    rows = [image for number in range(few.shape[1]) for image in few[:, number]]
    strips = pictures.image_grid(pictures.enlarge(np.stack(rows), SIDE // 2), len(pages), gap=2)
    frames = [
        pictures.image_grid(pictures.enlarge(page, SIDE), min(4, len(page)), gap=2)
        for page in pages
    ]
    title = "How the images developed, from the start (left) to the end"
    labels = [pictures.shorten(text, TITLE_LENGTH) for text in image_titles(model)[: few.shape[1]]]
    return {"growth": plot_sheet(strips, title, labels), "growing": frames}


def comparison_grid(model: Canvas, images: Array) -> Any:
    """Draw images below their start images, or below the targets of an inversion."""
    few = images[:12]
    reference = model.target if model.target is not None else model.start
    above = ops.convert_to_numpy(reference)[: len(few)]
    both = np.concatenate([above, np.clip(few, 0, 1)])
    sheet = pictures.image_grid(pictures.enlarge(both, SIDE), len(few), gap=2)
    below = "target" if model.target is not None else "start"
    return plot_sheet(sheet, f"Images below their {below}", (below, "image"))
