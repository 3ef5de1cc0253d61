"""The pictures of a variational autoencoder: what it rebuilds, what it dreams, and where it keeps what."""

from statistics import NormalDist
from typing import Any

import numpy as np
from keras import ops

import zoo
from zoo.io import pictures
from zoo.tasks import plots, reconstruction

from .metrics import SEED, seen

COLUMNS, SAMPLES = 10, 100
MANIFOLD, SLICES, SIDE = (
    20,
    9,
    11,
)  # points along an axis of two latents; slices and points of three
TRAVERSED, STEPS, PAIRS = 8, 11, 6
CELL = 40  # pixels of an image on a sheet, about


def preview(model: Any, config: Any, data: zoo.Dataset) -> dict[str, Any]:
    """Draw reconstructions and samples, the latents by class, and walks through the latents."""
    images = next(seen(data, config))
    rebuilt = decoded(model, encoded(model, images[: reconstruction.SHOWN]))
    drawn = {
        "reconstructions": reconstruction.plot_comparison(
            {"original": images, "reconstruction": rebuilt}
        ),
        "samples": sheet(decoded(model, prior(config.latent_dim)), COLUMNS),
        "latents": scatter(model, config, data),
    }
    if config.latent_dim == 2:
        drawn["manifold"] = sheet(decoded(model, plane(MANIFOLD)), MANIFOLD)
    elif config.latent_dim == 3:
        sheets = slices(model)
        drawn |= {"slices": pictures.image_grid(np.stack(sheets), 3, gap=16), "flight": sheets}
    if config.latent_dim > 2:
        drawn["traversals"] = traversals(model, images)
    if len(images) > 1:
        drawn["interpolations"] = interpolations(model, images)
    return drawn


def decoded(model: Any, latents: Any) -> np.ndarray:
    """Decode latents of shape (n, latents) to images in [0, 1] of 1 or 3 channels."""
    logits = model.decoder(np.asarray(latents, np.float32), training=False)
    return reconstruction.as_pictures(ops.convert_to_numpy(ops.sigmoid(logits)))


def sheet(images: np.ndarray, columns: int) -> np.ndarray:
    """Lay images side by side, the small ones enlarged so that they can be seen."""
    return pictures.image_grid(pictures.enlarge(images, CELL), columns, gap=2)


def encoded(model: Any, images: np.ndarray) -> np.ndarray:
    """Give the mean latents of images."""
    return ops.convert_to_numpy(model.encoder(images, training=False)[0])


def prior(latents: int) -> np.ndarray:
    """Draw latents from the prior, the same ones every time."""
    return np.random.default_rng(SEED).standard_normal((SAMPLES, latents))


def quantiles(count: int) -> np.ndarray:
    """Give points that divide the normal distribution evenly, from 2% to 98%."""
    return np.array([NormalDist().inv_cdf(share) for share in np.linspace(0.02, 0.98, count)])


def plane(count: int) -> np.ndarray:
    """Give the grid of two latents over normal quantiles, the second upwards as on paper."""
    across, up = np.meshgrid(quantiles(count), quantiles(count)[::-1])
    return np.stack([across, up], -1).reshape(-1, 2)


def slices(model: Any) -> list[np.ndarray]:
    """Decode grids over the first two of three latents, one for each value of the third."""
    flat = plane(SIDE)
    depths = [np.concatenate([flat, np.full((len(flat), 1), z)], 1) for z in quantiles(SLICES)]
    return [sheet(decoded(model, points), SIDE) for points in depths]


def traversals(model: Any, images: np.ndarray) -> np.ndarray:
    """Move one latent a row from -3 to 3, the most active first, around the first image's latents."""
    means = encoded(model, images)
    order = np.argsort(-means.var(0))[:TRAVERSED]
    points = np.repeat(means[None, :1], STEPS, 1) * np.ones((len(order), 1, 1))
    for row, unit in enumerate(order):
        points[row, :, unit] = np.linspace(-3, 3, STEPS)
    return sheet(decoded(model, points.reshape(-1, means.shape[1])), STEPS)


def between(one: np.ndarray, other: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Give latents on the straight line from one to the other: (steps, latents)."""
    return one + np.linspace(0, 1, steps)[:, None] * (other - one)


def interpolations(model: Any, images: np.ndarray) -> np.ndarray:
    """Decode the way between the latents of pairs of images, a pair a row."""
    means = encoded(model, images[: 2 * PAIRS])
    ways = [between(*pair) for pair in zip(means[::2], means[1::2], strict=False)]
    return sheet(decoded(model, np.concatenate(ways)), STEPS)


def scatter(model: Any, config: Any, data: zoo.Dataset) -> Any:
    """Draw the mean latents of test images in two dimensions, coloured by class."""
    images = seen(data, config, plots.MOST_CODES)
    means = np.concatenate([encoded(model, each) for each in images])
    targets = None if data.classes is None else data.test.targets
    return plots.plot_latent_space(means, targets, data.classes)
