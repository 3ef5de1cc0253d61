"""The network to visualise: opened by name, hashed, and with the layer of its class scores found.

It is opened in a thread of its own, in which Keras numbers layers from 0 and knows no name scopes. So the
layers of a run have the same names every time, and the weights are read even where the zoo builds the
model only to count its parameters.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

import zoo
from zoo.data.arrays import Array
from zoo.interpret import classifier, networks
from zoo.interpret.inputs import response
from zoo.interpret.inputs.pixel_values import PixelValues

LOGITS = "logits"
CHUNK = 2**18  # pixels, or time steps of series, that go through a network at once, or one image


@dataclass(frozen=True)
class Network:
    """A frozen network.

    Args:
        model: a flat Functional model of one input.
        digest: the sha256 of its weights.
        scores: the layer with the scores of the classes before the softmax, or None.
    """

    model: keras.Model
    digest: str
    scores: str | None

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of one input: sizes, where None is any size, and channels."""
        return tuple(self.model.input_shape[1:])

    @property
    def channels(self) -> int:
        """The number of channels of one input."""
        return int(self.model.input_shape[-1])

    def features(self, names: Sequence[str], size: tuple[int, ...]) -> keras.Model:
        """Return the network, cut at some layers, for inputs of a size.

        Raises:
            SettingError: a layer has no output for inputs of that size.
        """
        *own, channels = self.shape
        shape = None if size == tuple(own) else (*size, channels)
        return networks.truncate(self.model, names, shape)

    def class_scores(self, images: Array) -> Array:
        """Return the scores of the classes before the softmax, shape (n, classes).

        Raises:
            SettingError: the network has no such scores.
        """
        if self.scores is None:
            raise zoo.SettingError(f"{self.model.name} does not end in a softmax over classes.")
        cut = networks.truncate(self.model, [self.scores])
        return batched_features(cut, images)[self.scores]


@dataclass(frozen=True)
class Visualized:
    """The frozen network of a canvas, and its features at the layers of the objective.

    Keras tracks the layers and variables that are attributes of a model or stand in its lists and
    dicts. This is a plain object, into which Keras does not look. So the network's weights are none
    of the canvas's: no checkpoint, weights file or optimizer holds them.
    """

    network: Network
    features: keras.Model


def open_network(name: str | None, pixels: PixelValues | None = None) -> Network:
    """Open a network by name; None is the network of random features.

    Args:
        name: of the network.
        pixels: those that a .keras or .h5 file wants; None where its first layers may tell.

    Raises:
        SettingError: there is no such network, or it does not have one input of a suitable shape.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_open_network, name, pixels).result()


def _open_network(name: str | None, pixels: PixelValues | None) -> Network:
    model = random_features() if name is None else networks.open_network(name, pixels=pixels)
    if len(model.inputs) != 1 or not 2 <= len(model.input_shape) - 1 <= 4:
        raise zoo.SettingError(
            f"network={name} must have one input: an image, a series or a volume. "
            f"Received: {model.input_shape}"
        )
    model, scores = with_scores(model)
    return Network(model, networks.weights_digest(model), scores)


def open_unchanged_network(
    name: str | None, digest: str | None, pixels: PixelValues | None = None
) -> Network:
    """Open a network, and check that it has the weights that a run began with.

    Args:
        name: of the network.
        digest: the sha256 of the weights; None accepts any.
        pixels: those that a .keras or .h5 file wants; None where its first layers may tell.

    Raises:
        SettingError: the weights are others, or the network cannot be opened.
    """
    network = open_network(name, pixels)
    if digest not in (None, network.digest):
        raise zoo.SettingError(
            f"network={name} has changed since this run began: the sha256 of its weights was "
            f"{digest[:12]} and is {network.digest[:12]}. Restore the old network, or train again."
        )
    return network


def warn_if_unresponsive(name: str, network: Network) -> None:
    """Warn where the last layer of a network returns nearly the same for all images."""
    last = networks.truncate(network.model, [networks.layers_of(network.model)[-1].name])
    response.warn_if_unresponsive(name, response.probe_outputs(last))


def batched_features(model: keras.Model, images: Array) -> dict[str, Array]:
    """Return the outputs of a model by layer for many images, computed a chunk at a time."""
    size = max(1, CHUNK // math.prod(images.shape[1:-1]))
    chunks = [images[start : start + size] for start in range(0, len(images), size)]
    outputs = [model(ops.convert_to_tensor(chunk), training=False) for chunk in chunks]
    return {
        name: np.concatenate([ops.convert_to_numpy(each[name]) for each in outputs])
        for name in outputs[0]
    }


def with_scores(model: keras.Model) -> tuple[keras.Model, str | None]:
    """Find the layer with the scores of the classes.

    Returns:
        The model, in which a last layer with a softmax inside is split into two layers, and the name of
        the layer with the scores; None if the model does not end in a softmax over classes.
    """
    if any(layer.name == LOGITS for layer in model.layers):
        return model, LOGITS
    scores, activation = classifier.remove_activation(model.outputs[0], LOGITS)
    if activation != "softmax" or len(scores.shape) != 2:
        return model, None
    name = scores._keras_history.operation.name
    if name != LOGITS:
        return model, name
    probabilities = layers.Softmax(name=model.layers[-1].name)(scores)
    whole = keras.Model(model.inputs[0], probabilities, name=model.name)
    whole.trainable = False
    return whole, LOGITS


def random_features() -> keras.Model:
    """Return a small network of fixed random weights, the same on every backend.

    It shows what the architecture alone brings about, without training.
    """
    generator = np.random.default_rng(0)
    inputs = x = keras.Input((24, 24, 3), name="pixels")
    for number, filters in enumerate((8, 12, 16)):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv_{number}")(x)
        x = layers.AveragePooling2D(2, name=f"pool_{number}")(x)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dense(10, name=LOGITS)(x)
    model = keras.Model(inputs, layers.Softmax(name="probabilities")(x), name="random_features")
    for layer in model.layers:
        if layer.weights:
            kernel, bias = (weight.shape for weight in layer.weights)
            deviation = np.sqrt(2 / np.prod(kernel[:-1]))
            layer.set_weights([deviation * generator.normal(size=kernel), np.zeros(bias)])
    model.trainable = False
    return model
