"""The model: refiner and discriminator, a plain autoencoder beside them, and the statistics of the score."""

from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from zoo.data.arrays import Array
from zoo.tasks import gan, normalization

from . import density
from .best_weights import BestWeights
from .config import SIGNALS, Config
from .networks import discriminator, refiner

OUTPUT_LAYER = "refined"  # the name of the layer that gives series their unit back


class NoveltyGAN(gan.GAN):
    """Refiner and discriminator of normal examples.

    Args:
        config: the settings.

    Raises:
        SettingError: settings do not go together.
    """

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(refiner(config), discriminator(config), config, name="novelty_gan")
        self.seed_generator = keras.random.SeedGenerator()
        self.error = keras.metrics.Mean(name="error")
        self.autoencoder: Any = None
        self.autoencoder_error: Any = None
        if config.baselines:
            self.autoencoder = refiner(config, "autoencoder")
            self.autoencoder_error = keras.metrics.Mean(name="autoencoder_error")
        self.best_weights = list(self._create_best_weights())
        self._add_statistics(config)
        self.input_layer = self.output_layer = None
        if config.standardises:
            self.input_layer = normalization.normalization_layer()
            self.output_layer = normalization.normalization_layer(OUTPUT_LAYER, True)
            for layer in (self.input_layer, self.output_layer):
                layer.build((None, *config.input_shape))

    def _create_best_weights(self) -> Iterator[BestWeights]:
        """Yield the best weights of the GAN, and of the autoencoder, each with its own error."""
        yield BestWeights(self, "val_error", [self.averaged_generator, self.discriminator])
        if self.autoencoder is not None:
            yield BestWeights(self, "val_autoencoder_error", [self.autoencoder])

    def _add_statistics(self, config: Config) -> None:
        """Add the variables of the score, which is fitted after the training of the networks."""
        size, count = 2 * config.latent_dim + 3, len(SIGNALS)
        shapes: dict[str, tuple[int, ...]] = {
            **density.statistic_shapes(size, config.components),
            "means": (count,),
            "deviations": (count,),
            "threshold": (),
        }
        self.statistics = {
            name: self.add_weight(shape, "ones", trainable=False, name=name)
            for name, shape in shapes.items()
        }

    @property
    def generator_variables(self) -> list[Any]:
        """The variables of refiner and autoencoder: both are trained alike."""
        networks = [self.generator, *([self.autoencoder] if self.autoencoder else [])]
        return [each for network in networks for each in network.trainable_variables]

    def call(self, x: Any, training: bool = False) -> Any:
        """Restore examples: in training noisy ones, else the examples as they are, by averaged weights."""
        return super().call(x, training) if training else self.averaged_generator(x)

    def standardise(self, x: Any) -> Any:
        """Return series standardised; images stay as they are."""
        return x if self.input_layer is None else self.input_layer(x)

    def generator_inputs(self, x: Any) -> Any:
        """Add noise, which the refiner learns to remove."""
        return x + self.config.noise * keras.random.normal(ops.shape(x), seed=self.seed_generator)

    def extra_generator_loss(self, x: Any, generated: Any) -> Any:
        """Return the reconstruction losses of the refiner and of the autoencoder, which it moves alone."""
        self.error.update_state(squared_error(x, generated))
        loss = self.reconstruction_loss(x, generated)
        if self.autoencoder is not None:
            copy = self.autoencoder(x)
            self.autoencoder_error.update_state(squared_error(x, copy))
            loss = loss + self.reconstruction_loss(x, copy)
        return self.config.reconstruction_weight * loss

    def reconstruction_loss(self, x: Any, restored: Any) -> Any:
        """Return the mean cross-entropy of images, or the mean squared error of series."""
        if self.config.standardises:
            return squared_error(x, restored)
        return ops.mean(keras.losses.binary_crossentropy(x, restored))

    def set_statistics(self, **values: Array) -> None:
        """Set statistics of the score by name."""
        for name, value in values.items():
            self.statistics[name].assign(value)


def squared_error(x: Any, restored: Any) -> Any:
    """Return the mean squared error of a value."""
    return ops.mean(ops.square(x - restored))
