"""The model: generator and discriminator of images, and an album of generated images."""

from typing import Any

import keras
from keras import ops

from zoo.tasks import gan

from .album import album_shape
from .config import Config
from .networks import discriminator, generator


class DCGAN(gan.GAN):
    """Generator and discriminator of images.

    Args:
        config: the settings.

    Raises:
        SettingError: settings do not go together.
    """

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(generator(config), discriminator(config), config, name="dcgan")
        self.seed_generator = keras.random.SeedGenerator()
        self.album = self.add_weight(
            album_shape(config), "zeros", "uint8", trainable=False, name="album"
        )

    def generator_inputs(self, x: Any) -> Any:
        """Draw latents for a batch; a conditional model also gets the classes of the batch."""
        shape = (ops.shape(x["image"])[0], self.config.latent_dim)
        if self.config.prior == "normal":
            latents = keras.random.normal(shape, seed=self.seed_generator)
        else:
            latents = keras.random.uniform(shape, -1.0, 1.0, seed=self.seed_generator)
        return [latents, self.one_hot_labels(x)] if self.config.conditional else latents

    def real_examples(self, x: Any) -> Any:
        """Return the images of a batch."""
        return x["image"]

    def discriminator_inputs(self, x: Any, examples: Any) -> Any:
        """Return images, and the classes of the batch if the model is conditional."""
        return [examples, self.one_hot_labels(x)] if self.config.conditional else examples

    def one_hot_labels(self, x: Any) -> Any:
        """Return the classes of a batch, one-hot."""
        return ops.one_hot(ops.cast(x["label"], "int32"), len(self.config.classes))
