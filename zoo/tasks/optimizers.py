"""Optimizers by name, with warm-up and cosine decay, decoupled weight decay and weight averaging."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from pydantic import NonNegativeFloat

from zoo.config import Config, Fraction

if TYPE_CHECKING:
    import keras

Name = Literal["adam", "adamw", "rmsprop", "sgd"]
Schedule = Literal["constant", "cosine"]

_CLASSES = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "sgd": "SGD"}


class OptimizerConfig(Config):
    """The settings of how weights are learnt."""

    optimizer: Name = "adam"
    """Rule of the weight updates."""
    schedule: Schedule = "constant"
    """How the learning rate changes over the training."""
    warmup: Fraction = 0.0
    """Share of the steps in which the learning rate rises from zero."""
    weight_decay: NonNegativeFloat = 0.0
    """Decoupled weight decay."""
    ema: Fraction = 0.0
    """Share of the old average kept when weights are averaged over steps; 0 averages nothing."""
    clip: NonNegativeFloat = 0.0
    """Largest norm of the gradient of all weights together; 0 clips nothing (Pascanu et al. 2013)."""


def from_config(config: OptimizerConfig, steps: int) -> keras.optimizers.Optimizer:
    """Make the optimizer that settings describe, for a training of so many steps."""
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
    """Make an optimizer; biases, normalisation and slopes are left out of the weight decay.

    Args:
        name: adam, adamw, rmsprop or sgd (with Nesterov momentum 0.9).
        learning_rate: the highest rate of the schedule.
        steps: of the whole training; the schedule ends there.
        schedule: constant, or half a cosine down to zero (Loshchilov & Hutter 2017).
        warmup: share of the steps in which the rate rises from zero.
        weight_decay: decoupled (Loshchilov & Hutter 2019).
        ema: share of the old average kept in each step, less in the first ones; 0 averages nothing
            (Polyak & Juditsky 1992).
        clip: largest norm of the gradient of all weights together; 0 clips nothing.
        betas: Adam's shares of the old mean and of the old square of gradients; Keras' if not given.
    """
    import keras

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
    kind = getattr(keras.optimizers, _CLASSES[name])
    made = (_averaging(kind) if ema else kind)(rate, **extras)
    if extras.get("weight_decay"):
        made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "alpha"])
    return made


def _averaging(kind: Any) -> Any:
    """Let an optimizer's average a of the weights w forget its start in short trainings too.

    a <- m a + (1 - m) w    with    m = min(ema, (1 + t) / (10 + t))    in step t

    so that it spans a tenth of the steps so far, until that is more than ema spans. A constant m of
    0.999 would still hold four fifths of the first weights after 200 steps.
    """
    from keras import ops

    def share(self: Any) -> Any:
        step = ops.cast(self.iterations, "float32")
        return ops.minimum(self.most, (1 + step) / (10 + step))

    def set_most(self: Any, most: float) -> None:
        self.most = most

    return type(kind.__name__, (kind,), {"ema_momentum": property(share, set_most)})


def _rate(peak: float, steps: int, schedule: Schedule, warmup: float) -> Any:
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
