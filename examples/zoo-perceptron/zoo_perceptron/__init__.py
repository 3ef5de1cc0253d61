"""Perceptron: one template for each class; the class with the highest score is the prediction.

    s = W x + b,   class = argmax_k s_k,   p = softmax(s)

Rosenblatt's rule learns from mistakes only: it adds the input to the true class's template and subtracts it
from the predicted class's. This is a gradient step on the loss max_k s_k - s_y. The other loss is the
cross-entropy -log p_y. F. Rosenblatt, "The perceptron: a probabilistic model for information storage and
organization in the brain", Psychological Review 65 (1958).
"""

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import layers, ops
from pydantic import PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, FromData
from zoo.io import pictures


class Config(zoo.Config):
    """Settings of the perceptron."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Shape of one input; the model flattens it. None: the dataset's."""
    classes: FromData[zoo.ClassNames] = FROM_DATA
    """Names of the classes, or their number. None: the dataset's."""
    loss: Literal["cross-entropy", "perceptron"] = "cross-entropy"
    """Loss to minimise: the cross-entropy, or Rosenblatt's loss of a mistake."""
    learning_rate: PositiveFloat = 0.3


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Return the model: one weight for each pixel and class."""
    inputs = keras.Input(config.input_shape, name="inputs")
    scores = layers.Dense(len(config.classes), name="scores")(layers.Flatten()(inputs))
    return keras.Model(inputs, scores, name="perceptron")


def perceptron_loss(labels: Any, scores: Any) -> Any:
    """Return the highest score minus the true class's score, which is 0 where the prediction is right."""
    true = ops.one_hot(ops.cast(labels, "int32"), scores.shape[-1])
    return ops.max(scores, axis=-1) - ops.sum(true * scores, axis=-1)


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the loss by gradient descent."""
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = cross_entropy if config.loss == "cross-entropy" else perceptron_loss
    model.compile(keras.optimizers.SGD(config.learning_rate), loss, metrics=["accuracy"])
    return model.fit(**data.fit_arguments(config), callbacks=callbacks)


@zoo.hookimpl
def export(model: keras.Model) -> dict[str, keras.Model]:
    """Return one part: inputs -> probabilities."""
    probabilities = layers.Softmax(name="probabilities")(model.output)
    return {"classifier": keras.Model(model.input, probabilities)}


@zoo.hookimpl
def evaluate(model: keras.Model, data: zoo.Dataset) -> dict[str, float]:
    """Return the accuracy on the test split."""
    predictions = model.predict(data.test.inputs, verbose=0).argmax(axis=-1)
    return {"accuracy": float((predictions == data.test.targets).mean())}


@zoo.hookimpl
def preview(model: keras.Model, config: Config) -> dict[str, Any]:
    """Draw the templates: bright pixels raise the score of the class, dark pixels lower it."""
    if len(config.input_shape) != 3 or config.input_shape[-1] not in (1, 3):
        return {}
    weights = ops.convert_to_numpy(model.get_layer("scores").kernel)
    templates = (0.5 + weights / abs(weights).max() / 2).T.reshape(-1, *config.input_shape)
    return {"templates": pictures.plot_images(templates, config.classes, columns=5)}


@zoo.hookimpl
def apply(model: keras.Model, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the class of each of the user's image files and arrays."""
    images = [zoo.read_image(item, config.input_shape, config.resize) for item in items]
    inputs = ops.stack(images)
    probabilities = ops.convert_to_numpy(ops.softmax(model(inputs)))
    return [
        {"class": config.classes[p.argmax()], "probability": float(p.max())} for p in probabilities
    ]
