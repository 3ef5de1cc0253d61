"""The settings of the novelty detector, and the check of which settings go together."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.tasks import gan, optimizers

SIGNALS = ("reconstruction", "discriminator", "refined", "combined")  # in the scorer's order
Filters = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
Score = Literal["combined", "reconstruction", "discriminator", "refined"]


class Config(gan.GANConfig):
    """Settings of the novelty detector."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Height, width and channels of an image, or time steps and channels of a series. None: the dataset's."""
    normal: int | str | None = None
    """Normal class of the data: its name, or its number from 0. None: the first class, if there are any."""
    generator_filters: Filters = (16, 32, 64)
    """Filters of the refiner's convolutions, each of which halves; those after the code are the reverse."""
    latent_dim: PositiveInt = 32
    """Dimensions of the refiner's code."""
    discriminator_filters: Filters = (16, 32, 64)
    """Filters of the discriminator's convolutions, each of which halves."""
    kernel_size: PositiveInt = 5
    """Side of each convolution's window; at most 3 after the code."""
    noise: NonNegativeFloat = 0.155
    """Standard deviation of the noise that the refiner learns to remove; drawn in each step."""
    reconstruction_weight: PositiveFloat = 20.0
    """Weight of the reconstruction loss; the adversarial term has the weight 1."""
    score: Score = "combined"
    """Novelty score: the reconstruction error, the discriminator's score of x or of R(x), or all combined."""
    baselines: bool = True
    """Train a plain autoencoder in the same steps, and measure it and other baselines."""
    components: PositiveInt = 1
    """Gaussians that the combined score describes normal examples by; several if these have several forms."""
    quantile: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Share of held-out normal examples whose score is below the threshold."""
    epochs: PositiveInt = 20
    batch_size: PositiveInt = 64
    validation: Fraction = 0.1
    learning_rate: PositiveFloat = 2e-4
    generator_learning_rate: PositiveFloat | None = 2e-3
    generator_betas: gan.Betas | None = (0.9, 0.999)
    schedule: optimizers.Schedule = "cosine"

    @property
    def rank(self) -> int:
        """The number of axes of a convolution: 1 for series, 2 for images."""
        return len(self.input_shape or ()) - 1

    @property
    def standardises(self) -> bool:
        """Whether the model standardises its inputs: series have any unit, images are in [0, 1]."""
        return self.rank == 1


def check(config: Config) -> None:
    """Check that the inputs are images or series, and that settings go together.

    Raises:
        SettingError: they are not; the message names the setting and what was expected.
    """
    if config.rank not in (1, 2):
        raise zoo.SettingError(
            "novelty-gan takes images (height, width, channels) and series (time, channels). "
            f"Received: input_shape {config.input_shape}"
        )
    gan.check(config)
