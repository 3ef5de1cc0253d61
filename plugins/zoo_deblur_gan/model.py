"""The model: generator, discriminator, and the blur of the training images."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from zoo.data.arrays import Array
from zoo.tasks import gan
from zoo.tasks.reconstruction import psnr_per_example

from . import losses
from .blur import blur_and_add_noise
from .config import Config
from .kernels import draw_kernels
from .networks import discriminator, generator

# Seeds of the kernels of the training images; those of the test images have another
TRAIN_SEED, WEAK_SEED = 1, 3


class DeblurGAN(gan.GAN):
    """Generator and discriminator, and the kernels that blur the training images.

    Args:
        config: the settings.

    Raises:
        SettingError: settings do not go together.
    """

    config: Config
    features: Callable[[Any], Any] | None
    """The perceptual network's features of images; a training sets it."""

    def __init__(self, config: Config) -> None:
        super().__init__(generator(config), discriminator(config), config, name="deblur_gan")
        self.adversarial_weight = config.adversarial_weight
        self.seed_generator = keras.random.SeedGenerator()
        if not config.has_pairs:
            self.kernels = training_kernels(config)
        self.psnr = keras.metrics.Mean(name="psnr")
        self.features = None

    def generator_inputs(self, x: Any) -> Any:
        """Blur the images of a batch, or return the blurred images that are in it."""
        config = self.config
        if config.has_pairs:
            return crop_middle(x, config.crop_size)[..., : config.channels]
        indices = keras.random.randint(
            (ops.shape(x)[0],), 0, len(self.kernels), seed=self.seed_generator
        )
        kernels = ops.take(ops.convert_to_tensor(self.kernels), indices, 0)
        size = [side + 2 * config.margin for side in config.crop_size]
        return blur_and_add_noise(crop_middle(x, size), kernels, config.noise, self.seed_generator)

    def real_examples(self, x: Any) -> Any:
        """Return the sharp images of a batch."""
        return crop_middle(x, self.config.crop_size)[..., -self.config.channels :]

    def extra_generator_loss(self, x: Any, generated: Any) -> Any:
        """Return the pixel loss and the perceptual loss of restored images, weighted."""
        config, sharp = self.config, self.real_examples(x)
        restored = ops.clip(generated, 0.0, 1.0)
        self.psnr.update_state(psnr_per_example(sharp, restored))
        loss = config.pixel_weight * losses.pixel_loss(config.pixel_loss, sharp, generated)
        if self.features is not None:
            loss += config.perceptual_weight * losses.perceptual_loss(
                self.features, sharp, generated
            )
        return loss


def training_kernels(config: Config) -> Array:
    """Return the kernels of the training images, of the setting's shake or a weaker one.

    Args:
        config: the settings.

    Returns:
        Kernels of shape (blur_kernels, side, side).
    """
    side, least = config.blur_kernel_size, config.shake[0]
    kernels = draw_kernels(config.blur_kernels, side, config.shake, TRAIN_SEED)
    weak = round(config.weak_kernels * len(kernels))
    kernels[:weak] = draw_kernels(weak, side, (0.0, least), WEAK_SEED)
    return kernels


def crop_middle(images: Any, size: Sequence[int]) -> Any:
    """Return the middle of images (n, height, width, channels)."""
    top, left = ((images.shape[axis + 1] - size[axis]) // 2 for axis in (0, 1))
    return images[:, top : top + size[0], left : left + size[1]]
