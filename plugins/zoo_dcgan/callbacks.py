"""The callback that fills the album."""

from typing import Any

import keras
import numpy as np
from keras import ops

from .album import IMAGES, album_epochs
from .samples import album_images


class AlbumWriter(keras.callbacks.Callback):
    """Store a picture in the model's album after some of the epochs."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Store a picture, if it is the end of one of the album's epochs."""
        epochs = album_epochs(self.model.config)
        if epoch + 1 in epochs:
            pixels = np.round(255 * album_images(self.model, IMAGES)).astype(np.uint8)
            album = ops.convert_to_numpy(self.model.album).copy()
            album[epochs.index(epoch + 1)] = pixels
            self.model.album.assign(album)
