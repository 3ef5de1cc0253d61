"""Rules: how the gradient g of what is looked at becomes a step.

    rmsprop      v <- d v + (1 - d) g^2,  step g / sqrt(v + 1e-8): cnn-vis, region by region
    adam         Kingma & Ba, arXiv:1412.6980
    normalised   g / std(g), each image's own: Mordvintsev et al. 2015
    sign         sign(g): Goodfellow et al., arXiv:1412.6572

A step looks at some windows of an image. A weight that has no gradient in it was not looked at, so it
stays, and so does what the rule remembers of it; its count of steps is its own too. Where windows
overlap, the rate is divided by their number there.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

MEAN, SQUARE, EPSILON = 0.9, 0.999, 1e-8


class Rule(keras.optimizers.Optimizer):
    """Move the weights that were looked at.

    Args:
        rate: the size of a step, or a schedule of it.
        shares: gives what each weight's rate is multiplied by, or None.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, rate: Any, shares: Callable[[], Any]) -> None:
        super().__init__(learning_rate=rate, name=type(self).__name__.lower())
        self.shares = shares
        self.kept: dict[str, list[Any]] = {}

    def build(self, variables: list[Any]) -> None:
        """Make room for what is remembered."""
        if self.built:
            return
        super().build(variables)
        for slot in self.slots:
            self.kept[slot] = [self.add_variable_from_reference(each, slot) for each in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take a step wherever there is a gradient."""
        looked = ops.not_equal(gradient, 0)
        rate = ops.cast(learning_rate, variable.dtype)
        shares = self.shares()
        if shares is not None:
            rate = rate * shares
        at = self._get_variable_index(variable)
        slots = {name: variables[at] for name, variables in self.kept.items()}
        step = self.step(gradient, slots, looked)
        self.assign_sub(variable, rate * ops.where(looked, step, 0.0))

    def remembered(self, slot: Any, value: Any, looked: Any) -> Any:
        """Put a new value into memory wherever there was a gradient."""
        self.assign(slot, ops.where(looked, value, ops.convert_to_tensor(slot)))
        return value

    def step(self, gradient: Any, slots: dict[str, Any], looked: Any) -> Any:
        """Compute the step, before the rate."""
        raise NotImplementedError


class RMSprop(Rule):
    """Divide by the root of the mean of squares, which begins at 0."""

    slots = ("square",)
    decay = 0.95

    def step(self, gradient: Any, slots: dict[str, Any], looked: Any) -> Any:
        """Compute the step, before the rate."""
        mean = self.decay * slots["square"] + (1 - self.decay) * ops.square(gradient)
        return gradient / ops.sqrt(self.remembered(slots["square"], mean, looked) + EPSILON)


class Adam(Rule):
    """Divide the mean by the root of the mean of squares, both of them as if begun long ago."""

    slots = ("mean", "square", "count")

    def step(self, gradient: Any, slots: dict[str, Any], looked: Any) -> Any:
        """Compute the step, before the rate."""
        mean = MEAN * slots["mean"] + (1 - MEAN) * gradient
        square = SQUARE * slots["square"] + (1 - SQUARE) * ops.square(gradient)
        count = slots["count"] + 1
        for name, value in (("mean", mean), ("square", square), ("count", count)):
            self.remembered(slots[name], value, looked)
        unbiased = ops.sqrt(square / (1 - ops.power(SQUARE, count)))
        return mean / (1 - ops.power(MEAN, count)) / (unbiased + EPSILON)


class Normalised(Rule):
    """Divide by the deviation of each image's gradient."""

    def step(self, gradient: Any, slots: dict[str, Any], looked: Any) -> Any:
        """Compute the step, before the rate."""
        axes = tuple(range(1, len(gradient.shape)))
        count = ops.maximum(ops.sum(ops.cast(looked, gradient.dtype), axes, keepdims=True), 1.0)
        spread = ops.sqrt(ops.sum(ops.square(gradient), axes, keepdims=True) / count)
        return gradient / (spread + EPSILON)


class Sign(Rule):
    """Take the sign."""

    def step(self, gradient: Any, slots: dict[str, Any], looked: Any) -> Any:
        """Compute the step, before the rate."""
        return ops.sign(gradient)


RULES = {"adam": Adam, "rmsprop": RMSprop, "normalised": Normalised, "sign": Sign}


def made(config: Any, shares: Callable[[], Any]) -> Rule:
    """Make the rule that the settings describe."""
    rate: Any = config.learning_rate
    if config.learning_rate_decay_fraction < 1:
        rate = keras.optimizers.schedules.ExponentialDecay(
            rate,
            config.learning_rate_decay_iter,
            config.learning_rate_decay_fraction,
            staircase=True,
        )
    rule = RULES[config.rule](rate, shares)
    rule.decay = config.decay_rate
    return rule
