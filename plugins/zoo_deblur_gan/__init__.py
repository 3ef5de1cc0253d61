"""Deblurring GAN: removes the blur of camera shake from photographs of any size.

    y = x + G(x);   D tells s from y
    G minimises  w_p p(y, s) + w_f |f(y) - f(s)|^2 / |f(s)|^2 + w_a a(D(y))

for a blurred image x, the sharp one s, a pixel loss p (`losses`), the features f of another network, and an
adversarial term a of `zoo.tasks.gan`, by a discriminator D of patches. After Kupyn et al., "DeblurGAN: blind
motion deblurring using conditional adversarial networks", arXiv:1711.07064. The perceptual term is that of
Johnson et al., arXiv:1603.08155, the discriminator the PatchGAN of Isola et al., arXiv:1611.07004. Sharp
images are blurred with kernels of camera shake (`kernels`), or the data has blurred images beside them:
--data pairs:DIR.
"""

from typing import Any

import keras

import zoo
from zoo.tasks import gan_optimizer

from . import losses, metrics, plots, predict
from .config import Config, check
from .model import DeblurGAN
from .networks import clip_output


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> DeblurGAN:
    """Return the untrained GAN.

    Raises:
        SettingError: the images do not fit, or settings do not go together.
    """
    check(config)
    return DeblurGAN(config)


@zoo.hookimpl
def train(model: DeblurGAN, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Train both networks together, on crops that are cut and blurred in each step.

    Raises:
        SettingError: the perceptual network cannot be opened, or does not take such images.
    """
    model.features = losses.perceptual_features(config)
    arguments = data.fit_arguments(config, lambda x, y: x, losses.crop_augmentation(config))
    steps = arguments["steps_per_epoch"] * config.epochs
    model.compile(gan_optimizer.from_config(model, steps))
    return model.fit(**arguments, callbacks=callbacks)


@zoo.hookimpl
def export(model: DeblurGAN) -> dict[str, keras.Model]:
    """Return the averaged generator, whose output is clipped to [0, 1], and the discriminator."""
    return {
        "generator": clip_output(model.averaged_generator),
        "discriminator": model.normalized_discriminator(),
    }


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
read_item = zoo.hookimpl(predict.read_item)
apply = zoo.hookimpl(predict.apply)
