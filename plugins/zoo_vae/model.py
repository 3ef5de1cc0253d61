"""The variational autoencoder as a Keras model: latents are sampled in `call`, the bound is the loss."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.data.arrays import Array

from .config import Config
from .log_likelihood import divergence, log_bernoulli, log_gaussian, log_mean_exp, log_ratio
from .networks import build_decoder, build_encoder

INITIAL_LOG_SIGMA = -2.0  # of the Gaussian: an error of 0.14, as after the first steps
LEAST_LOG_SIGMA = math.log(0.5 / 255)  # below half a level of 8 bits, the density has no maximum


class VAE(keras.Model):
    """Encoder and decoder, trained together on the bound.

    Args:
        config: the settings.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(name="vae")
        self.config = config
        self.encoder, self.decoder = build_encoder(config), build_decoder(config)
        self.seed_generator = keras.random.SeedGenerator()
        self.kl_warmup_steps = 0.0  # steps in which beta rises; `train` sets them
        self.steps = self.add_weight(name="steps", trainable=False, initializer="zeros")
        if config.likelihood == "gaussian":
            initial = keras.initializers.Constant(INITIAL_LOG_SIGMA)
            self.log_scale = self.add_weight(name="log_scale", initializer=initial)
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.built = True

    def call(self, x: Any, training: bool = False) -> dict[str, Any]:
        """Encode images, sample latents and decode them.

        Args:
            x: images in [0, 1], shape (batch, height, width, channels).
            training: as in Keras.

        Returns:
            x, binary if `binarize` is set; mean and log_var, shape (batch, latent_dim); latents, noise and
            logits, with an axis of importance samples in front if there is more than one.
        """
        if self.config.binarize:
            x = ops.cast(keras.random.uniform(ops.shape(x), seed=self.seed_generator) < x, x.dtype)
        mean, log_var = self.encoder(x, training=training)
        samples = self.config.importance_samples
        sample_axis = () if samples == 1 else (samples,)
        shape: Any = ops.shape(mean)
        noise = keras.random.normal((*sample_axis, *shape), seed=self.seed_generator)
        latents = mean + ops.exp(log_var / 2) * noise
        flat_latents = ops.reshape(latents, (-1, self.config.latent_dim))
        logits = self.decoder(flat_latents, training=training)
        logits = ops.reshape(logits, (*sample_axis, -1, *self.config.input_shape))
        outputs = {"latents": latents, "noise": noise, "logits": logits}
        return {"x": x, "mean": mean, "log_var": log_var} | outputs

    def log_likelihood(self, x: Any, logits: Any) -> Any:
        """Return log p(x|z) in nats; for the Gaussian it is a density, which may be above 0."""
        if self.config.likelihood == "bernoulli":
            return log_bernoulli(x, logits)
        return log_gaussian(x, logits, ops.maximum(self.log_scale, LEAST_LOG_SIGMA))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the batch mean of -ELBO, or of the bound with importance samples."""
        log_likelihood = self.log_likelihood(y_pred["x"], y_pred["logits"])
        kl = divergence(y_pred["mean"], y_pred["log_var"])
        self.reconstruction_tracker.update_state(-log_likelihood)
        self.kl_tracker.update_state(kl)
        beta = self.config.beta
        if training and self.kl_warmup_steps:
            self.steps.assign_add(1.0)
            beta *= ops.minimum(1.0, self.steps / self.kl_warmup_steps)
        if self.config.importance_samples == 1:
            return ops.mean(beta * kl - log_likelihood)
        ratio = log_ratio(y_pred["latents"], y_pred["noise"], y_pred["log_var"])
        return -ops.mean(log_mean_exp(log_likelihood + beta * ratio))

    def encode_to_means(self, images: Array) -> Array:
        """Return the means of the latents, shape (n, latent_dim)."""
        return np.asarray(ops.convert_to_numpy(self.encoder(images, training=False)[0]))

    def decode_to_images(self, latents: Any) -> Array:
        """Return images in [0, 1] from latents of shape (n, latent_dim)."""
        logits = self.decoder(np.asarray(latents, np.float32), training=False)
        return np.asarray(ops.convert_to_numpy(ops.sigmoid(logits)))
