"""The measures of a variational autoencoder on the test split, in nats an image."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops

import zoo

from .log_likelihood import divergence, log_mean_exp, log_ratio

CHUNK, ROWS = 500, 5000  # images encoded at a time, and latents decoded at a time
SEED = 0  # of the noise, and of the black and white pixels
MOVES = 0.01  # variance of a latent's mean over the images from which on it is in use (Burda et al. 2016)


def evaluate(model: Any, config: Any, data: zoo.Dataset) -> dict[str, float]:
    """Measure -ELBO = reconstruction + KL, and how many latents are in use.

    Where training pixels are drawn as black and white, so are the test images: once, by a generator with
    the seed 0. nll_bound then bounds -log p(x) of the first `bound_images` from above, by the
    log of the mean of `bound_samples` importance weights. For a Gaussian, p is a density, and the
    figures may be below 0.
    """
    generator = np.random.default_rng(SEED)
    rows, means = [], []
    for images in seen(data, config):
        mean, log_var = model.encoder(images, training=False)
        noise = generator.standard_normal(mean.shape, np.float32)
        latents = mean + ops.exp(log_var / 2) * noise
        explained = model.log_likelihood(images, model.decoder(latents, training=False))
        rows.append(ops.convert_to_numpy(ops.stack([-explained, divergence(mean, log_var)])))
        means.append(ops.convert_to_numpy(mean))
    reconstruction, kl = np.concatenate(rows, axis=1).mean(1, dtype=np.float64)
    measured = {
        "negative_elbo": reconstruction + kl,
        "reconstruction": reconstruction,
        "kl": kl,
        "active_units": int((np.concatenate(means).var(0) > MOVES).sum()),
    }
    if config.likelihood == "gaussian":
        measured["sigma"] = float(np.exp(ops.convert_to_numpy(model.log_scale)))
    if config.binarize:
        measured["nll_bound"] = float(np.mean(bounds(model, config, data)))
    return measured


def bounds(model: Any, config: Any, data: zoo.Dataset) -> np.ndarray:
    """Bound -log p(x) of each of the first test images with importance samples from q(z|x)."""
    images = np.concatenate(list(seen(data, config, config.bound_images)))
    generator = np.random.default_rng(SEED)
    group = max(1, ROWS // config.bound_samples)
    found = []
    for start in range(0, len(images), group):
        x = images[start : start + group]
        mean, log_var = model.encoder(x, training=False)
        noise = generator.standard_normal((config.bound_samples, *mean.shape), np.float32)
        latents = mean + ops.exp(log_var / 2) * noise
        logits = model.decoder(ops.reshape(latents, (-1, config.latent_dim)), training=False)
        logits = ops.reshape(logits, (config.bound_samples, *x.shape))
        weights = model.log_likelihood(x, logits) + log_ratio(latents, noise, log_var)
        found.append(-ops.convert_to_numpy(log_mean_exp(weights)))
    return np.concatenate(found)


def seen(data: zoo.Dataset, config: Any, most: int | None = None) -> Iterator[np.ndarray]:
    """Give the test images some at a time, as black and white where the model learns such."""
    generator = np.random.default_rng(SEED)
    for images in data.test.take(slice(most)).batches(CHUNK):
        drawn = generator.random(images.shape, np.float32) < images
        yield drawn.astype(np.float32) if config.binarize else images
