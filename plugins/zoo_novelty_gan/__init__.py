"""Novelty detector: a refiner learns to restore normal examples against a discriminator.

    y = R(x + sigma e),   e ~ N(0, 1) in each step;   D tells x from y
    R minimises  L_G(D(y)) + w d(x, y),   d the cross-entropy of images, (x - y)^2 of series

on examples of one class only. R restores what it has learned and distorts the rest. So x and R(x), their
codes and the scores of D make a novelty score (`novelty_score`), whose threshold is set with normal
examples that were held out. M. Sabokrou et al., "Adversarially learned one-class classifier for novelty
detection", arXiv:1802.09088 (ALOCC); losses, learning rates and averages are those of `zoo.tasks.gan`. The
weights of the best epoch are kept (`best_weights`).
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

import zoo
from zoo.tasks import gan_optimizer, normalization

from . import density, metrics, novelty_score, plots, predict
from .best_weights import BestWeightsWriter
from .config import Config, check
from .model import OUTPUT_LAYER, NoveltyGAN
from .normal_class import select_normal, split_normal


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> NoveltyGAN:
    """Return the untrained detector.

    Raises:
        SettingError: the networks do not fit the examples, or settings do not go together.
    """
    check(config)
    return NoveltyGAN(config)


@zoo.hookimpl
def train(model: NoveltyGAN, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Train on the normal class, restore the best epoch, and fit the novelty score.

    Raises:
        UnknownName: the data has no such normal class.
        SettingError: the data has no classes, and a normal class is set.
        DataError: the normal class has fewer than two training examples, or fewer than components.
    """
    data = select_normal(data, config)
    density.check_count(len(split_normal(data, config)[0]), config.components)
    arguments = data.fit_arguments(config, batch_function(model, config, data))
    steps = arguments["steps_per_epoch"] * config.epochs
    model.compile(gan_optimizer.from_config(model, steps))
    # the best weights before the core's callbacks, so that the checkpoint holds them
    history = model.fit(**arguments, callbacks=[BestWeightsWriter(), *callbacks])
    for best in model.best_weights:
        best.restore()
    novelty_score.fit_score(model, *split_normal(data, config))
    return history


def batch_function(
    model: NoveltyGAN, config: Config, data: zoo.Dataset
) -> Callable[[Any, Any], Any]:
    """Return the function from inputs and targets to the batch; it standardises series.

    The model's layers of standardisation get the same mean and standard deviation.

    Args:
        model: the detector.
        config: its settings.
        data: its training examples are normal.
    """
    if not config.standardises:
        return lambda x, y: x
    normalization.adapt(model, data.train, normalization.NAME, OUTPUT_LAYER)
    mean, deviation = normalization.mean_and_std(data.train)
    return lambda x, y: (x - mean) / deviation


@zoo.hookimpl
def export(model: NoveltyGAN, config: Config) -> dict[str, keras.Model]:
    """Return the averaged refiner, the discriminator, and the network from an example to its score."""
    return {
        "refiner": predict.refiner_in_units(model),
        "discriminator": discriminator_in_units(model, config),
        "scorer": novelty_score.scorer(model),
    }


def discriminator_in_units(model: NoveltyGAN, config: Config) -> keras.Model:
    """Return the discriminator of examples in the data's unit.

    It ends in a probability, or in a score where the loss has no probabilities.
    """
    inputs = keras.Input(config.input_shape, name="inputs")
    score = model.normalized_discriminator()(model.standardise(inputs))
    if config.loss == "non-saturating":
        output = layers.Activation("sigmoid", name="probability")(score)
    else:
        output = layers.Activation("linear", name="score")(score)
    return keras.Model(inputs, output, name="discriminator")


evaluate = zoo.hookimpl(metrics.evaluate)
preview = zoo.hookimpl(plots.preview)
apply = zoo.hookimpl(predict.apply)
