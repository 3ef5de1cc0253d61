"""Novelty detector: a refiner learns what is normal, against a discriminator, and the rest is novel.

    y = R(x + sigma e), e ~ N(0, 1) anew in each step;   D tells x from y
    R lowers  L_G(D(y)) + w d(x, y),   d the cross-entropy of images, (x - y)^2 of series

on one class alone. R restores what it has learnt and spoils what it has not, so that x and R(x), their
codes and D's opinion of both make a score (`scoring`), whose threshold is fixed on normal examples that
were held out. M. Sabokrou et al., "Adversarially learned one-class classifier for novelty
detection", arXiv:1802.09088 (ALOCC); losses, rates and averages are those of `zoo.tasks.gan`. Stopping
is by the rule of `model`, the measures are those of `measuring`.
"""

from typing import Any

import keras
from keras import layers

import zoo
from zoo.tasks import gan_optimizer, normalization

from . import metrics, novelty_score, plots, predict
from .config import Config, check
from .model import EXIT, Keeper, NoveltyGAN
from .normal_class import normal_only, parts


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> NoveltyGAN:
    """Set refiner and discriminator against each other.

    Raises:
        SettingError: the networks do not suit the examples, or settings do not go together.
    """
    check(config)
    return NoveltyGAN(config)


@zoo.hookimpl
def train(model: NoveltyGAN, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Train on the normal class alone, keep the best epoch, and learn what its scores are like.

    Raises:
        SettingError: the normal class is none of the data's.
        DataError: it has fewer than two examples.
    """
    data = normal_only(data, config)
    feed = data.fit_arguments(config, entrance(model, config, data))
    model.compile(gan_optimizer.from_config(model, feed["steps_per_epoch"] * config.epochs))
    # the best epoch before the core's callbacks, so that the checkpoint holds it
    history = model.fit(**feed, callbacks=[Keeper(), *callbacks])
    for each in model.standing:
        each.restore()
    novelty_score.learn(model, *parts(data, config))
    return history


def entrance(model: NoveltyGAN, config: Config, data: zoo.Dataset) -> Any:
    """Make the function from a batch to what the networks see: series are standardised."""
    if not config.standardises:
        return lambda x, y: x
    normalization.adapt(model, data.train, normalization.NAME, EXIT)
    mean, spread = normalization.mean_and_std(data.train)
    return lambda x, y: (x - mean) / spread


@zoo.hookimpl
def export(model: NoveltyGAN, config: Config) -> dict[str, keras.Model]:
    """Ship the averaged refiner, the discriminator, and the network from an example to its score."""
    return {
        "refiner": predict.refining(model),
        "discriminator": judging(model, config),
        "scorer": novelty_score.scorer(model),
    }


def judging(model: NoveltyGAN, config: Config) -> keras.Model:
    """Give the discriminator with a probability at its end, or a score where the loss knows none."""
    inputs = keras.Input(config.input_shape, name="inputs")
    score = model.normalized_discriminator()(novelty_score.entered(inputs, model))
    if config.loss == "non-saturating":
        real = layers.Activation("sigmoid", name="probability")(score)
    else:
        real = layers.Activation("linear", name="score")(score)
    return keras.Model(inputs, real, name="discriminator")


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
apply = zoo.hookimpl(predict.apply)
