"""Perceptron: one template for each class; the template that fits the input best wins.

    s = W x + b,   class = argmax_k s_k,   p = softmax(s)

Rosenblatt's rule learns from mistakes alone: it adds the input to the true class's template and
takes it away from the winner's, which is a step down the cost max_k s_k - s_y. The softmax rule
steps down the cross-entropy -log p_y. F. Rosenblatt, "The perceptron: a probabilistic model for
information storage and organization in the brain", Psychological Review 65 (1958).
"""

from typing import Any, Literal

import keras
from keras import layers, ops
from pydantic import PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, ClassNames, FromData
from zoo.data import images
from zoo.io import pictures


class Config(zoo.Config):
    """Settings of the perceptron."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Shape of one input; flattened inside. None: the dataset's."""
    classes: FromData[ClassNames] = FROM_DATA
    """Names of the classes, or their number. None: the dataset's."""
    rule: Literal["softmax", "perceptron"] = "softmax"
    """What each step goes down: the cross-entropy, or Rosenblatt's cost of a mistake."""
    learning_rate: PositiveFloat = 0.3


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Weigh every pixel once for each class."""
    inputs = keras.Input(config.input_shape, name="inputs")
    scores = layers.Dense(len(config.classes), name="scores")(layers.Flatten()(inputs))
    return keras.Model(inputs, scores, name="perceptron")


def mistake(labels: Any, scores: Any) -> Any:
    """Say by how much the winner's score beats the true class's: 0 where they are the same."""
    true = ops.one_hot(ops.cast(labels, "int32"), scores.shape[-1])
    return ops.max(scores, axis=-1) - ops.sum(true * scores, axis=-1)


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list) -> Any:
    """Go down the chosen cost, a batch at a time."""
    softmax = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    cost = softmax if config.rule == "softmax" else mistake
    model.compile(keras.optimizers.SGD(config.learning_rate), cost, metrics=["accuracy"])
    return model.fit(**data.fit_arguments(config), callbacks=callbacks)


@zoo.hookimpl
def export(model: keras.Model) -> dict[str, keras.Model]:
    """Ship one part: inputs -> probabilities."""
    probabilities = layers.Softmax(name="probabilities")(model.output)
    return {"classifier": keras.Model(model.input, probabilities)}


@zoo.hookimpl
def evaluate(model: keras.Model, data: zoo.Dataset) -> dict[str, float]:
    """Measure the share of test examples whose own template wins."""
    winners = model.predict(data.test.inputs, verbose=0).argmax(axis=-1)
    return {"accuracy": (winners == data.test.targets).mean()}


@zoo.hookimpl
def preview(model: keras.Model, config: Config) -> dict[str, Any]:
    """Draw the templates of an image classifier: bright pixels speak for the class, dark ones against."""
    if len(config.input_shape) != 3 or config.input_shape[-1] not in (1, 3):
        return {}
    weights = ops.convert_to_numpy(model.get_layer("scores").kernel)
    templates = (0.5 + weights / abs(weights).max() / 2).T.reshape(-1, *config.input_shape)
    return {"templates": pictures.captioned_grid(templates, config.classes, columns=5)}


@zoo.hookimpl
def apply(model: keras.Model, config: Config, items: list) -> list[dict[str, Any]]:
    """Classify the user's image files and arrays."""
    inputs = ops.stack([images.read_image(item, config.input_shape) for item in items])
    probabilities = ops.convert_to_numpy(ops.softmax(model(inputs)))
    return [
        {"class": config.classes[p.argmax()], "probability": float(p.max())} for p in probabilities
    ]
