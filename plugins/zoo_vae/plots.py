"""The pictures of a variational autoencoder: reconstructions, samples, and its latent space."""

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

import zoo
from zoo.data.arrays import Array
from zoo.io import pictures
from zoo.io.plots.sheets import plot_sheet
from zoo.tasks import reconstruction
from zoo.tasks.plots import MOST_CODES, plot_latent_space

from .config import Config
from .metrics import SEED, iterate_test_images
from .model import VAE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLES, SAMPLE_COLUMNS = 100, 10
MANIFOLD_SIDE = 20  # points along each axis of two latents
SLICES, SLICE_SIDE = 9, 11  # values of the third latent, and points along the axes of the first two
TRAVERSALS = 8  # latents that are traversed
PAIRS = 6  # pairs of images that are interpolated
STEPS = 11  # images in a traversal or an interpolation
REACH = 3  # largest value of a latent in a traversal
IMAGE_SIDE = 40  # pixels that small images are enlarged to, about
TITLES = {
    "reconstructions": "Images of the test split, and their reconstructions",
    "samples": "Images decoded from latents that are drawn from the prior",
    "manifold": "The plane of the two latents, decoded: the first grows to the right, the second upwards,\n"
    "each from -2.05 to 2.05 (2 % to 98 % of the prior)",
    "slices": "The plane of the first two latents, decoded, for nine values of the third:\n"
    "from -2.05 (top left, 2 % of the prior) to 2.05 (bottom right, 98 %)",
    "traversals": "The value of one latent changes, the others stay",
    "interpolations": "From one image of the test split to another, along the line between their latents",
}


def preview(model: VAE, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Return the pictures by name; some need two, three or more latents."""
    images = next(iterate_test_images(data, config))
    means = model.encode_to_means(images[: reconstruction.MOST_EXAMPLES])
    rows = {"original": images, "reconstruction": decode(model, means)}
    drawn: dict[str, Any] = {
        "reconstructions": reconstruction.plot_comparison(rows, TITLES["reconstructions"]),
        "latents": plot_latents(model, config, data),
    }
    sheets = {"samples": plot_grid(model, sample_prior(config.latent_dim), SAMPLE_COLUMNS)}
    labels: dict[str, tuple[list[str], list[str]]] = {}  # of the rows and the columns
    if config.latent_dim == 2:
        sheets["manifold"] = plot_grid(model, latent_plane(MANIFOLD_SIDE), MANIFOLD_SIDE)
    elif config.latent_dim == 3:
        slices = plot_slices(model)
        sheets["slices"] = pictures.image_grid(np.stack(slices), 3, gap=16)
        drawn["flight"] = slices
    if config.latent_dim > 2:
        order = active_latents(model, images)
        sheets["traversals"] = plot_traversals(model, images, order)
        values = [f"{value:.1f}" for value in np.linspace(-REACH, REACH, STEPS)]
        labels["traversals"] = ([f"latent {latent + 1}" for latent in order], values)
    if len(images) > 1:
        sheets["interpolations"] = plot_interpolations(model, images)
    titled = {
        name: plot_sheet(sheet, TITLES[name], *labels.get(name, ()))
        for name, sheet in sheets.items()
    }
    return drawn | titled


def decode(model: VAE, latents: Any) -> Array:
    """Return images in [0, 1] of 1 or 3 channels from latents of shape (n, latent_dim)."""
    return reconstruction.as_pictures(model.decode_to_images(latents))


def plot_grid(model: VAE, latents: Any, columns: int) -> Array:
    """Return one picture of the decoded latents; small images are enlarged."""
    return picture_grid(decode(model, latents), columns)


def picture_grid(images: Array, columns: int) -> Array:
    """Return one picture of images of shape (n, height, width, 1 or 3); small ones are enlarged."""
    return pictures.image_grid(pictures.enlarge(images, IMAGE_SIDE), columns, gap=2)


def sample_prior(latent_dim: int) -> Array:
    """Return latents from the prior, always the same."""
    return np.random.default_rng(SEED).standard_normal((SAMPLES, latent_dim))


def normal_quantiles(count: int) -> Array:
    """Return quantiles of the standard normal distribution, at equal distances from 2% to 98%."""
    return np.array([NormalDist().inv_cdf(share) for share in np.linspace(0.02, 0.98, count)])


def latent_plane(count: int) -> Array:
    """Return the grid of two latents over normal quantiles, shape (count^2, 2); the second grows upwards."""
    across, up = np.meshgrid(normal_quantiles(count), normal_quantiles(count)[::-1])
    return np.stack([across, up], -1).reshape(-1, 2)


def plot_slices(model: VAE) -> list[Array]:
    """Return a picture of the first two latents for each of some values of the third."""
    plane = latent_plane(SLICE_SIDE)
    volumes = [
        np.concatenate([plane, np.full((len(plane), 1), z)], 1) for z in normal_quantiles(SLICES)
    ]
    return [plot_grid(model, points, SLICE_SIDE) for points in volumes]


def active_latents(model: VAE, images: Array) -> Array:
    """Return the numbers of the latents that vary most over images, the most active first."""
    return np.asarray(np.argsort(-model.encode_to_means(images).var(0))[:TRAVERSALS])


def plot_traversals(model: VAE, images: Array, order: Array) -> Array:
    """Return a picture with one row for each latent.

    In a row the latent goes from -REACH to REACH, and the other latents are those of the first image.

    Args:
        model: the model.
        images: of shape (n, height, width, channels).
        order: the numbers of the latents.
    """
    means = model.encode_to_means(images[:1])
    points = np.repeat(means[None, :1], STEPS, 1) * np.ones((len(order), 1, 1))
    for row, latent in enumerate(order):
        points[row, :, latent] = np.linspace(-REACH, REACH, STEPS)
    return plot_grid(model, points.reshape(-1, means.shape[1]), STEPS)


def interpolate(start: Array, end: Array, steps: int = STEPS) -> Array:
    """Return latents on the straight line from start to end, shape (steps, latent_dim)."""
    return np.asarray(start + np.linspace(0, 1, steps)[:, None] * (end - start))


def plot_interpolations(model: VAE, images: Array) -> Array:
    """Return a picture with one row for each pair of images: the line between their latents, decoded."""
    means = model.encode_to_means(images[: 2 * PAIRS])
    lines = [interpolate(*pair) for pair in zip(means[::2], means[1::2], strict=False)]
    return plot_grid(model, np.concatenate(lines), STEPS)


def plot_latents(model: VAE, config: Config, data: zoo.Dataset) -> "Figure":
    """Draw the means of the test images' latents in two dimensions, with a colour for each class."""
    chunks = iterate_test_images(data, config, MOST_CODES)
    means = np.concatenate([model.encode_to_means(images) for images in chunks])
    targets = None if data.classes is None else data.test.targets
    return plot_latent_space(means, targets, data.classes)
