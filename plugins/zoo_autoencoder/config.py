"""The settings of an autoencoder; its kind decides those that are left open."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.data import augmentation
from zoo.data.arrays import SLACK
from zoo.tasks import optimizers

Kind = Literal["simple", "sparse", "deep", "conv", "denoising", "sequence"]
Loss = Literal["bce", "mse"]
Activation = Literal["relu", "leaky_relu", "elu", "selu", "silu", "tanh", "sigmoid", "linear"]
# Widths before the code, and the code's own: the source's sizes for MNIST. It gives none for sequences.
SIZES: dict[str, tuple[tuple[int, ...], int]] = {
    "simple": ((), 32),
    "sparse": ((), 32),
    "deep": ((128, 64), 32),
    "conv": ((16, 8), 8),
    "denoising": ((32,), 32),
    "sequence": ((64,), 3),
}
CONVOLUTIONAL = ("conv", "denoising")


class Config(augmentation.AugmentationConfig, optimizers.OptimizerConfig):
    """Settings of the autoencoder."""

    kind: Kind = "simple"
    """Which autoencoder of the source it is; decides what is none below."""
    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Shape of one input, channels last. None: the dataset's."""
    widths: tuple[PositiveInt, ...] | None = None
    """Units, filters or LSTM units of each layer before the code; the decoder mirrors them."""
    code: PositiveInt | None = None
    """Size of the code; its channels where the network is convolutional."""
    activation: Activation = "relu"
    """Nonlinearity of the layers before and after the code, but not of LSTMs."""
    code_activation: Activation | None = None
    """Nonlinearity of the code. None: relu, but linear for sequences."""
    kernel: PositiveInt = 3
    """Side of each convolution's window."""
    l1: NonNegativeFloat | None = None
    """Weight of the sum of the code's absolute values in the loss. None: 1e-4 for sparse, else 0."""
    noise: Annotated[float, Field(ge=0, le=1)] | None = None
    """Deviation of the noise added to inputs in training. None: 0.5 for denoising, else 0."""
    loss: Loss | None = None
    """Cross-entropy of values in [0, 1], or squared error. None: bce for images and volumes."""
    batch_size: PositiveInt = 256
    epochs: PositiveInt = 50
    learning_rate: PositiveFloat = 3e-3
    schedule: optimizers.Schedule = "cosine"
    warmup: Fraction = 0.02

    @property
    def rank(self) -> int:
        """Spatial axes of an input: 1 for series, 2 for images, 3 for volumes, 0 for bare numbers."""
        return len(self.input_shape or ()) - 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """Widths of the encoder's layers, the code's last."""
        widths, code = SIZES[self.kind]
        return (*(widths if self.widths is None else self.widths), self.code or code)

    @property
    def coding(self) -> str:
        """The nonlinearity of the code."""
        return self.code_activation or ("linear" if self.kind == "sequence" else "relu")

    @property
    def penalty(self) -> float:
        """The weight of the code's L1 norm."""
        return (1e-4 if self.kind == "sparse" else 0.0) if self.l1 is None else self.l1

    @property
    def corruption(self) -> float:
        """The deviation of the noise."""
        return (0.5 if self.kind == "denoising" else 0.0) if self.noise is None else self.noise

    @property
    def denoises(self) -> bool:
        """Whether taking noise away is what it is for; to other kinds noise is a help in training."""
        return self.kind == "denoising" and self.corruption > 0

    @property
    def standardises(self) -> bool:
        """Whether values are standardised inside: series and bare numbers, in whatever they are measured."""
        return not self.binary and self.rank < 2

    @property
    def binary(self) -> bool:
        """Whether values are taken as probabilities in [0, 1]."""
        return (self.rank >= 2) if self.loss is None else self.loss == "bce"


def check_shape(config: Config) -> None:
    """Refuse inputs that the kind cannot take.

    Raises:
        SettingError: says which it takes.
    """
    ranks = {"sequence": (1,), "conv": (1, 2, 3), "denoising": (1, 2, 3)}.get(config.kind)
    if ranks and config.rank not in ranks:
        wanted = "(time, channels)" if ranks == (1,) else "1 to 3 axes and then the channels"
        raise zoo.SettingError(
            f"kind={config.kind} does not take inputs of shape {config.input_shape}. "
            f"Expected: {wanted}. simple, sparse and deep take any shape."
        )
    if config.kind == "sequence" and not config.sizes[:-1]:
        raise zoo.SettingError("kind=sequence needs widths: the units of at least one LSTM.")


def check_range(config: Config, data: zoo.Dataset) -> None:
    """Refuse values that are no probabilities where the cross-entropy takes them for such.

    Raises:
        DataError: names the range and the setting.
    """
    stored = data.train.stored
    if not config.binary or stored.dtype == np.uint8:
        return
    low, high = float(stored.min()), float(stored.max())
    if low < -SLACK or high > 1 + SLACK:
        raise zoo.DataError(
            f"{data.name} holds values from {low:g} to {high:g}, and loss=bce needs them in [0, 1]. "
            "Scale them, or say loss=mse."
        )
