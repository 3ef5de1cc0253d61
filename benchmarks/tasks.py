"""The tasks of the training benchmark: data, batch, and the settings of the zoo's model.

This module imports no framework: each process imports its own.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Task:
    """A network and how it is trained.

    Args:
        model: the zoo's name of it.
        shape: of one example.
        batch: examples in a step.
        steps: in an epoch.
        classes: the number of classes; 0: there are no labels.
        settings: that differ from the model's.
        eight_bits: whether examples are bytes, which are divided by 255, or floats.
    """

    model: str
    shape: tuple[int, ...]
    batch: int
    steps: int
    classes: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    eight_bits: bool = True

    @property
    def examples(self) -> int:
        """The number of examples in an epoch."""
        return self.batch * self.steps

    def scaled(self, scale: float) -> "Task":
        """Return the task with another number of steps in an epoch."""
        return replace(self, steps=max(1, round(scale * self.steps)))

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return random examples and labels."""
        generator = np.random.default_rng(0)
        shape = (self.examples, *self.shape)
        if self.eight_bits:
            values: np.ndarray = generator.integers(0, 256, shape, np.uint8)
        else:
            values = generator.normal(size=shape).astype(np.float32)
        return values, np.arange(self.examples) % max(1, self.classes)


IMAGE = (28, 28, 1)
SMOOTH = {"label_smoothing": 0.1}
# An epoch is long enough that the zoo's checkpoint at its end weighs little, as in a real training
TASKS = {
    "cnn": Task("cnn", IMAGE, 128, 30, 10, {"filters": (32, 64, 128)}),
    "cnn-series": Task(
        "cnn", (150, 1), 64, 50, 2, {"filters": (32, 64, 64), "kernel_size": 7}, False
    ),
    "cnn-volumes": Task(
        "cnn", (32, 32, 32, 1), 32, 8, 2, {"filters": (16, 32, 64), "convolutions": 1}
    ),
    "mlp": Task("mlp.mnist", IMAGE, 128, 240, 10),
    "dcgan": Task("dcgan", IMAGE, 64, 60, 10, {"discriminator_normalization": "batch"} | SMOOTH),
    "vae": Task("vae", IMAGE, 128, 468, 0, {"latent_dim": 2, "units": (512, 256)}),
    "autoencoder-simple": Task("autoencoder.simple", IMAGE, 128, 600),
    "autoencoder-conv": Task("autoencoder.conv", IMAGE, 128, 120),
    "deblur": Task("deblur-generator", (96, 96, 3), 4, 60),
    "vis": Task("cnn-vis", IMAGE, 128, 40),
}


def learning_rate(step: int, steps: int, peak: float, warmup: float) -> float:
    """Return the rate of a step: it rises in a share of the steps, then falls as half a cosine."""
    rising = int(warmup * steps)
    if step < rising:
        return peak * step / rising
    return peak * 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
