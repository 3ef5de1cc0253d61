"""What a deblurring network learns from: crops and flips, differences of pixels, and features."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

import zoo
from zoo.augmenting import Augmented, augmentation

from .config import Config

SMOOTH = 1e-3  # differences below which Charbonnier's is a square (Lai et al. 2017)
EXACT = 1e-10  # squared error below which PSNR is not told apart: 100 dB


def augment(config: Config) -> Any:
    """Move images by up to what a crop leaves over, so that the middle is any part, and mirror half."""
    free = [
        (whole - 2 * config.margin - side) / whole / 2
        for whole, side in zip(config.input_shape[:2], config.side, strict=True)
    ]
    return augmentation(Augmented(shift=max(0.0, min(free)), flip=True), 2)


def difference(kind: str, sharp: Any, made: Any) -> Any:
    """Average how far pixels are apart: |d|, d^2, or sqrt(d^2 + e^2)."""
    apart = made - sharp
    if kind == "l1":
        return ops.mean(ops.abs(apart))
    if kind == "l2":
        return ops.mean(ops.square(apart))
    return ops.mean(ops.sqrt(ops.square(apart) + SMOOTH**2))


def psnr(sharp: Any, made: Any) -> Any:
    """Give the likeness in dB of each image and what was made of it, kept within [0, 1]."""
    errors = ops.mean(ops.square(ops.clip(made, 0.0, 1.0) - sharp), (1, 2, 3))
    return -10 / ops.log(10.0) * ops.log(ops.maximum(errors, EXACT))


def compiled() -> bool | str:
    """Say whether XLA compiles a step: on TensorFlow not, whose own convolutions are faster on a CPU."""
    return False if keras.backend.backend() == "tensorflow" else "auto"
