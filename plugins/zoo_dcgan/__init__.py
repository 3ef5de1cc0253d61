"""Deep convolutional GAN: a generator of images from random latents, trained against a discriminator.

    y = G(z),   z ~ N(0, I) or uniform;   D tells real images x from generated images y

with the losses, learning rates and averages of `zoo.tasks.gan`. Strided and transposed convolutions after
Radford, Metz & Chintala, "Unsupervised representation learning with deep convolutional generative
adversarial networks", arXiv:1511.06434; Goodfellow et al., "Generative adversarial nets",
arXiv:1406.2661. A conditional model has the class as one more input of G, and a projection in D: Miyato &
Koyama, "cGANs with projection discriminator", arXiv:1802.05637.
"""

from typing import Any

import keras
from keras import layers

import zoo
from zoo.tasks import gan_optimizer

from . import metrics, plots, predict
from .callbacks import AlbumWriter
from .config import Config, check
from .model import DCGAN


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> DCGAN:
    """Return the untrained GAN.

    Raises:
        SettingError: the networks do not fit the images, or settings do not go together.
    """
    check(config)
    return DCGAN(config)


@zoo.hookimpl
def train(model: DCGAN, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Train both networks together, and store images of fixed latents in the album.

    Raises:
        SettingError: the network that feature_network names cannot be opened.
    """
    metrics.check_feature_network(config)
    arguments = data.fit_arguments(config, lambda x, y: {"image": x, "label": y})
    steps = arguments["steps_per_epoch"] * config.epochs
    model.compile(gan_optimizer.from_config(model, steps))
    # the album before the core's callbacks, so that the checkpoint holds it
    return model.fit(**arguments, callbacks=[AlbumWriter(), *callbacks])


@zoo.hookimpl
def export(model: DCGAN, config: Config) -> dict[str, keras.Model]:
    """Return the averaged generator, and the discriminator.

    The discriminator ends in a probability, or in a score where the loss has no probabilities.
    """
    discriminator = model.normalized_discriminator()
    if config.loss == "non-saturating":
        output = layers.Activation("sigmoid", name="probability")(discriminator.output)
        discriminator = keras.Model(discriminator.input, output)
    return {"generator": model.averaged_generator, "discriminator": discriminator}


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
read_item = zoo.hookimpl(predict.read_item)
apply = zoo.hookimpl(predict.apply)
