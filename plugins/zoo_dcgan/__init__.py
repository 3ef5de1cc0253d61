"""Deep convolutional adversarial network: images from random numbers, learnt against a judge.

    y = G(z),   z ~ N(0, I);   D tells x from y, and G learns to be taken for x

with the losses, rates and averages of `zoo.tasks.gan`. Strided and transposed convolutions after
Radford, Metz & Chintala, "Unsupervised representation learning with deep convolutional generative
adversarial networks", arXiv:1511.06434; Goodfellow et al., "Generative adversarial nets",
arXiv:1406.2661. Conditional on the class by one more input to G, and by a projection in D: Miyato &
Koyama, "cGANs with projection discriminator", arXiv:1802.05637. The measures are those of `measuring`.
"""

from typing import Any

import keras
from keras import layers, ops

import zoo
from zoo.tasks import gan, gan_optimizer

from . import metrics, plots, predict
from .config import Config, check
from .history import SEEDS, Album, frames
from .networks import discriminator, generator


class DCGAN(gan.GAN):
    """Generator and discriminator of images, and an album of how the images grew."""

    def __init__(self, config: Config) -> None:
        super().__init__(generator(config), discriminator(config), config, name="dcgan")
        self.noise = keras.random.SeedGenerator()
        shape = (frames(config), SEEDS, *config.input_shape)
        self.album = self.add_weight(shape, "zeros", "uint8", trainable=False, name="album")

    def generator_inputs(self, x: Any) -> Any:
        """Draw latents for a batch, and ask for the classes that are in it."""
        shape = (ops.shape(x["image"])[0], self.config.latents)
        if self.config.prior == "normal":
            latents = keras.random.normal(shape, seed=self.noise)
        else:
            latents = keras.random.uniform(shape, -1.0, 1.0, seed=self.noise)
        return [latents, self.asked(x)] if self.config.conditional else latents

    def real_examples(self, x: Any) -> Any:
        """Give the images of a batch."""
        return x["image"]

    def discriminator_inputs(self, x: Any, examples: Any) -> Any:
        """Judge images together with the classes that they should be of."""
        return [examples, self.asked(x)] if self.config.conditional else examples

    def asked(self, x: Any) -> Any:
        """Give the classes of a batch, one-hot."""
        return ops.one_hot(ops.cast(x["label"], "int32"), len(self.config.classes))


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> DCGAN:
    """Set generator and discriminator against each other.

    Raises:
        SettingError: the networks do not suit the images, or settings do not go together.
    """
    check(config)
    return DCGAN(config)


@zoo.hookimpl
def train(model: DCGAN, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Train both networks at once, and put images of the same latents into the album on the way."""
    metrics.check(config)
    feed = data.fit_arguments(config, lambda x, y: {"image": x, "label": y})
    steps = feed["steps_per_epoch"] * config.epochs
    model.compile(gan_optimizer.from_config(model, steps))
    # the album before the core's callbacks, so that the checkpoint holds it
    return model.fit(**feed, callbacks=[Album(), *callbacks])


@zoo.hookimpl
def export(model: DCGAN, config: Config) -> dict[str, keras.Model]:
    """Ship the averaged generator, and the discriminator with a probability or a score at its end."""
    network = model.normalized_discriminator()
    if config.loss == "non-saturating":
        real = layers.Activation("sigmoid", name="probability")(network.output)
        network = keras.Model(network.input, real)
    return {"generator": model.averaged_generator, "discriminator": network}


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
apply = zoo.hookimpl(predict.apply)
