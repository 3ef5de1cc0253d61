"""What the variational autoencoder counts, in nats: likelihoods, the divergence, and importance weights."""

import math
from typing import Any

from keras import ops

PIXELS = (-3, -2, -1)  # the axes that belong to one image


def log_bernoulli(x: Any, logits: Any) -> Any:
    """Compute log p(x) = sum x log p + (1 - x) log (1 - p) of images, p = sigmoid(logits)."""
    if len(x.shape) < len(logits.shape):  # several decoded images for each
        x = ops.broadcast_to(x, ops.shape(logits))
    return -ops.sum(ops.binary_crossentropy(x, logits, from_logits=True), axis=PIXELS)


def log_gaussian(x: Any, logits: Any, log_scale: Any) -> Any:
    """Compute log p(x) = -sum ((x - m) / s)^2 / 2 + log s + log(2 pi) / 2 of images, m = sigmoid(logits)."""
    off = (x - ops.sigmoid(logits)) * ops.exp(-log_scale)
    return -ops.sum(ops.square(off) / 2 + log_scale + math.log(2 * math.pi) / 2, axis=PIXELS)


def divergence(mean: Any, log_var: Any) -> Any:
    """Compute KL(N(m, s^2) || N(0, I)) = 1/2 sum m^2 + s^2 - 1 - log s^2 of each example."""
    return ops.sum(ops.square(mean) + ops.exp(log_var) - 1 - log_var, axis=-1) / 2


def log_ratio(latents: Any, noise: Any, log_var: Any) -> Any:
    """Compute log p(z) - log q(z|x) = 1/2 sum e^2 + log s^2 - z^2, where z = m + s e."""
    return ops.sum(ops.square(noise) + log_var - ops.square(latents), axis=-1) / 2


def log_mean_exp(values: Any) -> Any:
    """Compute log 1/k sum exp(v_i) along the first axis."""
    return ops.logsumexp(values, axis=0) - math.log(values.shape[0])
