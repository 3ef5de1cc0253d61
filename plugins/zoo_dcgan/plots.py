"""The pictures of a generator: samples, their growth, interpolations, and the nearest training images."""

from typing import Any

import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array
from zoo.io import pictures
from zoo.io.pictures import enlarge
from zoo.io.plots.sheets import plot_sheet
from zoo.tasks.reconstruction import as_pictures

from .album import album_epochs
from .config import Config
from .model import DCGAN
from .samples import draw_latents, generate_images, one_hot

SAMPLES, COLUMNS = 100, 10
PAIRS, STEPS = 6, 11
NEIGHBOURS = 10
SIDE = 40  # least side of an image on a sheet, in pixels
MOST_LETTERS = 6  # of a class's name above a column
CHUNK = 1000


def preview(model: DCGAN, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Return pictures of samples, their growth, interpolations and the nearest training images."""
    samples = sample_images(model, config)
    nearest = neighbour_sheet(samples[:NEIGHBOURS], data)
    path = "straight line" if config.prior == "uniform" else "arc"
    return {
        "samples": plot_sheet(sheet(samples, COLUMNS), *sample_labels(config)),
        "growth": plot_growth(model, config),
        "growing": [sheet(page, 4) for page in album_pages(model)],
        "interpolations": plot_sheet(
            interpolation_sheet(model, config),
            f"From the image of one latent to that of another, along the {path} between them",
        ),
        "neighbours": plot_sheet(
            nearest,
            "Images of the generator, and below each the training image with the most similar pixels",
            ("generated", "training image"),
        ),
    }


def sample_labels(config: Config) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the title of the samples, and the labels of rows and columns: classes with short names."""
    if not config.conditional:
        return "Images of the generator", (), ()
    names = [config.classes[column % len(config.classes)] for column in range(COLUMNS)]
    columns = tuple(names) if max(map(len, names)) <= MOST_LETTERS else ()
    return "Images of the generator, a class in each column", (), columns


def sheet(images: Array, columns: int) -> Array:
    """Return images side by side; small ones are enlarged."""
    return pictures.image_grid(enlarge(as_pictures(images), SIDE), columns, gap=2)


def sample_images(model: DCGAN, config: Config) -> Array:
    """Return a hundred images; each column has one class if the model is conditional."""
    latents = draw_latents(config, SAMPLES)
    if not config.conditional:
        return generate_images(model, latents)
    labels = np.arange(SAMPLES) % COLUMNS % len(config.classes)
    return generate_images(model, latents, one_hot(labels, config))


def album_pages(model: DCGAN) -> Array:
    """Return the album's pictures in [0, 1], shape (pictures, images, height, width, channels)."""
    pages: Array = ops.convert_to_numpy(model.album).astype(np.float32) / 255
    return pages


def plot_growth(model: DCGAN, config: Config) -> Any:
    """Draw a row of images of the same latents for each of the album's epochs."""
    strips = [sheet(page, COLUMNS) for page in album_pages(model)[:, :COLUMNS]]
    height, width = (side / pictures.DPI for side in strips[0].shape[:2])
    title = "Images of the same latents, after more and more epochs"
    size = pictures.room_for_title(width + 0.9, (height + 0.04) * len(strips), title)
    figure = pictures.figure(*size, title)
    panels = figure.subplots(len(strips), 1, squeeze=False)[:, 0]
    for panel, strip, epoch in zip(panels, strips, album_epochs(config), strict=True):
        pictures.show_image(panel, strip)
        style = {"ha": "right", "va": "center", "transform": panel.transAxes, "fontsize": 8}
        panel.text(-0.01, 0.5, f"epoch {epoch}", **style)
    return figure


def interpolation_sheet(model: DCGAN, config: Config) -> Array:
    """Return images along the path between two latents, one pair in each row."""
    ends = draw_latents(config, 2 * PAIRS, seed=1)
    path = linear_path if config.prior == "uniform" else spherical_path
    latents = np.concatenate([path(*pair) for pair in zip(ends[::2], ends[1::2], strict=True)])
    classes = None
    if config.conditional:
        classes = one_hot(np.repeat(np.arange(PAIRS), STEPS) % len(config.classes), config)
    return sheet(generate_images(model, latents.astype(np.float32), classes), STEPS)


def linear_path(start: Array, end: Array, steps: int = STEPS) -> Array:
    """Return latents on the straight line between two latents, shape (steps, latent_dim).

    Args:
        start: shape (latent_dim,).
        end: shape (latent_dim,).
        steps: the number of latents.
    """
    path: Array = start + np.linspace(0, 1, steps)[:, None] * (end - start)
    return path


def spherical_path(start: Array, end: Array, steps: int = STEPS) -> Array:
    """Return latents on the arc between two latents, shape (steps, latent_dim).

    Normal latents have nearly the same length, as those on the arc do (White, arXiv:1609.04468).

    Args:
        start: shape (latent_dim,).
        end: shape (latent_dim,).
        steps: the number of latents.
    """
    cosine = np.dot(start, end) / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    share = np.linspace(0, 1, steps)[:, None]
    if angle < 1e-6:
        return linear_path(start, end, steps)
    path: Array = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(
        angle
    )
    return path


def neighbour_sheet(samples: Array, data: zoo.Dataset) -> Array:
    """Return samples above the training images with the most similar pixels."""
    return sheet(np.concatenate([samples, nearest_training_images(samples, data)]), len(samples))


def nearest_training_images(samples: Array, data: zoo.Dataset) -> Array:
    """Return the training image with the least squared difference to each sample."""
    nearest, least = np.zeros_like(samples), np.full(len(samples), np.inf)
    flat = samples.reshape(len(samples), -1)
    for images in data.train.batches(CHUNK):
        others = images.reshape(len(images), -1)
        distances = np.square(flat).sum(1)[:, None] - 2 * flat @ others.T + np.square(others).sum(1)
        closer = distances.min(1) < least
        nearest[closer] = images[distances.argmin(1)][closer]
        least = np.minimum(least, distances.min(1))
    return nearest
