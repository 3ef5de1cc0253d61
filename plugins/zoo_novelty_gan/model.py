"""The model: refiner against discriminator, a plain autoencoder beside them, and what makes a score of them.

The rule for stopping: of all epochs, the weights are kept of the one after which the refiner restores
held-out normal examples with the least error. Whoever holds none out gets the last epoch's.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.tasks import gan, normalization

from .config import Config
from .networks import discriminator, refiner
from .novelty_score import SIGNALS

EXIT = "refined"  # name of the layer that gives series their unit back


class NoveltyGAN(gan.GAN):
    """Refiner and discriminator of normal examples."""

    def __init__(self, config: Config) -> None:
        super().__init__(refiner(config), discriminator(config), config, name="novelty_gan")
        self.chance = keras.random.SeedGenerator()
        self.error = keras.metrics.Mean(name="error")
        self.plain = refiner(config, "plain") if config.baselines else None
        self.plain_error = keras.metrics.Mean(name="plain_error") if config.baselines else None
        self.standing = [Standing(self, name, nets) for name, nets in self._rivals()]
        self._add_statistics(config)
        if config.standardises:
            self.entrance, self.exit = (
                normalization.normalization_layer(),
                normalization.normalization_layer(EXIT, True),
            )
            for each in (self.entrance, self.exit):
                each.build((None, *config.input_shape))

    def _rivals(self) -> list[tuple[str, list[Any]]]:
        """Give what stands and falls together, by the error that it is chosen by."""
        ours = ("val_error", [self.averaged_generator, self.discriminator])
        return [ours, ("val_plain_error", [self.plain])] if self.plain else [ours]

    def _add_statistics(self, config: Config) -> None:
        """Add what is learnt of normal examples when the networks are done."""
        size, count = 2 * config.latent_dim + 3, len(SIGNALS)
        shapes = {"centre": (size,), "whitening": (size, size), "means": (count,)}
        shapes |= {"deviations": (count,), "threshold": ()}
        self.statistics = {
            name: self.add_weight(shape, "ones", trainable=False, name=name)
            for name, shape in shapes.items()
        }

    def call(self, x: Any, training: bool = False) -> Any:
        """Refine noisy examples in training, and with averaged weights the examples themselves after it."""
        return super().call(x, training) if training else self.averaged_generator(x)

    def generator_inputs(self, x: Any) -> Any:
        """Add noise that the refiner must take away."""
        return x + self.config.noise * keras.random.normal(ops.shape(x), seed=self.chance)

    def extra_generator_loss(self, x: Any, generated: Any) -> Any:
        """Compute the reconstruction term, and that of the plain autoencoder, which moves it alone."""
        self.error.update_state(squared(x, generated))
        lost = self.reconstruction(x, generated)
        if self.plain is not None:
            copied = self.plain(x)
            self.plain_error.update_state(squared(x, copied))
            lost = lost + self.reconstruction(x, copied)
        return self.config.reconstruction_weight * lost

    def reconstruction(self, x: Any, made: Any) -> Any:
        """Give the mean cross-entropy of images, or the mean squared error of series."""
        if self.config.standardises:
            return squared(x, made)
        return ops.mean(keras.losses.binary_crossentropy(x, made))

    @property
    def generator_variables(self) -> list[Any]:
        """The variables of the refiner and the plain autoencoder: one optimizer moves both."""
        plain = self.plain.trainable_variables if self.plain else []
        return [*self.generator.trainable_variables, *plain]

    def learn(self, **figures: np.ndarray) -> None:
        """Keep what was learnt of normal examples."""
        for name, value in figures.items():
            self.statistics[name].assign(value)


def squared(x: Any, made: Any) -> Any:
    """Give the mean squared error of a value."""
    return ops.mean(ops.square(x - made))


class Standing:
    """The weights of the best epoch so far, kept among the model's variables."""

    def __init__(self, model: Any, error: str, networks: list[Any]) -> None:
        self.error = error
        self.variables = [each for network in networks for each in network.weights]
        add = model.add_weight
        self.least = add((), _endless, trainable=False, name=f"least_{error}")
        self.best = [
            add(each.shape, "zeros", trainable=False, name="best") for each in self.variables
        ]

    def look(self, logs: dict[str, float]) -> None:
        """Keep the weights of now, if no epoch before held a smaller error; always, if none is held out."""
        error = logs.get(self.error, 0.0)
        if error <= float(self.least) or self.error not in logs:
            self.least.assign(error)
            _assign(self.best, self.variables)

    def restore(self) -> None:
        """Take the best weights."""
        _assign(self.variables, self.best)


def _endless(shape: Any, dtype: Any = None) -> Any:
    """Give a number above every error."""
    return ops.full(shape, 3e38, dtype=dtype)


def _assign(variables: list[Any], values: list[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(ops.convert_to_numpy(value))


class Keeper(keras.callbacks.Callback):
    """Compare each epoch with the best so far."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep what is best."""
        for each in self.model.standing:
            each.look(logs or {})
