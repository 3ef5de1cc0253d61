"""Variational autoencoder: images from a few latents, which are standard normal a priori.

    q(z|x) = N(m(x), diag s(x)^2),   s = exp(log_var / 2),   z = m + s e,   e ~ N(0, I)

    -ELBO = -log p(x|z) + beta KL(q(z|x) || N(0, I)),   KL = 1/2 sum_j (m_j^2 + s_j^2 - 1 - log s_j^2)

in nats: the first term is a sum over pixels and channels, the second over latents; the loss is the mean of
both over the batch. Kingma & Welling, "Auto-encoding variational Bayes", arXiv:1312.6114; beta after Higgins
et al., "beta-VAE", ICLR 2017; its warm-up after Sonderby et al., "Ladder variational autoencoders",
arXiv:1602.02282; k importance samples after Burda et al., "Importance weighted autoencoders",
arXiv:1509.00519:

    -log (1/k sum_i w_i),   w_i = p(x|z_i) p(z_i) / q(z_i|x)
"""

from typing import Any

import keras
from keras import layers

import zoo
from zoo.tasks import optimizers

from . import metrics, plots, predict
from .config import Config, check
from .model import VAE
from .networks import build_sampler


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> VAE:
    """Return the model.

    Raises:
        SettingError: settings do not go together.
    """
    check(config)
    return VAE(config)


@zoo.hookimpl
def train(model: VAE, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Maximise the bound on the images' likelihood, without labels."""
    fit_arguments = data.fit_arguments(config, lambda x, y: x)
    steps = fit_arguments["steps_per_epoch"] * config.epochs
    model.kl_warmup_steps = config.kl_warmup * steps
    model.compile(optimizers.from_config(config, steps))
    return model.fit(**fit_arguments, callbacks=callbacks)


@zoo.hookimpl
def export(model: VAE) -> dict[str, keras.Model]:
    """Return encoder, decoder, and the sampler between them, whose noise is an input."""
    pixels = layers.Activation("sigmoid", name="reconstruction")(model.decoder.output)
    return {
        "encoder": model.encoder,
        "decoder": keras.Model(model.decoder.input, pixels),
        "sampler": build_sampler(model.config.latent_dim),
    }


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
read_item = zoo.hookimpl(predict.read_item)
apply = zoo.hookimpl(predict.apply)
