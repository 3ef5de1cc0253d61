"""The settings of a variational autoencoder."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData, Resize
from zoo.tasks import optimizers


class Config(optimizers.OptimizerConfig):
    """Settings of the variational autoencoder."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Height, width and channels of the images. None: the dataset's."""
    latent_dim: PositiveInt = 2
    """Dimensions of the latent space."""
    kind: Literal["dense", "conv"] = "dense"
    """Encoder and decoder: dense layers alone, or convolutions too."""
    units: tuple[PositiveInt, ...] = (512, 256)
    """Units of the encoder's dense layers; the decoder has them in reverse."""
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (32, 64)
    """Filters of the encoder's convolutions before its dense layers; each halves the image; conv only."""
    kernel_size: PositiveInt = 5
    """Side of each convolution's window; conv only."""
    activation: Literal["relu", "elu", "gelu", "silu", "tanh"] = "silu"
    """Activation of the hidden layers."""
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    """Distribution of a pixel: Bernoulli, or Gaussian with one sigma, which is learned."""
    binarize: bool = False
    """Replace each training pixel by 1 or 0 in every step; its grey value is the probability of 1."""
    beta: NonNegativeFloat = 1.0
    """Weight of the KL divergence from the prior (Higgins et al. 2017)."""
    kl_warmup: Fraction = 0.0
    """Share of the steps in which beta rises from 0 to its value (Sonderby et al. 2016)."""
    importance_samples: PositiveInt = 1
    """Importance samples of the bound that training maximises; 1 is the ELBO (Burda et al. 2016)."""
    bound_samples: PositiveInt = 100
    """Importance samples of the bound that `evaluate` computes; for binarize only."""
    bound_images: PositiveInt = 1000
    """Test images that `evaluate` computes the bound of, from the first on; for binarize only."""
    schedule: optimizers.Schedule = "cosine"
    epochs: PositiveInt = 30
    batch_size: PositiveInt = 128
    resize: Resize = "crop"  # padding would be learnt as a part of the images
    learning_rate: PositiveFloat = 2e-3


def check(config: Config) -> None:
    """Check settings that depend on each other.

    Raises:
        SettingError: the inputs are not images, or binary pixels are to have a Gaussian likelihood.
    """
    if len(config.input_shape) != 3:
        raise zoo.SettingError(
            f"vae takes images: input_shape is (height, width, channels). Received: {config.input_shape}"
        )
    if config.binarize and config.likelihood != "bernoulli":
        raise zoo.SettingError(
            "binarize makes pixels 0 or 1 and needs likelihood=bernoulli. Received: gaussian"
        )
