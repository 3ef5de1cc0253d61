"""The settings of the novelty detector, and which class is the normal one."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.tasks import gan, optimizers

Filters = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
Score = Literal["combined", "reconstruction", "discriminator", "refined"]


class Config(gan.GANConfig):
    """Settings of the novelty detector."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Height, width and channels of an image, or moments and channels of a series. None: the dataset's."""
    normal: int | str | None = None
    """The class of the data that is normal, by name or else by number from 0. None: the first, if any."""
    generator_filters: Filters = (16, 32, 64)
    """Filters of the refiner's convolutions, each of which halves; they are mirrored after the code."""
    latent_dim: PositiveInt = 32
    """Numbers that the refiner passes an example through."""
    discriminator_filters: Filters = (16, 32, 64)
    """Filters of the discriminator's convolutions, each of which halves."""
    kernel_size: PositiveInt = 5
    """Side of each convolution's window; 3 at most after the code."""
    noise: NonNegativeFloat = 0.155
    """Deviation of the noise that the refiner must take away, drawn anew in each step."""
    reconstruction_weight: PositiveFloat = 20.0
    """Weight of a value's cross-entropy, or of a series' squared error, beside the adversarial term."""
    score: Score = "combined"
    """What makes an example novel: its error, what the discriminator says of it or of R(x), or all."""
    baselines: bool = True
    """Train a plain autoencoder in the same steps, and measure it and other rivals too."""
    quantile: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Share of held-out normal examples that the threshold lets pass."""
    epochs: PositiveInt = 20
    batch_size: PositiveInt = 64
    validation: Fraction = 0.1
    learning_rate: PositiveFloat = 2e-4
    generator_learning_rate: PositiveFloat | None = 2e-3
    generator_betas: gan.Betas | None = (0.9, 0.999)
    schedule: optimizers.Schedule = "cosine"

    @property
    def rank(self) -> int:
        """Axes that convolutions run over: 1 for series, 2 for images."""
        return len(self.input_shape or ()) - 1

    @property
    def standardises(self) -> bool:
        """Whether values are standardised inside: those of series, in whatever they are measured."""
        return self.rank == 1


def check(config: Config) -> None:
    """Refuse what is neither image nor series, and settings that do not go together.

    Raises:
        SettingError: says which, and what would do.
    """
    if config.rank not in (1, 2):
        raise zoo.SettingError(
            "novelty-gan takes images (height, width, channels) and series (time, channels). "
            f"Received: input_shape {config.input_shape}"
        )
    gan.check(config)
