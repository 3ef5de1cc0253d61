"""The view of images that were made to excite units of a network, such as channels or classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from zoo.data.arrays import Array
from zoo.io import pictures
from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel
from zoo.runs.load import load_run_model

__all__ = ["data", "fits"]

PART = "features"
SMALL = 40_000  # bytes of all images up to which they are loaded at once; else each as it comes into sight
EXACT = 96  # pixels of the longer side up to which images are stored as they are
LARGEST, QUALITY = (
    360,
    75,
)  # pixels of the longer side of the others, and the quality of their WebP files
MOST = 256  # images


def fits(model: PageModel) -> bool:
    """Return whether a model is a run that made images for an objective in a network."""
    return model.run is not None and PART in model.contracts and "objective" in model.config


def data(model: PageModel, files: PageFiles) -> dict[str, Any]:
    """Write the images with the units that they are made for, and what each reaches."""
    assert model.run is not None
    canvas = load_run_model(model.run)[1]
    images, titles, values = canvas.images(), canvas.titles(), canvas.reached_values()
    images = as_images(images)
    stored = as_bytes(images[:MOST])
    is_small = stored.nbytes <= SMALL
    return {
        "images": files.array("images", stored) if is_small else None,
        "pictures": []
        if is_small
        else [write_image(files, f"unit-{number}", image) for number, image in enumerate(stored)],
        "titles": list(titles[:MOST]),
        "values": [float(f"{value:.4g}") for value in values[:MOST]],
        "objective": str(model.config["objective"]),
        "network": str(model.config.get("network")),
        "all": len(images),
    }


def as_images(images: Array) -> Array:
    """Return examples as images of 1 or 3 channels: of a volume its middle, of a series its plot."""
    if images.ndim == 3:
        plots = [pictures.to_image(pictures.plot_series([image], [""])) for image in images[:MOST]]
        return np.stack([np.asarray(plot.convert("RGB")) for plot in plots])
    images = images[:, images.shape[1] // 2] if images.ndim == 5 else images
    return images if images.shape[-1] in (1, 3) else images.mean(-1, keepdims=True)


def as_bytes(images: Array) -> Array:
    """Return images as uint8."""
    if images.dtype == np.uint8:
        return images
    return np.asarray(np.round(255 * np.clip(images, 0, 1)), np.uint8)


def write_image(files: PageFiles, name: str, pixels: Array) -> str:
    """Write one image, reduced if it is large, and return its path in the page.

    Args:
        files: of the page.
        name: of the file, without its suffix.
        pixels: of the image, shape (height, width, channels).
    """
    if max(pixels.shape[:2]) <= EXACT:
        return files.image(name, pixels)
    picture = pictures.to_image(pixels).convert("RGB")
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return files.photograph(name, picture, QUALITY)
