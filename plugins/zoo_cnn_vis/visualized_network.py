"""The network that is looked into: opened, hashed, and its scores found before the softmax.

It is opened in a thread of its own, where Keras counts layers from 0 and knows no scopes: a run's
layers then have the same names every time, and its weights are read also where the zoo only counts
a model's parameters.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

import zoo
from zoo.interpret import networks

LOGITS, RANDOM = "logits", "random features"


@dataclass(frozen=True)
class Network:
    """A frozen network: never one of the canvas's own layers, so no weights file holds it."""

    model: keras.Model
    digest: str
    scores: str | None
    """The layer that holds the classes' scores before the softmax, where there is one."""

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of one input: sizes, which may be free, and channels."""
        return tuple(self.model.input_shape[1:])


def opened(name: str | None) -> Network:
    """Open a network by name.

    Raises:
        SettingError: it is not there, or has not one input.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_opened, name).result()


def _opened(name: str | None) -> Network:
    model = random_features() if name is None else networks.open_network(name)
    if len(model.inputs) != 1 or not 2 <= len(model.input_shape) - 1 <= 4:
        raise zoo.SettingError(
            f"network={name} does not look at one image, series or volume. "
            f"Its inputs: {model.input_shape}"
        )
    whole, scores = with_scores(model)
    return Network(whole, networks.weights_digest(whole), scores)


def checked(name: str | None, digest: str | None) -> Network:
    """Open the network that a run was made with.

    Raises:
        SettingError: its weights are no longer those.
    """
    found = opened(name)
    if digest not in (None, found.digest):
        raise zoo.SettingError(
            f"network={name} has changed since this run began: its weights' sha256 was {digest[:12]} "
            f"and is {found.digest[:12]}. Put the old network back, or train this run anew."
        )
    return found


def with_scores(model: keras.Model) -> tuple[keras.Model, str | None]:
    """Find the layer with the scores of the classes; a Dense with a softmax inside is parted in two."""
    last, softmax = model.layers[-1], keras.activations.softmax
    if any(layer.name == LOGITS for layer in model.layers):
        return model, LOGITS
    if isinstance(last, layers.Dense) and last.activation is softmax:
        linear = layers.Dense(last.units, use_bias=last.use_bias, name=LOGITS)
        before = last.input._keras_history.operation.name
        cut = networks.truncate(model, [before])
        probabilities = layers.Softmax(name=last.name)(linear(cut.output[before]))
        linear.set_weights(last.get_weights())
        whole = keras.Model(cut.inputs[0], probabilities, name=model.name)
        whole.trainable = False
        return whole, LOGITS
    if isinstance(last, layers.Softmax) or getattr(last, "activation", None) is softmax:
        return model, last.input._keras_history.operation.name
    return model, None


def random_features() -> keras.Model:
    """Make a small network of fixed random weights, the same on every backend.

    Its features are random ones: what is seen in it is what the architecture brings along, untaught.
    """
    chance = np.random.default_rng(0)
    inputs = x = keras.Input((24, 24, 3), name="pixels")
    for at, filters in enumerate((8, 12, 16)):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv_{at}")(x)
        x = layers.AveragePooling2D(2, name=f"pool_{at}")(x)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dense(10, name=LOGITS)(x)
    model = keras.Model(inputs, layers.Softmax(name="probabilities")(x), name="random_features")
    for layer in model.layers:
        if layer.weights:
            kernel, bias = (weight.shape for weight in layer.weights)
            spread = np.sqrt(2 / np.prod(kernel[:-1]))
            layer.set_weights([spread * chance.normal(size=kernel), np.zeros(bias)])
    model.trainable = False
    return model
