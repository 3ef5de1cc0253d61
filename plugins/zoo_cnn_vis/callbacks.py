"""The callbacks of a training: one moves the canvas from stage to stage, one fills the album.

Both run before the core's callbacks, so a checkpoint holds what they change. What they do when an epoch
begins, a resumed training does again with the same bits.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array

from .album import album_epochs
from .config import Config
from .starts import resize_images


def no_gradient_message(config: Config) -> str:
    """Return the message for a training in which the images do not change."""
    return (
        f"objective={config.objective}: no gradient reaches the image. Either a layer before it stops "
        "the gradient, or the units are dead: their output is 0 for every image. Choose another layer, "
        "such as the one before it, or start from more noise (noise_scale)."
    )


class StageScheduler(keras.callbacks.Callback):
    """Bring the canvas to the stage of each epoch, and make its train step."""

    def __init__(self) -> None:
        super().__init__()
        self.stage_index: int | None = None
        self.parameters_before: Array | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Resize the images and make the train step, if the epoch has another stage than the last one."""
        index = self.model.schedule.stage_index(epoch)
        if index != self.stage_index:
            self.model.make_train_step(self.model.enter(index))
            self.stage_index = index
            self.parameters_before = ops.convert_to_numpy(self.model.parameters).copy()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Check that the first epoch of a stage changed the images.

        Raises:
            SettingError: it did not.
        """
        parameters = ops.convert_to_numpy(self.model.parameters)
        before, self.parameters_before = self.parameters_before, None
        if before is not None and np.array_equal(parameters, before):
            raise zoo.SettingError(no_gradient_message(self.model.config))


class AlbumWriter(keras.callbacks.Callback):
    """Store a picture of the images in the album after some of the epochs."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Store a picture, if it is the end of one of the album's epochs."""
        epochs = album_epochs(self.model.config)
        if epoch + 1 in epochs:
            album = ops.convert_to_numpy(self.model.album).copy()
            images = resize_images(self.model.images()[: album.shape[1]], album.shape[2:-1])
            album[epochs.index(epoch + 1)] = np.rint(255 * np.clip(images, 0, 1))
            self.model.album.assign(album)


def canvas_callbacks() -> list[keras.callbacks.Callback]:
    """Return the callbacks of a training, in their order."""
    return [StageScheduler(), AlbumWriter()]
