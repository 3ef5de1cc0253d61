"""Samples: latents drawn from the prior, and the images that the averaged generator makes of them."""

from collections.abc import Iterator

import numpy as np
from keras import ops

from zoo.data.arrays import Array

from .config import Config
from .model import DCGAN

SEED, CHUNK = 0, 500


def draw_latents(config: Config, count: int, seed: int = SEED) -> Array:
    """Draw latents of shape (count, latent_dim) from the prior; the same seed draws the same ones.

    Args:
        config: `prior` and `latent_dim` are read.
        count: the number of latents.
        seed: of the latents.
    """
    rng = np.random.default_rng(seed)
    if config.prior == "uniform":
        return rng.uniform(-1, 1, (count, config.latent_dim)).astype(np.float32)
    return rng.standard_normal((count, config.latent_dim), np.float32)


def one_hot(labels: Array, config: Config) -> Array:
    """Return labels as one-hot rows, shape (n, classes)."""
    rows: Array = np.eye(len(config.classes), dtype=np.float32)[labels.astype(int)]
    return rows


def generate_images(model: DCGAN, latents: Array, classes: Array | None = None) -> Array:
    """Return the images that the averaged generator makes.

    Args:
        model: the GAN.
        latents: shape (n, latent_dim).
        classes: one-hot classes of shape (n, classes), for a conditional model only.

    Returns:
        Images in [0, 1], shape (n, height, width, channels).
    """
    inputs = latents if classes is None else [latents, classes]
    images: Array = ops.convert_to_numpy(model.averaged_generator(inputs, training=False))
    return images


def generate_batches(
    model: DCGAN, config: Config, count: int, labels: Array | None, size: int = CHUNK
) -> Iterator[Array]:
    """Yield generated images, a chunk at a time.

    Args:
        model: the GAN.
        config: its settings.
        count: the number of images.
        labels: the class of each image, for a conditional model only.
        size: images that are generated at a time.
    """
    latents = draw_latents(config, count)
    for start in range(0, count, size):
        part = slice(start, start + size)
        classes = None
        if config.conditional and labels is not None:
            classes = one_hot(labels[part], config)
        yield generate_images(model, latents[part], classes)


def album_images(model: DCGAN, count: int) -> Array:
    """Return images of the first latents; of the classes in turn if the model is conditional."""
    config = model.config
    classes = None
    if config.conditional:
        classes = one_hot(np.arange(count) % len(config.classes), config)
    return generate_images(model, draw_latents(config, count), classes)
