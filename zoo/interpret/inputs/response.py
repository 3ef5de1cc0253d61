"""Whether a network responds to images: with pixels of a wrong range, it sees the same everywhere."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.arrays import Array, is_picture

if TYPE_CHECKING:
    import keras

__all__ = ["probe_images", "probe_outputs", "warn_if_constant", "warn_if_unresponsive"]

SIDE = 96  # of the images, where a network takes any size
LEAST_SPREAD = 0.02  # of outputs, as a share of the largest one
LEAST_CONTRAST = 0.01  # of an input: the standard deviation of its pixels
_log = logging.getLogger("zoo")


def probe_images(shape: Sequence[int | None]) -> Array:
    """Return black, white, noise and two ramps, of the shape (5, height, width, channels), from 0 to 1."""
    height, width, channels = (size or SIDE for size in shape)
    size = (height, width, channels)
    noise = np.random.default_rng(0).random(size, np.float32)
    down = np.broadcast_to(np.linspace(0, 1, height, dtype=np.float32)[:, None, None], size)
    across = np.broadcast_to(np.linspace(0, 1, width, dtype=np.float32)[:, None], size)
    return np.stack([np.zeros_like(noise), np.ones_like(noise), noise, down, across])


def probe_outputs(model: keras.Model) -> dict[str, Array]:
    """Return what a model of named outputs returns for the probe images; nothing if it takes no images."""
    shape = tuple(model.inputs[0].shape[1:])
    if not is_picture(shape):
        return {}
    return {name: np.asarray(values) for name, values in model(probe_images(shape)).items()}


def warn_if_unresponsive(name: str, outputs: Mapping[str, Array]) -> None:
    """Warn of outputs that hardly differ between the probe images.

    Args:
        name: the network's name.
        outputs: what the network returns for `probe_images`, by a name for the message; the first axis is
            that of the images, the last one that of the channels.
    """
    for what, values in outputs.items():
        flat = values.reshape(len(values), -1, values.shape[-1]).mean(1)
        if np.ptp(flat, axis=0).max() <= LEAST_SPREAD * np.abs(flat).max():
            _log.warning(
                "Warning: %s of %s is nearly the same for black, white and noise. Either the network "
                "takes pixels of another range (--range 0..255, --preprocess caffe, torch or tf), or it is "
                "not trained.",
                what,
                name,
            )


def warn_if_constant(name: str, x: Array) -> None:
    """Warn of an image with hardly any contrast.

    Args:
        name: the image's name.
        x: an input, without a batch axis.
    """
    if is_picture(x.shape) and float(np.std(x, (0, 1)).max()) < LEAST_CONTRAST:
        _log.warning(
            "Warning: %s is nearly one colour: its pixels go from %.3g to %.3g, of 0 to 1.",
            name,
            x.min(),
            x.max(),
        )
