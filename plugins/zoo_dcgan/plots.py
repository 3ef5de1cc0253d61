"""The pictures of a generator: samples, how they grew, ways between them, and what they resemble."""

from typing import Any

import numpy as np
from keras import ops

import zoo
from zoo.io import pictures
from zoo.io.pictures import enlarge
from zoo.tasks.reconstruction import as_pictures

from .history import kept
from .metrics import made_from, one_hot, prior

SAMPLES, COLUMNS = 100, 10
PAIRS, STEPS = 6, 11
NEIGHBOURED = 10
SIDE = 40  # pixels at least of an image on a sheet
CHUNK = 1000


def preview(model: Any, config: Any, data: zoo.Dataset) -> dict[str, Any]:
    """Draw samples, their growth over the epochs, ways between some, and nearest training images."""
    made = samples(model, config)
    return {
        "samples": sheet(made, COLUMNS),
        "growth": growth(model, config),
        "growing": [sheet(page, 4) for page in album(model)],
        "interpolations": interpolations(model, config),
        "neighbours": neighbours(made[:NEIGHBOURED], data),
    }


def sheet(images: np.ndarray, columns: int) -> np.ndarray:
    """Lay images side by side, the small ones enlarged so that they can be seen."""
    shown = enlarge(as_pictures(images), SIDE)
    return pictures.image_grid(shown, columns, gap=2)


def samples(model: Any, config: Any) -> np.ndarray:
    """Make a hundred images; of one class in each column where the model is conditional."""
    latents = prior(config, SAMPLES)
    if not config.conditional:
        return made_from(model, latents)
    return made_from(
        model, latents, one_hot(np.arange(SAMPLES) % COLUMNS % len(config.classes), config)
    )


def album(model: Any) -> np.ndarray:
    """Give the album's pictures in [0, 1], shape (frames, seeds, height, width, channels)."""
    return ops.convert_to_numpy(model.album).astype(np.float32) / 255


def growth(model: Any, config: Any) -> Any:
    """Draw a row of images of the same latents for each of the album's epochs."""
    pages = album(model)[:, :COLUMNS]
    strips = [sheet(page, COLUMNS) for page in pages]
    height, width = (side / pictures.DOTS for side in strips[0].shape[:2])
    drawn = pictures.figure(width + 0.9, (height + 0.04) * len(strips))
    panels = drawn.subplots(len(strips), 1, squeeze=False)[:, 0]
    for panel, strip, epoch in zip(panels, strips, kept(config), strict=True):
        pictures.show_image(panel, strip)
        style = {"ha": "right", "va": "center", "transform": panel.transAxes, "fontsize": 8}
        panel.text(-0.01, 0.5, f"epoch {epoch}", **style)
    return drawn


def interpolations(model: Any, config: Any) -> np.ndarray:
    """Make images along the way between two latents, a pair a row."""
    ends = prior(config, 2 * PAIRS, seed=1)
    way = straight if config.prior == "uniform" else around
    latents = np.concatenate([way(*pair) for pair in zip(ends[::2], ends[1::2], strict=True)])
    asked = None
    if config.conditional:
        asked = one_hot(np.repeat(np.arange(PAIRS), STEPS) % len(config.classes), config)
    return sheet(made_from(model, latents.astype(np.float32), asked), STEPS)


def straight(one: np.ndarray, other: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Give latents on the straight line from one to the other: (steps, latents)."""
    return one + np.linspace(0, 1, steps)[:, None] * (other - one)


def around(one: np.ndarray, other: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Give latents on the arc from one to the other, where normal ones lie (White, arXiv:1609.04468)."""
    cosine = np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other))
    angle = np.arccos(np.clip(cosine, -1, 1))
    share = np.linspace(0, 1, steps)[:, None]
    if angle < 1e-6:
        return straight(one, other, steps)
    return (np.sin((1 - share) * angle) * one + np.sin(share * angle) * other) / np.sin(angle)


def neighbours(made: np.ndarray, data: zoo.Dataset) -> np.ndarray:
    """Lay samples over the training images that their pixels are nearest to."""
    return sheet(np.concatenate([made, nearest(made, data)]), len(made))


def nearest(made: np.ndarray, data: zoo.Dataset) -> np.ndarray:
    """Find the training image with the least squared difference to each sample."""
    best, least = np.zeros_like(made), np.full(len(made), np.inf)
    flat = made.reshape(len(made), -1)
    for images in data.train.batches(CHUNK):
        others = images.reshape(len(images), -1)
        far = np.square(flat).sum(1)[:, None] - 2 * flat @ others.T + np.square(others).sum(1)
        closer = far.min(1) < least
        best[closer] = images[far.argmin(1)][closer]
        least = np.minimum(least, far.min(1))
    return best
