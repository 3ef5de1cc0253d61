"""The album: how the images came about, small pictures kept among the model's variables."""

from typing import Any

import keras
import numpy as np
from keras import ops

import zoo

from .starts import resized

FRAMES, SHOWN, SIDE = 16, 16, 160  # pictures, images in each, and the longest side of one


def shape(config: Any, count: int, size: tuple[int, ...]) -> tuple[int, ...]:
    """Give the album's shape: (pictures, images, ..., channels)."""
    *sides, channels = size
    times = min(1.0, SIDE / max(sides)) if len(sides) > 1 else 1.0
    small = (max(1, round(side * times)) for side in sides)
    return (min(FRAMES, config.epochs), min(SHOWN, count), *small, channels)


def kept(config: Any) -> list[int]:
    """Give the epochs, counted from 1, after which a picture is kept; the last is one of them."""
    count = min(FRAMES, config.epochs)
    return [(at + 1) * config.epochs // count for at in range(count)]


def still(config: Any) -> str:
    """Say why nothing moves."""
    return (
        f"objective={config.objective}: no gradient reaches the image. Either a layer on the way to it "
        "lets none through, or what is asked for is dead: 0 whatever the image. Try another layer, "
        "the one before it, or more noise to start from (noise_scale)."
    )


class Growing(keras.callbacks.Callback):
    """Be at the size of each epoch, and put pictures into the album.

    It stands before the core's callbacks, so that a checkpoint holds what it does, and what it does
    at the beginning of an epoch is done again, with the same bits, by a training that is resumed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ready: int | None = None
        self.before: np.ndarray | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Grow, and trace the step anew, where the size is another than before."""
        stage = self.model.plan.stage(epoch)
        if stage != self.ready:
            self.model.prepare(stage)
            self.model.make_train_function(force=True)
            self.ready = stage
            self.before = ops.convert_to_numpy(self.model.parameters).copy()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add a picture of now, if it is its epoch.

        Raises:
            SettingError: the first epoch at a size moved nothing.
        """
        now = ops.convert_to_numpy(self.model.parameters)
        if self.before is not None and np.array_equal(now, self.before):
            raise zoo.SettingError(still(self.model.config))
        self.before = None
        epochs = kept(self.model.config)
        if epoch + 1 in epochs:
            album = ops.convert_to_numpy(self.model.album).copy()
            images = resized(self.model.images()[: album.shape[1]], album.shape[2:-1])
            album[epochs.index(epoch + 1)] = np.rint(255 * np.clip(images, 0, 1))
            self.model.album.assign(album)
