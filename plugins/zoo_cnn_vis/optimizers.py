"""Optimizers of images: how the gradient g becomes a step.

    rmsprop      v <- d v + (1 - d) g^2,  step g / sqrt(v + 1e-8): cnn-vis, window by window
    adam         Kingma & Ba, arXiv:1412.6980
    normalized   g / rms(g) of each image: after Mordvintsev et al. 2015
    sign         sign(g): Goodfellow et al., arXiv:1412.6572

A step looks at some windows of an image. A weight outside of them has the gradient 0: it stays as it is,
and so do its slots. Each weight counts its own steps. Where windows overlap, the learning rate is divided
by the number of windows. Keras' own optimizers move every weight in every step.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from zoo.interpret.activation_maximization import adam_step

from .config import Config

EPSILON = 1e-8  # added to what divides a gradient


class ImageOptimizer(keras.optimizers.Optimizer):
    """Move the weights that have a gradient.

    Args:
        learning_rate: the size of a step, or a schedule of it.
        rate_scales: returns the factors of the learning rate of each weight, or None.
        decay: the share of the old mean of squared gradients that rmsprop keeps.
    """

    slots: tuple[str, ...] = ()

    def __init__(
        self, learning_rate: Any, rate_scales: Callable[[], Any], decay: float = 0.95
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=type(self).__name__.lower())
        self.rate_scales, self.decay = rate_scales, decay
        self.slot_variables: dict[str, list[Any]] = {}

    def build(self, variables: list[Any]) -> None:
        """Create the slots of all variables."""
        if self.built:
            return
        super().build(variables)
        for slot in self.slots:
            self.slot_variables[slot] = [
                self.add_variable_from_reference(each, slot) for each in variables
            ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move a variable wherever it has a gradient."""
        mask = ops.not_equal(gradient, 0)
        rate = ops.cast(learning_rate, variable.dtype)
        scales = self.rate_scales()
        if scales is not None:
            rate = rate * scales
        position = self._get_variable_index(variable)
        slots = {name: variables[position] for name, variables in self.slot_variables.items()}
        step = self.compute_step(gradient, slots, mask)
        self.assign_sub(variable, rate * ops.where(mask, step, 0.0))

    def compute_step(self, gradient: Any, slots: dict[str, Any], mask: Any) -> Any:
        """Return the step before it is multiplied by the rate, and update the slots.

        Args:
            gradient: the gradient of a variable.
            slots: the variable's slots, by name.
            mask: where the gradient is not 0.
        """
        raise NotImplementedError

    def update_slot(self, slot: Any, value: Any, mask: Any) -> Any:
        """Assign a new value to a slot wherever the mask is true; return the value.

        Args:
            slot: the variable.
            value: the new value, of the same shape.
            mask: where to assign it.
        """
        self.assign(slot, ops.where(mask, value, ops.convert_to_tensor(slot)))
        return value

    def reset_slots(self) -> None:
        """Set all slots to 0; the count of steps, which the schedule of the rate reads, stays."""
        for slots in self.slot_variables.values():
            for slot in slots:
                slot.assign(ops.zeros(slot.shape, slot.dtype))


class RMSprop(ImageOptimizer):
    """Divide by the root of the mean of squares, which begins at 0."""

    slots = ("square",)

    def compute_step(self, gradient: Any, slots: dict[str, Any], mask: Any) -> Any:
        """Return the step before it is multiplied by the rate, and update the slots."""
        mean = self.decay * slots["square"] + (1 - self.decay) * ops.square(gradient)
        return gradient / ops.sqrt(self.update_slot(slots["square"], mean, mask) + EPSILON)


class Adam(ImageOptimizer):
    """Divide the mean by the root of the mean of squares, both corrected for their start at 0."""

    slots = ("mean", "square", "count")

    def compute_step(self, gradient: Any, slots: dict[str, Any], mask: Any) -> Any:
        """Return the step before it is multiplied by the rate, and update the slots."""
        count = slots["count"] + 1
        step, mean, square = adam_step(gradient, slots["mean"], slots["square"], count)
        for name, value in (("mean", mean), ("square", square), ("count", count)):
            self.update_slot(slots[name], value, mask)
        return step


class Normalised(ImageOptimizer):
    """Divide by the root mean square of each image's gradient."""

    def compute_step(self, gradient: Any, slots: dict[str, Any], mask: Any) -> Any:
        """Return the step before it is multiplied by the rate."""
        axes = tuple(range(1, len(gradient.shape)))
        count = ops.maximum(ops.sum(ops.cast(mask, gradient.dtype), axes, keepdims=True), 1.0)
        rms = ops.sqrt(ops.sum(ops.square(gradient), axes, keepdims=True) / count)
        return gradient / (rms + EPSILON)


class Sign(ImageOptimizer):
    """Take the sign."""

    def compute_step(self, gradient: Any, slots: dict[str, Any], mask: Any) -> Any:
        """Return the step before it is multiplied by the rate."""
        return ops.sign(gradient)


OPTIMIZERS: dict[str, type[ImageOptimizer]] = {
    "adam": Adam,
    "rmsprop": RMSprop,
    "normalized": Normalised,
    "sign": Sign,
}


def create_optimizer(config: Config, rate_scales: Callable[[], Any]) -> ImageOptimizer:
    """Return the optimizer of the settings.

    Args:
        config: the settings.
        rate_scales: returns the factors of the learning rate of each weight, or None.
    """
    rate: Any = config.learning_rate
    if config.learning_rate_decay_fraction < 1:
        rate = keras.optimizers.schedules.ExponentialDecay(
            rate,
            config.learning_rate_decay_iter,
            config.learning_rate_decay_fraction,
            staircase=True,
        )
    return OPTIMIZERS[config.optimizer](rate, rate_scales, config.decay_rate)
