"""Generative adversarial networks: a generator and a discriminator, trained together by plain `fit`.

Both networks are trained on one sum, on any backend:

    L = L_D(D(x), D(stop(y))) + L_G(D_stop(y)),   y = G(z)

stop() lets no gradient through, and D_stop is the discriminator with its weights stopped. So the first
term moves the discriminator only, and the second term the generator only. `zoo.tasks.gan_losses` has
L_D and L_G; `zoo.tasks.gan_optimizer` gives each network an optimizer of its own. The weights w' of the
averaged generator follow the generator's weights w, with the share m of
`zoo.tasks.optimizers.average_share`:

    w' <- m w' + (1 - m) w,   m = min(ema, t / (t + 10)) in step t = 0, 1, ...

The averaged generator is the one to draw, to measure and to export (Yazici et al., "The unusual
effectiveness of averaging in GAN training", arXiv:1806.04498).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
from keras import ops
from pydantic import PositiveFloat, PositiveInt

from zoo.compute.distribution import divide_rows
from zoo.config import Config, Fraction
from zoo.tasks import optimizers
from zoo.tasks.gan_losses import Loss, check, discriminator_loss, generator_loss
from zoo.tasks.spectral_norm import is_kernel, normalize_kernel, random_direction

__all__ = ["GAN", "Betas", "GANConfig", "Loss", "check"]

Betas = tuple[Fraction, Fraction]


class GANConfig(Config):
    """The settings that every GAN has."""

    loss: Loss = "non-saturating"
    """Loss of discriminator and generator."""
    label_smoothing: Fraction = 0.0
    """How far the discriminator's target for real examples lies below 1 (Salimans et al. 2016)."""
    spectral_norm: bool = False
    """Divide each kernel of the discriminator by its largest singular value (Miyato et al. 2018)."""
    discriminator_steps: PositiveInt = 1
    """Steps of the discriminator for each step of the generator."""
    ema: Fraction = 0.999
    """Share of the old average that stays when the generator's weights are averaged; 0: no average."""
    optimizer: Literal["adam", "rmsprop"] = "adam"
    """Optimizer of both networks."""
    schedule: optimizers.Schedule = "constant"
    """How both learning rates change during training."""
    learning_rate: PositiveFloat = 2e-4
    """Learning rate of the discriminator."""
    generator_learning_rate: PositiveFloat | None = None
    """Learning rate of the generator. None: the discriminator's."""
    betas: Betas = (0.5, 0.999)
    """Adam's beta_1 and beta_2 for the discriminator."""
    generator_betas: Betas | None = None
    """Adam's beta_1 and beta_2 for the generator. None: the discriminator's."""


class GAN(keras.Model):
    """Generator and discriminator, trained together by plain `fit`.

    A batch x is what the plug-in feeds; by default, the real examples. A subclass defines
    `generator_inputs`, and where needed `real_examples`, `discriminator_inputs`,
    `extra_generator_loss` and `generator_variables`.

    Args:
        generator: a Functional model.
        discriminator: a Functional model whose outputs are scores, without a sigmoid.
        config: the settings.
        name: the model's name.

    Raises:
        SettingError: settings do not go together.
    """

    adversarial_weight = 1.0
    """Weight of the adversarial term in the generator's loss; a subclass may set it."""

    def __init__(
        self, generator: Any, discriminator: Any, config: GANConfig, name: str = "gan"
    ) -> None:
        super().__init__(name=name)
        check(config)
        self.config = config
        self.generator, self.discriminator = generator, discriminator
        self.steps = self.add_weight(name="steps", trainable=False, initializer="zeros")
        if config.ema:
            self.average = keras.models.clone_model(generator)
            self.average.trainable = False
        self.directions = [
            self.add_weight(
                (kernel.shape[-1],), random_direction, trainable=False, name="direction"
            )
            for kernel in discriminator.trainable_variables
            if config.spectral_norm and is_kernel(kernel)
        ]
        names = ("discriminator", "generator", "real", "fake")
        self.means = [keras.metrics.Mean(name=each) for each in names]
        self.built = True

    def generator_inputs(self, x: Any) -> Any:
        """Return the generator's inputs for a batch."""
        raise NotImplementedError

    def real_examples(self, x: Any) -> Any:
        """Return the real examples of a batch."""
        return x

    def discriminator_inputs(self, x: Any, examples: Any) -> Any:
        """Return the discriminator's inputs for real or generated examples, and what belongs to them."""
        return examples

    def extra_generator_loss(self, x: Any, generated: Any) -> Any:
        """Return what the generator minimises besides the adversarial term: a scalar."""
        return 0.0

    @property
    def generator_variables(self) -> list[Any]:
        """The trainable variables that the generator's optimizer moves."""
        return list(self.generator.trainable_variables)

    def call(self, x: Any, training: bool = False) -> Any:
        """Generate examples for a batch."""
        return divide_rows(self.generator(self.generator_inputs(x), training=training))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the discriminator's loss plus the generator's; each moves its own network only.

        Args:
            x: a batch.
            y: unused.
            y_pred: the generated examples.
            sample_weight: unused.
            training: also update the discriminator's state and the averaged generator.

        Returns:
            A scalar.
        """
        weights = self.discriminator_weights(update_directions=training)
        trained = self._scores_function(weights, training)
        frozen = self._scores_function([ops.stop_gradient(each) for each in weights], training)
        state = [ops.copy(each) for each in self.discriminator.non_trainable_variables]
        real, state = trained(self.discriminator_inputs(x, self.real_examples(x)), state)
        generated = ops.stop_gradient(y_pred)
        fake, last_state = trained(self.discriminator_inputs(x, generated), state)
        # from the same state, so with the same dropout: XLA and TensorFlow compute these scores once
        scores, _ = frozen(self.discriminator_inputs(x, y_pred), state)
        discriminator_term = discriminator_loss(
            self.config.loss, real, fake, self.config.label_smoothing
        )
        generator_term = self.adversarial_weight * generator_loss(self.config.loss, scores)
        generator_term = generator_term + self.extra_generator_loss(x, y_pred)
        for mean, value in zip(
            self.means,
            (discriminator_term, generator_term, ops.mean(real), ops.mean(fake)),
            strict=True,
        ):
            mean.update_state(value)
        if training:
            _assign(self.discriminator.non_trainable_variables, last_state)
            self._update_average()
        return discriminator_term + generator_term

    def discriminator_weights(self, update_directions: bool = False) -> list[Any]:
        """Return the discriminator's trainable values, spectrally normalised if `spectral_norm` is set.

        Args:
            update_directions: make one step of the power iteration and store it.
        """
        values = [ops.copy(each) for each in self.discriminator.trainable_variables]
        if not self.config.spectral_norm:
            return values
        directions = iter(self.directions)
        return [
            normalize_kernel(value, next(directions), update_directions)
            if is_kernel(value)
            else value
            for value in values
        ]

    def normalized_discriminator(self) -> Any:
        """Return the discriminator to export: a copy with normalised kernels if `spectral_norm` is set."""
        if not self.config.spectral_norm:
            return self.discriminator
        copy = keras.models.clone_model(self.discriminator)
        _assign(copy.trainable_variables, self.discriminator_weights())
        _assign(copy.non_trainable_weights, self.discriminator.non_trainable_weights)
        return copy

    @property
    def averaged_generator(self) -> Any:
        """The generator to draw, measure and export: with averaged weights unless `ema` is 0."""
        return self.average if self.config.ema else self.generator

    def discard_training_state(self) -> None:
        """Copy the averaged weights into the live generator: a file of `zoo pack` then holds them once.

        Nothing that draws, measures or exports uses the live generator. A training that starts from such a
        file goes on from the average.
        """
        if self.config.ema:
            _assign(self.generator.weights, self.average.weights)

    def _scores_function(
        self, weights: Sequence[Any], training: bool
    ) -> Callable[[Any, Any], tuple[Any, Any]]:
        """Return the function (inputs, state) -> (scores, next state) of the discriminator."""
        network = self.discriminator
        return lambda inputs, state: network.stateless_call(
            weights, state, inputs, training=training
        )

    def _update_average(self) -> None:
        """Move the average one step towards the generator's weights and moving statistics."""
        if self.config.ema:
            share = optimizers.average_share(self.steps, self.config.ema, offset=0)
            for mean, new in zip(self.average.weights, self.generator.weights, strict=True):
                mean.assign(share * mean + (1 - share) * new)
        self.steps.assign_add(1.0)


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
