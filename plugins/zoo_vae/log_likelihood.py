"""The terms of the bound, in nats: likelihoods, KL divergence, and importance weights."""

import math
from typing import Any

from keras import ops

PIXEL_AXES = (-3, -2, -1)  # height, width, channels


def log_bernoulli(x: Any, logits: Any) -> Any:
    """Return log p(x) = sum [x log p + (1 - x) log (1 - p)] of images, p = sigmoid(logits)."""
    if len(x.shape) < len(logits.shape):  # several decoded images for each x
        x = ops.broadcast_to(x, ops.shape(logits))
    return -ops.sum(ops.binary_crossentropy(x, logits, from_logits=True), axis=PIXEL_AXES)


def log_gaussian(x: Any, logits: Any, log_scale: Any) -> Any:
    """Return log p(x) = -sum [((x - m) / s)^2 / 2 + log s + log(2 pi) / 2] of images.

    Args:
        x: images in [0, 1], shape (..., height, width, channels).
        logits: of the same shape; m = sigmoid(logits).
        log_scale: log s, a scalar.
    """
    z = (x - ops.sigmoid(logits)) * ops.exp(-log_scale)
    return -ops.sum(ops.square(z) / 2 + log_scale + math.log(2 * math.pi) / 2, axis=PIXEL_AXES)


def divergence(mean: Any, log_var: Any) -> Any:
    """Return KL(N(m, s^2) || N(0, I)) = 1/2 sum [m^2 + s^2 - 1 - log s^2] of each example."""
    return ops.sum(ops.square(mean) + ops.exp(log_var) - 1 - log_var, axis=-1) / 2


def log_ratio(latents: Any, noise: Any, log_var: Any) -> Any:
    """Return log p(z) - log q(z|x) = 1/2 sum [e^2 + log s^2 - z^2], where z = m + s e.

    Args:
        latents: z, shape (samples, batch, latent_dim).
        noise: e, of the same shape.
        log_var: log s^2, shape (batch, latent_dim).
    """
    return ops.sum(ops.square(noise) + log_var - ops.square(latents), axis=-1) / 2


def log_mean_exp(values: Any) -> Any:
    """Return log (1/k sum exp(v_i)) along the first axis."""
    return ops.logsumexp(values, axis=0) - math.log(values.shape[0])
