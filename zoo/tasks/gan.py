"""Two networks against each other: a generator makes, a critic tells the made from the real.

    y = G(z),   a = D(x) of what is real,   b = D(y) of what is made,   softplus(t) = log(1 + e^t)

                     the critic lowers                       the generator lowers
    non-saturating   softplus(-a) + softplus(b)              softplus(-b)      Goodfellow et al. 2014
    least-squares    (a - 1)^2 / 2 + b^2 / 2                 (b - 1)^2 / 2     Mao et al. 2017
    hinge            max(0, 1 - a) + max(0, 1 + b)           -b                Lim & Ye 2017
    wasserstein      b - a                                   -b                Arjovsky et al. 2017

each averaged over the batch. Both are trained by plain `fit`, on any backend, as one sum

    L = L_D(D(x), D(stop(y))) + L_G(D_stop(y))

where stop() lets no gradient through and D_stop is the critic with its weights stopped, so that the
first term moves the critic alone and the second the generator alone. `zoo.tasks.gan_optimizer` then gives
each its own rule and rate. The averaged generator, whose weights follow

    w' <- k w' + (1 - k) w,   k = min(ema, t / (t + 10)) in step t = 0, 1, ...

is the one to draw, to measure and to ship (Yazici et al., "The unusual effectiveness of averaging in
GAN training", arXiv:1806.04498).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
from keras import ops
from pydantic import PositiveFloat, PositiveInt

from zoo import config
from zoo.config import Fraction
from zoo.errors import SettingError
from zoo.tasks import optimizers
from zoo.tasks.spectral_norm import is_kernel, normalize_kernel, random_direction

Loss = Literal["non-saturating", "least-squares", "hinge", "wasserstein"]
Betas = tuple[Fraction, Fraction]

SLOW = 10  # steps after which half of the average is what came before: a start that is forgotten


class Config(config.Config):
    """The settings of a training of two networks against each other."""

    loss: Loss = "non-saturating"
    """What critic and generator lower."""
    label_smoothing: Fraction = 0.0
    """How far the critic's target for what is real lies below 1 (Salimans et al. 2016)."""
    spectral: bool = False
    """Divide each of the critic's matrices by its largest singular value (Miyato et al. 2018)."""
    critic_steps: PositiveInt = 1
    """Steps of the critic for each step of the generator."""
    ema: Fraction = 0.999
    """Share of the old average kept when the generator's weights are averaged; 0 averages nothing."""
    optimizer: Literal["adam", "rmsprop"] = "adam"
    """Rule of both networks' weight updates."""
    schedule: optimizers.Schedule = "constant"
    """How both learning rates change over the training."""
    learning_rate: PositiveFloat = 2e-4
    """Step size of the critic's optimizer."""
    generator_rate: PositiveFloat | None = None
    """Step size of the generator's optimizer. None: the critic's."""
    betas: Betas = (0.5, 0.999)
    """Share of the old mean and of the old square of gradients that the critic's Adam keeps."""
    generator_betas: Betas | None = None
    """The same for the generator's Adam. None: the critic's."""


def check(config: Config) -> None:
    """Refuse settings that do not go together.

    Raises:
        SettingError: a score without a bound has no target to smooth, or a Wasserstein critic no
            bound on its slope.
    """
    if config.label_smoothing and config.loss in ("hinge", "wasserstein"):
        raise SettingError(
            "label_smoothing moves a target, which non-saturating and least-squares have. "
            f"Received: loss={config.loss}"
        )
    if config.loss == "wasserstein" and not config.spectral:
        raise SettingError(
            "loss=wasserstein needs a critic of bounded slope: set spectral=true. Received: false"
        )


def critic_loss(name: Loss, real: Any, fake: Any, smoothing: float = 0.0) -> Any:
    """Compute what the critic lowers.

    Args:
        name: of the loss.
        real: scores of what is real, any shape.
        fake: scores of what is made.
        smoothing: how far the target for what is real lies below 1.
    """
    if name == "non-saturating":
        on_real = (1 - smoothing) * ops.softplus(-real) + smoothing * ops.softplus(real)
        return ops.mean(on_real) + ops.mean(ops.softplus(fake))
    if name == "least-squares":
        return ops.mean(ops.square(real - (1 - smoothing)) + ops.square(fake)) / 2
    if name == "hinge":
        return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))
    return ops.mean(fake) - ops.mean(real)


def generator_loss(name: Loss, fake: Any) -> Any:
    """Compute what the generator lowers, given the scores of what it made."""
    if name == "non-saturating":
        return ops.mean(ops.softplus(-fake))
    if name == "least-squares":
        return ops.mean(ops.square(fake - 1)) / 2
    return -ops.mean(fake)


class GAN(keras.Model):
    """Generator and discriminator, trained against each other by plain `fit`.

    A batch x is whatever the plug-in feeds; as it stands, the real examples. A subclass says what
    the generator is given for it, what is real in it, beside what the discriminator judges, and what
    else the generator lowers.

    Args:
        generator: a Functional model.
        discriminator: a Functional model that ends in scores without a sigmoid.
        config: the losses, rates and averages.

    Raises:
        SettingError: the settings do not go together.
    """

    weight = 1.0
    """Weight of the adversarial term in what the generator lowers; a subclass may set it."""

    def __init__(
        self, generator: Any, discriminator: Any, config: Config, name: str = "gan"
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
                (matrix.shape[-1],), random_direction, trainable=False, name="direction"
            )
            for matrix in discriminator.trainable_variables
            if config.spectral and is_kernel(matrix)
        ]
        names = ("critic", "generator", "real", "fake")
        self.watched = [keras.metrics.Mean(name=each) for each in names]
        self.built = True

    def given(self, x: Any) -> Any:
        """Give the generator's inputs for a batch."""
        raise NotImplementedError

    def real(self, x: Any) -> Any:
        """Give what is real in a batch."""
        return x

    def judged(self, x: Any, made: Any) -> Any:
        """Give the discriminator's inputs: what is real or made, and what belongs to it."""
        return made

    def extra(self, x: Any, made: Any) -> Any:
        """Compute what the generator lowers beside the adversarial term: 0, or a scalar."""
        return 0.0

    def call(self, x: Any, training: bool = False) -> Any:
        """Make something for a batch."""
        return self.generator(self.given(x), training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Add the critic's term, which moves the critic alone, and the generator's, which moves it alone."""
        weights = self.critic_values(moving=training)
        critic = self._critic(weights, training)
        frozen = self._critic([ops.stop_gradient(value) for value in weights], training)
        start = [ops.copy(each) for each in self.discriminator.non_trainable_variables]
        real, state = critic(self.judged(x, self.real(x)), start)
        fake, after = critic(self.judged(x, ops.stop_gradient(y_pred)), state)
        # from the same state: the same critic, with the same dropout, whose scores are computed once
        scores, _ = frozen(self.judged(x, y_pred), state)
        lost = critic_loss(self.config.loss, real, fake, self.config.label_smoothing)
        gained = self.weight * generator_loss(self.config.loss, scores) + self.extra(x, y_pred)
        self._watch(lost, gained, ops.mean(real), ops.mean(fake))
        if training:
            _assign(self.discriminator.non_trainable_variables, after)
            self._follow()
        return lost + gained

    def critic_values(self, moving: bool = False) -> list[Any]:
        """Give the discriminator's trainable values, spectrally normalised where the settings say so.

        Args:
            moving: make a step of the power iteration, and keep it.
        """
        values = [ops.copy(each) for each in self.discriminator.trainable_variables]
        if not self.config.spectral:
            return values
        directions = iter(self.directions)
        return [
            normalize_kernel(value, next(directions), moving) if is_kernel(value) else value
            for value in values
        ]

    def critic(self) -> Any:
        """Give the discriminator as a model of its own, with the weights that it judges with."""
        if not self.config.spectral:
            return self.discriminator
        copy = keras.models.clone_model(self.discriminator)
        _assign(copy.trainable_variables, self.critic_values())
        _assign(copy.non_trainable_weights, self.discriminator.non_trainable_weights)
        return copy

    @property
    def averaged(self) -> Any:
        """The generator to draw, measure and ship: of averaged weights, where they are averaged."""
        return self.average if self.config.ema else self.generator

    def _critic(self, weights: Sequence[Any], training: bool) -> Callable[[Any, Any], Any]:
        """Make the function (inputs, state) -> (scores, next state) of the critic with some weights."""
        network = self.discriminator
        return lambda inputs, state: network.stateless_call(
            weights, state, inputs, training=training
        )

    def _follow(self) -> None:
        """Move the average a step towards the generator's weights and its moving statistics."""
        if self.config.ema:
            kept = ops.minimum(self.config.ema, self.steps / (self.steps + SLOW))
            for mean, new in zip(self.average.weights, self.generator.weights, strict=True):
                mean.assign(kept * mean + (1 - kept) * new)
        self.steps.assign_add(1.0)

    def _watch(self, *values: Any) -> None:
        """Note both terms and the mean scores of what is real and of what is made."""
        for metric, value in zip(self.watched, values, strict=True):
            metric.update_state(value)


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
