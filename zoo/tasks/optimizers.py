"""Optimizers by name, with warm-up and cosine decay, decoupled weight decay and weight averaging."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from pydantic import NonNegativeFloat

from zoo.config import Config, Fraction

if TYPE_CHECKING:
    import keras

__all__ = [
    "Name",
    "OptimizerConfig",
    "Schedule",
    "average_share",
    "from_config",
    "optimizer",
]

Name = Literal["adam", "adamw", "rmsprop", "sgd"]
Schedule = Literal["constant", "cosine"]

_CLASSES = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "sgd": "SGD"}


class OptimizerConfig(Config):
    """The settings of an optimizer."""

    optimizer: Name = "adam"
    """Optimizer; sgd has Nesterov momentum 0.9."""
    schedule: Schedule = "constant"
    """How the learning rate changes during training; cosine falls to zero."""
    warmup: Fraction = 0.0
    """Share of all steps in which the learning rate rises from zero."""
    weight_decay: NonNegativeFloat = 0.0
    """Decoupled weight decay."""
    ema: Fraction = 0.0
    """Share of the old average that stays when weights are averaged over steps; 0: no average."""
    clip: NonNegativeFloat = 0.0
    """Largest norm of the gradient of all weights together (Pascanu et al. 2013); 0: no limit."""


def from_config(config: OptimizerConfig, steps: int) -> keras.optimizers.Optimizer:
    """Return the optimizer that settings describe, for a training of so many steps."""
    return optimizer(
        config.optimizer,
        config.learning_rate,
        steps=steps,
        schedule=config.schedule,
        warmup=config.warmup,
        weight_decay=config.weight_decay,
        ema=config.ema,
        clip=config.clip,
    )


def optimizer(
    name: Name,
    learning_rate: float,
    *,
    steps: int = 0,
    schedule: Schedule = "constant",
    warmup: float = 0.0,
    weight_decay: float = 0.0,
    ema: float = 0.0,
    clip: float = 0.0,
    betas: tuple[float, float] | None = None,
) -> keras.optimizers.Optimizer:
    """Return an optimizer. Weight decay leaves out biases, scales of normalisation and slopes.

    Args:
        name: adam, adamw, rmsprop or sgd (with Nesterov momentum 0.9).
        learning_rate: the highest learning rate of the schedule.
        steps: the steps of the whole training; the schedule ends there.
        schedule: constant, or half a cosine down to zero (Loshchilov & Hutter 2017).
        warmup: share of the steps in which the learning rate rises from zero, in [0, 1).
        weight_decay: decoupled weight decay (Loshchilov & Hutter 2019).
        ema: share of the old average that stays in each step, as in `average_share`; 0: no average
            (Polyak & Juditsky 1992).
        clip: largest norm of the gradient of all weights together; 0: no limit.
        betas: Adam's beta_1 and beta_2; None: Keras' own.
    """
    extras: dict[str, Any] = {"nesterov": True, "momentum": 0.9} if name == "sgd" else {}
    if weight_decay or name == "adamw":
        extras["weight_decay"] = weight_decay
    if betas:
        extras |= {"beta_1": betas[0], "beta_2": betas[1]}
    if ema:
        extras |= {"use_ema": True, "ema_momentum": ema}
    if clip:
        extras["global_clipnorm"] = clip
    rate = _rate(learning_rate, steps, schedule, warmup)
    result = _optimizer_class(name, averages=ema > 0)(rate, **extras)
    if extras.get("weight_decay"):
        result.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "alpha"])
    return result


def _optimizer_class(name: Name, averages: bool) -> Any:
    """Return the class of Keras, with the zoo's own update and average where they are used."""
    import keras

    kind = getattr(keras.optimizers, _CLASSES[name])
    if name in ("adam", "adamw") and keras.backend.backend() == "tensorflow":
        kind = _with_fused_update(kind)
    return _with_average_share(kind) if averages else kind


def average_share(step: Any, ema: float, offset: int = 1) -> Any:
    """Return the share m of the old average a in step t of a <- m a + (1 - m) w, weights w.

    m = min(ema, (offset + t) / (10 + t)), and 0 in step 0. So the average spans a part of the steps so
    far, until ema spans fewer. A constant m of 0.999 would still hold four fifths of the first weights
    after 200 steps.

    Args:
        step: t, a scalar tensor: 0, 1, ...
        ema: the largest share, in [0, 1).
        offset: 1 as in TensorFlow's ExponentialMovingAverage; 0 forgets the first steps sooner.
    """
    from keras import ops

    step = ops.cast(step, "float32")
    share = ops.minimum(ema, (offset + step) / (10 + step))
    return ops.where(step > 0, share, 0.0)


def _with_fused_update(kind: Any) -> Any:
    """Return a subclass of Adam or AdamW that updates a variable in one operation of TensorFlow.

    Keras makes about ten operations of it, and each of them reads and writes an array as large as the
    variable. The equations are the same; a result may differ in its last bit.
    """
    import keras
    import tensorflow as tf

    def update_step(self: Any, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if self.amsgrad or not isinstance(gradient, tf.Tensor):  # IndexedSlices, of an embedding
            kind.update_step(self, gradient, variable, learning_rate)
            return
        position, dtype = self._get_variable_index(variable), variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[position].value.handle,
            v=self._velocities[position].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )

    def apply_weight_decay(self: Any, variables: Any) -> None:
        if self.weight_decay is None:
            return
        for variable in variables:
            value = variable.value if isinstance(variable, keras.Variable) else variable
            if self._use_weight_decay(value):
                factor = 1 - self.learning_rate * self.weight_decay
                value.assign(value * tf.cast(factor, value.dtype))

    methods = {"update_step": update_step, "_apply_weight_decay": apply_weight_decay}
    return type(kind.__name__, (kind,), methods)


def _with_average_share(kind: Any) -> Any:
    """Return a subclass of an optimizer whose average has the share of `average_share` in each step.

    Keras' own SwapEMAWeights is no replacement: on TensorFlow it swaps weights by adding differences,
    which does not restore them to the bit.
    """

    def share(self: Any) -> Any:
        return average_share(self.iterations, self.largest_share)

    def set_largest_share(self: Any, ema: float) -> None:
        self.largest_share = ema

    return type(kind.__name__, (kind,), {"ema_momentum": property(share, set_largest_share)})


def _rate(peak: float, steps: int, schedule: Schedule, warmup: float) -> Any:
    """Return a learning rate, or a schedule that rises to the peak and falls as described."""
    import keras

    rising = math.floor(warmup * steps)
    if schedule == "cosine":
        falling = max(1, steps - rising)
        if rising:
            return keras.optimizers.schedules.CosineDecay(
                0.0, falling, warmup_target=peak, warmup_steps=rising
            )
        return keras.optimizers.schedules.CosineDecay(peak, falling)
    if rising:
        return keras.optimizers.schedules.PolynomialDecay(0.0, rising, peak)
    return peak
