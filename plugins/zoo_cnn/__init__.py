"""Convolutional network for series, images and volumes, from inputs to class probabilities.

A block is n times (convolution, normalisation, ReLU), then pooling by 2 and dropout; `residual` adds the
block's input to the output of its convolutions. The number of spatial axes, 1 to 3, follows from the input's
shape. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86 (1998); blocks
of 3 x 3 convolutions after Simonyan & Zisserman, "Very deep convolutional networks for large-scale image
recognition", arXiv:1409.1556; residual blocks after He et al., "Deep residual learning for image
recognition", arXiv:1512.03385. `pre_activation` makes a wide residual network of it: stages of several blocks
of n times (normalisation, ReLU, convolution), and halving only between stages; He et al., "Identity mappings
in deep residual networks", arXiv:1603.05027; Zagoruyko & Komodakis, "Wide residual networks",
arXiv:1605.07146.
"""

from typing import Any

import keras

import zoo
from zoo.data import augmentation
from zoo.inference import predictions
from zoo.tasks import classification, normalization

from .config import Config, check_size
from .network import build_network, dtype_policy


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Return the model, from the inputs to class probabilities."""
    check_size(config)
    augmentation.check_augmentation(config, config.input_shape)
    with dtype_policy(config.precision):
        return build_network(config)


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the cross-entropy of augmented examples."""
    augment = augmentation.augmentation(config, config.input_shape)
    with dtype_policy(config.precision):
        return classification.train(model, config, data, callbacks, augment)


@zoo.hookimpl
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Return the classifier in float32, also if the training had another precision."""
    if config.precision == "float32":
        return classification.export(model)
    whole = build(config.replace(precision="float32"))
    return classification.export(normalization.with_weights(whole, model.get_weights()))


evaluate = zoo.hookimpl(classification.evaluate_parts)
preview = zoo.hookimpl(classification.preview)
apply = zoo.hookimpl(predictions.apply)
