"""The settings of an autoencoder; `kind` decides those that are None."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.data import augmentation
from zoo.data.arrays import RANGE_TOLERANCE
from zoo.tasks import optimizers

Kind = Literal["simple", "sparse", "deep", "conv", "denoising", "sequence"]
Loss = Literal["bce", "mse"]
Activation = Literal["relu", "leaky_relu", "elu", "selu", "silu", "tanh", "sigmoid", "linear"]
# Sizes of the layers before the code, and of the code: the source's for MNIST. It has none for series.
SIZES: dict[Kind, tuple[tuple[int, ...], int]] = {
    "simple": ((), 32),
    "sparse": ((), 32),
    "deep": ((128, 64), 32),
    "conv": ((16, 8), 8),
    "denoising": ((32,), 32),
    "sequence": ((64,), 3),
}
CONVOLUTIONAL = ("conv", "denoising")
RANKS = {
    "sequence": (1,),
    "conv": (1, 2, 3),
    "denoising": (1, 2, 3),
}  # the other kinds take any shape


class Config(augmentation.AugmentationConfig, optimizers.OptimizerConfig):
    """Settings of the autoencoder."""

    kind: Kind = "simple"
    """The autoencoder of the source to build."""
    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Shape of one input, channels last. None: the dataset's."""
    units: tuple[PositiveInt, ...] | None = None
    """Units of each dense or LSTM layer before the code, reversed in the decoder. None: the source's."""
    filters: tuple[PositiveInt, ...] | None = None
    """Filters of each convolution before the code; conv and denoising only. None: the source's."""
    latent_dim: PositiveInt | None = None
    """Size of the code; for conv and denoising its channels. None: the source's."""
    activation: Activation = "relu"
    """Activation of the layers before and after the code; LSTMs keep their own."""
    latent_activation: Activation | None = None
    """Activation of the code. None: relu, but linear for sequence."""
    kernel_size: PositiveInt = 3
    """Side of each convolution's window; conv and denoising only."""
    latent_l1: NonNegativeFloat | None = None
    """Weight of the code's L1 norm in the loss. None: 1e-4 for sparse, else 0."""
    noise: Annotated[float, Field(ge=0, le=1)] | None = None
    """Standard deviation of the noise on training inputs. None: 0.5 for denoising, else 0."""
    loss: Loss | None = None
    """Cross-entropy (values in [0, 1]) or squared error. None: bce for images and volumes, else mse."""
    batch_size: PositiveInt = 256
    epochs: PositiveInt = 50
    learning_rate: PositiveFloat = 3e-3
    schedule: optimizers.Schedule = "cosine"
    warmup: Fraction = 0.02

    @property
    def rank(self) -> int:
        """The spatial axes of an input: 1 for series, 2 for images, 3 for volumes, 0 for plain numbers."""
        return len(self.input_shape or ()) - 1

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """The units or filters of the encoder's layers; the last is the code's."""
        sizes = self.filters if self.kind in CONVOLUTIONAL else self.units
        default_sizes, default_code = SIZES[self.kind]
        return (*(default_sizes if sizes is None else sizes), self.latent_dim or default_code)

    @property
    def code_activation(self) -> Activation:
        """The activation of the code."""
        return self.latent_activation or ("linear" if self.kind == "sequence" else "relu")

    @property
    def code_penalty(self) -> float:
        """The weight of the code's L1 norm."""
        return (
            (1e-4 if self.kind == "sparse" else 0.0) if self.latent_l1 is None else self.latent_l1
        )

    @property
    def noise_std(self) -> float:
        """The standard deviation of the noise."""
        return (0.5 if self.kind == "denoising" else 0.0) if self.noise is None else self.noise

    @property
    def is_denoiser(self) -> bool:
        """Whether the model is to remove noise; in the other kinds, noise only regularises the training."""
        return self.kind == "denoising" and self.noise_std > 0

    @property
    def standardizes(self) -> bool:
        """Whether the model standardises its inputs: series and plain numbers may have any unit."""
        return not self.uses_cross_entropy and self.rank < 2

    @property
    def uses_cross_entropy(self) -> bool:
        """Whether the loss is the cross-entropy, which reads values in [0, 1] as probabilities."""
        return (self.rank >= 2) if self.loss is None else self.loss == "bce"


def check_shape(config: Config) -> None:
    """Check that the kind takes the input shape and the sizes of the layers.

    Raises:
        SettingError: the kind needs another shape, or other settings for its layers.
    """
    ranks = RANKS.get(config.kind)
    if ranks and config.rank not in ranks:
        expected = "(time, channels)" if ranks == (1,) else "1 to 3 axes and then the channels"
        raise zoo.SettingError(
            f"kind={config.kind} does not take inputs of shape {config.input_shape}. "
            f"Expected: {expected}. simple, sparse and deep take any shape."
        )
    if config.kind == "sequence" and not config.layer_sizes[:-1]:
        raise zoo.SettingError("kind=sequence needs units: one number for each LSTM, at least one.")
    if config.units is not None and config.kind in CONVOLUTIONAL:
        raise zoo.SettingError(f"kind={config.kind} has convolutions: set filters, not units.")
    if config.filters is not None and config.kind not in CONVOLUTIONAL:
        raise zoo.SettingError(f"kind={config.kind} has no convolutions: set units, not filters.")


def check_range(config: Config, data: zoo.Dataset) -> None:
    """Check that the cross-entropy can read the values as probabilities.

    Raises:
        DataError: a value lies outside [0, 1] and the loss is the cross-entropy.
    """
    stored = data.train.stored
    if not config.uses_cross_entropy or stored.dtype == np.uint8:
        return
    values = np.asarray(stored[:])
    low, high = float(values.min()), float(values.max())
    if low < -RANGE_TOLERANCE or high > 1 + RANGE_TOLERANCE:
        raise zoo.DataError(
            f"{data.name} holds values from {low:g} to {high:g}, and loss=bce needs them in [0, 1]. "
            "Scale the values, or set loss=mse."
        )
