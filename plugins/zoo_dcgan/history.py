"""The album: images of the same latents after several epochs, kept among the model's variables.

A variable is in the checkpoint and in the weights, so a training that was stopped goes on with the
pictures that it has, and whoever opens the run later can draw them.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from .metrics import made_from, one_hot, prior

FRAMES, SEEDS = 16, 16  # pictures in an album, and images in a picture


def frames(config: Any) -> int:
    """Give the number of pictures: one an epoch, or sixteen."""
    return min(FRAMES, config.epochs)


def kept(config: Any) -> list[int]:
    """Give the epochs, counted from 1, after which a picture is kept; the last is one of them."""
    count = frames(config)
    return [(at + 1) * config.epochs // count for at in range(count)]


def seeds(model: Any) -> np.ndarray:
    """Make an image of each of the album's latents; the classes in turn where conditional."""
    config = model.config
    classes = (
        one_hot(np.arange(SEEDS) % len(config.classes), config) if config.conditional else None
    )
    return made_from(model, prior(config, SEEDS), classes)


class Album(keras.callbacks.Callback):
    """Put a picture into the model's album after some of the epochs."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the images of now, if it is their epoch."""
        epochs = kept(self.model.config)
        if epoch + 1 in epochs:
            pixels = np.round(255 * seeds(self.model)).astype(np.uint8)
            album = ops.convert_to_numpy(self.model.album).copy()
            album[epochs.index(epoch + 1)] = pixels
            self.model.album.assign(album)
