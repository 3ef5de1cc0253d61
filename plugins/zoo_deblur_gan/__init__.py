"""Deblurring adversarial network: sharp photographs from shaken ones, of any size.

    y = x + G(x);   G lowers  w_p |y - s| + w_f |f(y) - f(s)|^2 + w_a a(D(y)),   D tells s from y

for a blurred image x, the sharp one s, the features f of another network, and an adversarial term a of
`zoo.tasks.gan`, by a discriminator D of patches. After Kupyn et al., "DeblurGAN: blind motion deblurring
using conditional adversarial networks", arXiv:1711.07064; the perceptual term is that of Johnson et al.,
arXiv:1603.08155, the discriminator that of Isola et al., arXiv:1611.07004. Blur is made of sharp images by
kernels of camera shake (`kernels`), or comes with them: --data pairs:DIR.
"""

from typing import Any

import keras
from keras import ops

import zoo
from zoo.tasks import gan, gan_optimizer

from . import losses, metrics, plots, predict
from .blur import spoilt
from .config import Config, check
from .kernels import bank
from .networks import discriminator, generator, shipped

LEARNT = 1  # seed of the kernels that are learnt from; those that are tested have another


class DeblurGAN(gan.GAN):
    """Generator and discriminator, and the blur that they learn from."""

    def __init__(self, config: Config) -> None:
        super().__init__(generator(config), discriminator(config), config, name="deblur_gan")
        self.adversarial_weight = config.adversarial_weight
        self.chances = keras.random.SeedGenerator()
        if not config.paired:
            self.bank = bank(config.blur_kernels, config.blur_kernel_size, config.shake, LEARNT)
        self.likeness = keras.metrics.Mean(name="psnr")
        self.features = None

    def generator_inputs(self, x: Any) -> Any:
        """Blur a batch, or take the blurred images that are in it."""
        if self.config.paired:
            return self.cut(x, self.config.side)[..., : self.config.channels]
        chosen = keras.random.randint((ops.shape(x)[0],), 0, len(self.bank), seed=self.chances)
        kernels = ops.take(ops.convert_to_tensor(self.bank), chosen, 0)
        around = [size + 2 * self.config.margin for size in self.config.side]
        return spoilt(self.cut(x, around), kernels, self.config.noise, self.chances)

    def real_examples(self, x: Any) -> Any:
        """Give the sharp images of a batch."""
        return self.cut(x, self.config.side)[..., -self.config.channels :]

    def cut(self, x: Any, size: Any) -> Any:
        """Cut a size out of the middle."""
        top, left = ((x.shape[axis + 1] - size[axis]) // 2 for axis in (0, 1))
        return x[:, top : top + size[0], left : left + size[1]]

    def extra_generator_loss(self, x: Any, generated: Any) -> Any:
        """Compare what was restored with what is sharp: by pixels, and by features."""
        sharp = self.real_examples(x)
        self.likeness.update_state(losses.psnr(sharp, generated))
        lost = self.config.pixel_weight * losses.difference(
            self.config.pixel_loss, sharp, generated
        )
        if self.features is not None:
            lost += self.config.perceptual_weight * losses.far(self.features, sharp, generated)
        return lost


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> DeblurGAN:
    """Set generator and discriminator against each other.

    Raises:
        SettingError: the images do not suit, or settings do not go together.
    """
    check(config)
    return DeblurGAN(config)


@zoo.hookimpl
def train(model: DeblurGAN, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Train both networks at once, on squares that each step cuts and blurs anew.

    Raises:
        SettingError: the perceptual network cannot be opened, or does not take such images.
    """
    model.features = losses.features(config)
    feed = data.fit_arguments(config, lambda x, y: x, losses.augment(config))
    steps = feed["steps_per_epoch"] * config.epochs
    model.compile(gan_optimizer.from_config(model, steps), jit_compile=losses.compiled())
    return model.fit(**feed, callbacks=callbacks)


@zoo.hookimpl
def export(model: DeblurGAN) -> dict[str, keras.Model]:
    """Ship the averaged generator, kept within [0, 1], and the discriminator."""
    return {
        "generator": shipped(model.averaged_generator),
        "discriminator": model.normalized_discriminator(),
    }


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
apply = zoo.hookimpl(predict.apply)
