"""Variational autoencoder: images from a few latent numbers that are normal a priori.

    q(z|x) = N(m(x), diag s(x)^2),   s = exp(log_var / 2),   z = m + s e,   e ~ N(0, I)

    -ELBO = -log p(x|z) + beta KL(q(z|x) || N(0, I)),   KL = 1/2 sum_j (m_j^2 + s_j^2 - 1 - log s_j^2)

in nats: the first term is summed over pixels and channels, the second over latents, both averaged over
the batch. Kingma & Welling, "Auto-encoding variational Bayes", arXiv:1312.6114; beta after Higgins et
al., "beta-VAE", ICLR 2017; its warm-up after Sonderby et al., "Ladder variational autoencoders",
arXiv:1602.02282; k importance samples after Burda et al., "Importance weighted autoencoders",
arXiv:1509.00519:

    -log 1/k sum_i w_i,   w_i = p(x|z_i) p(z_i) / q(z_i|x)
"""

import math
from collections.abc import Sequence
from functools import reduce
from typing import Annotated, Any, Literal

import keras
from keras import layers, ops
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.tasks import optimizers

from . import metrics, plots, predict
from .log_likelihood import divergence, log_bernoulli, log_gaussian, log_mean_exp, log_ratio

FIRST_LOG_SCALE = -2.0  # of the Gaussian's log sigma: an error of 0.14, as after the first steps
LEAST_LOG_SCALE = math.log(0.5 / 255)  # below half a level of 8 bits the density grows without end


class Config(optimizers.OptimizerConfig):
    """Settings of the variational autoencoder."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Height, width and channels of the images. None: the dataset's."""
    latent_dim: PositiveInt = 2
    """Numbers that stand for an image."""
    kind: Literal["dense", "conv"] = "dense"
    """Whether encoder and decoder are dense or convolutional."""
    units: tuple[PositiveInt, ...] = (512, 256)
    """Units of the encoder's dense layers, after its convolutions; the decoder's are the reverse."""
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (32, 64)
    """Filters of the encoder's convolutions, each of which halves the image; conv only."""
    kernel_size: PositiveInt = 5
    """Side of each convolution's window; conv only."""
    activation: Literal["relu", "elu", "gelu", "silu", "tanh"] = "silu"
    """Nonlinearity after each hidden layer."""
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    """What a pixel is drawn from: p of black and white, or a mean with one sigma that is learnt."""
    binarize: bool = False
    """Draw every training pixel anew as 0 or 1 in each step, with its grey value as probability."""
    beta: NonNegativeFloat = 1.0
    """Weight of the divergence from the prior (Higgins et al. 2017)."""
    kl_warmup: Fraction = 0.0
    """Share of the steps in which that weight rises from zero (Sonderby et al. 2016)."""
    importance_samples: PositiveInt = 1
    """Importance samples of the bound that is trained; 1 is the ELBO (Burda et al. 2016)."""
    bound_samples: PositiveInt = 100
    """Importance samples with which evaluate bounds the likelihood of binarised images."""
    bound_images: PositiveInt = 1000
    """Test images, from the first on, whose likelihood evaluate bounds."""
    schedule: optimizers.Schedule = "cosine"
    epochs: PositiveInt = 30
    batch_size: PositiveInt = 128
    learning_rate: PositiveFloat = 2e-3


def hidden(x: Any, config: Config, widths: Sequence[int]) -> Any:
    """Pass x through dense layers."""
    return reduce(lambda x, width: layers.Dense(width, config.activation)(x), widths, x)


def convolution(kind: type[keras.Layer], config: Config, filters: int) -> keras.Layer:
    """Make a convolution that halves its input, or a transposed one that doubles it."""
    return kind(filters, config.kernel_size, strides=2, padding="same", activation=config.activation)


def encoder(config: Config) -> keras.Model:
    """Make the network from an image to the mean and the log-variance of its latents."""
    inputs = x = keras.Input(config.input_shape, name="inputs")
    for filters in config.filters if config.kind == "conv" else ():
        x = convolution(layers.Conv2D, config, filters)(x)
    x = hidden(layers.Flatten()(x), config, config.units)
    mean, log_var = (layers.Dense(config.latent_dim, name=name)(x) for name in ("mean", "log_var"))
    return keras.Model(inputs, [mean, log_var], name="encoder")


def decoder(config: Config) -> keras.Model:
    """Make the network from latents to the logits of an image."""
    latents = keras.Input((config.latent_dim,), name="latents")
    x = hidden(latents, config, config.units[::-1])
    logits = upwards(x, config) if config.kind == "conv" else flat(x, config)
    return keras.Model(latents, logits, name="decoder")


def flat(x: Any, config: Config) -> Any:
    """Make every pixel's logit from one vector."""
    x = layers.Dense(math.prod(config.input_shape))(x)
    return layers.Reshape(config.input_shape, name="logits")(x)


def upwards(x: Any, config: Config) -> Any:
    """Double small maps until they cover the image, and cut it out of their middle."""
    height, width, channels = config.input_shape
    times = 2 ** len(config.filters)
    small = (-(-height // times), -(-width // times))
    x = layers.Dense(math.prod(small) * config.filters[-1], config.activation)(x)
    x = layers.Reshape((*small, config.filters[-1]))(x)
    for filters in config.filters[::-1]:
        x = convolution(layers.Conv2DTranspose, config, filters)(x)
    x = layers.Conv2D(channels, config.kernel_size, padding="same")(x)
    over = (small[0] * times - height, small[1] * times - width)
    cuts = tuple((extra // 2, extra - extra // 2) for extra in over)
    return layers.Cropping2D(cuts, name="logits")(x)


class VAE(keras.Model):
    """Encoder and decoder, with the noise between them, and what is lost."""

    def __init__(self, config: Config) -> None:
        super().__init__(name="vae")
        self.config = config
        self.encoder, self.decoder = encoder(config), decoder(config)
        self.noise = keras.random.SeedGenerator()
        self.rising = 0.0  # steps in which beta rises; train says how many
        self.steps = self.add_weight(name="steps", trainable=False, initializer="zeros")
        if config.likelihood == "gaussian":
            first = keras.initializers.Constant(FIRST_LOG_SCALE)
            self.log_scale = self.add_weight(name="log_scale", initializer=first)
        self.reconstruction = keras.metrics.Mean(name="reconstruction")
        self.kl = keras.metrics.Mean(name="kl")
        self.built = True

    def call(self, x: Any, training: bool = False) -> dict[str, Any]:
        """Encode, draw latents for each image, and decode; of k latents each, (k, batch, ...)."""
        if self.config.binarize:
            x = ops.cast(keras.random.uniform(ops.shape(x), seed=self.noise) < x, x.dtype)
        mean, log_var = self.encoder(x, training=training)
        many = () if self.config.importance_samples == 1 else (self.config.importance_samples,)
        noise = keras.random.normal((*many, *ops.shape(mean)), seed=self.noise)
        latents = mean + ops.exp(log_var / 2) * noise
        logits = self.decoder(ops.reshape(latents, (-1, self.config.latent_dim)), training=training)
        logits = ops.reshape(logits, (*many, -1, *self.config.input_shape))
        drawn = {"latents": latents, "noise": noise, "logits": logits}
        return {"x": x, "mean": mean, "log_var": log_var} | drawn

    def log_likelihood(self, x: Any, logits: Any) -> Any:
        """Compute log p(x|z) in nats; for the Gaussian it is a density, which may be above 0."""
        if self.config.likelihood == "bernoulli":
            return log_bernoulli(x, logits)
        return log_gaussian(x, logits, ops.maximum(self.log_scale, LEAST_LOG_SCALE))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Average -ELBO, or the bound of k importance samples, over the batch."""
        explained = self.log_likelihood(y_pred["x"], y_pred["logits"])
        kl = divergence(y_pred["mean"], y_pred["log_var"])
        self.reconstruction.update_state(-explained)
        self.kl.update_state(kl)
        beta = self.config.beta
        if training and self.rising:
            self.steps.assign_add(1.0)
            beta *= ops.minimum(1.0, self.steps / self.rising)
        if self.config.importance_samples == 1:
            return ops.mean(beta * kl - explained)
        ratio = log_ratio(y_pred["latents"], y_pred["noise"], y_pred["log_var"])
        return -ops.mean(log_mean_exp(explained + beta * ratio))


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> VAE:
    """Join encoder and decoder.

    Raises:
        SettingError: the inputs are no images, or grey values are drawn as black and white for a Gaussian.
    """
    if len(config.input_shape) != 3:
        raise zoo.SettingError(
            f"vae takes images: input_shape is (height, width, channels). Received: {config.input_shape}"
        )
    if config.binarize and config.likelihood != "bernoulli":
        raise zoo.SettingError(
            "binarise makes pixels 0 or 1, which likelihood=bernoulli suits. Received: gaussian"
        )
    return VAE(config)


@zoo.hookimpl
def train(model: VAE, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Maximise the bound on the images' likelihood; labels are not looked at."""
    feed = data.fit_arguments(config, lambda x, y: x)
    steps = feed["steps_per_epoch"] * config.epochs
    model.rising = config.kl_warmup * steps
    model.compile(optimizers.from_config(config, steps))
    return model.fit(**feed, callbacks=callbacks)


@zoo.hookimpl
def export(model: VAE) -> dict[str, keras.Model]:
    """Ship the encoder, the decoder, and the sampler between them, whose noise is an input."""
    logits = model.decoder.output
    pixels = layers.Activation("sigmoid", name="reconstruction")(logits)
    return {
        "encoder": model.encoder,
        "decoder": keras.Model(model.decoder.input, pixels),
        "sampler": sampler(model.config.latent_dim),
    }


def sampler(latents: int) -> keras.Model:
    """Make z = m + exp(log_var / 2) e of Keras' own layers."""
    names = ("mean", "log_var", "noise")
    mean, log_var, noise = (keras.Input((latents,), name=name) for name in names)
    sigma = layers.Activation("exponential")(layers.Rescaling(0.5)(log_var))
    z = layers.Add(name="latents")([mean, layers.Multiply()([sigma, noise])])
    return keras.Model([mean, log_var, noise], z)


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
apply = zoo.hookimpl(predict.apply)
