"""The metrics of a variational autoencoder on the test split, in nats an image."""

from collections.abc import Iterator

import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array

from .config import Config
from .log_likelihood import divergence, log_mean_exp, log_ratio
from .model import VAE

ENCODED_AT_ONCE = 500  # images
DECODED_AT_ONCE = 5000  # latents
SEED = 0  # of the noise, and of binary pixels
ACTIVE = (
    0.01  # a latent is active if the variance of its mean over images is higher (Burda et al. 2016)
)


def evaluate(
    model: VAE, config: Config, data: zoo.Dataset, batch_size: int | None
) -> dict[str, float]:
    """Return -ELBO = reconstruction + KL, and the number of active latents.

    If `binarize` is set, the test pixels become 0 or 1 too, once, with the seed 0. nll_bound is then an
    upper bound of -log p(x), from `bound_samples` importance samples for each of the first `bound_images`.
    For the Gaussian, p is a density, and the figures may be below 0.

    Args:
        model: the trained model.
        config: its settings.
        data: its test split is measured.
        batch_size: images that are encoded and decoded at a time; None is 500. The latents of nll_bound
            are decoded 5000 at a time.
    """
    generator = np.random.default_rng(SEED)
    terms, means = [], []
    for images in iterate_test_images(data, config, size=batch_size or ENCODED_AT_ONCE):
        mean, log_var = model.encoder(images, training=False)
        noise = generator.standard_normal(mean.shape, np.float32)
        latents = mean + ops.exp(log_var / 2) * noise
        log_likelihood = model.log_likelihood(images, model.decoder(latents, training=False))
        terms.append(ops.convert_to_numpy(ops.stack([-log_likelihood, divergence(mean, log_var)])))
        means.append(ops.convert_to_numpy(mean))
    reconstruction, kl = np.concatenate(terms, axis=1).mean(1, dtype=np.float64)
    found = {
        "negative_elbo": reconstruction + kl,
        "reconstruction": reconstruction,
        "kl": kl,
        "active_units": int((np.concatenate(means).var(0) > ACTIVE).sum()),
    }
    if config.likelihood == "gaussian":
        sigma = np.exp(ops.convert_to_numpy(model.log_scale))
        found["sigma"] = zoo.Measure(sigma, 0)  # a variable of the model
    if config.binarize:
        bounds = likelihood_bounds(model, config, data)
        found["nll_bound"] = zoo.Measure(float(bounds.mean()), len(bounds))
    return found


def likelihood_bounds(model: VAE, config: Config, data: zoo.Dataset) -> Array:
    """Return an upper bound of -log p(x) for each of the first `bound_images` test images.

    The bound is -log 1/k sum_i p(x|z_i) p(z_i) / q(z_i|x), with `bound_samples` z_i from q(z|x).
    """
    images = np.concatenate(list(iterate_test_images(data, config, config.bound_images)))
    generator = np.random.default_rng(SEED)
    samples = config.bound_samples
    group = max(1, DECODED_AT_ONCE // samples)
    bounds = []
    for start in range(0, len(images), group):
        x = images[start : start + group]
        mean, log_var = model.encoder(x, training=False)
        noise = generator.standard_normal((samples, *mean.shape), np.float32)
        latents = mean + ops.exp(log_var / 2) * noise
        logits = model.decoder(ops.reshape(latents, (-1, config.latent_dim)), training=False)
        logits = ops.reshape(logits, (samples, *x.shape))
        weights = model.log_likelihood(x, logits) + log_ratio(latents, noise, log_var)
        bounds.append(-ops.convert_to_numpy(log_mean_exp(weights)))
    return np.concatenate(bounds)


def iterate_test_images(
    data: zoo.Dataset, config: Config, count: int | None = None, size: int = ENCODED_AT_ONCE
) -> Iterator[Array]:
    """Return the first `count` test images, `size` at a time; binary if `binarize` is set.

    Args:
        data: the data set.
        config: `binarize` is read.
        count: the number of images; all if None.
        size: of a chunk.
    """
    generator = np.random.default_rng(SEED)
    for images in data.test.take(slice(count)).batches(size):
        binary = generator.random(images.shape, np.float32) < images
        yield binary.astype(np.float32) if config.binarize else images
