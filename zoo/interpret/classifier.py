"""Classifiers to look into: a network's logits, whether its classes exclude each other, and their names.

    logits a of shape (n, k);   p = softmax(a), or each p_c = sigmoid(a_c) where several classes may be true

Most classifiers return probabilities, and the gradient of a probability vanishes where the network is sure.
So the last activation is removed. One sigmoid that tells two classes apart is the softmax of two logits,
a_0 = -z/2 and a_1 = z/2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array, is_picture
from zoo.data.class_names import class_index
from zoo.errors import SettingError, UnknownName
from zoo.exporters.locations import Location
from zoo.exporters.sources import Source, open_source
from zoo.interpret.inputs.pixel_values import PixelValues
from zoo.interpret.inputs.response import probe_images, warn_if_unresponsive
from zoo.interpret.networks import open_network
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

    from zoo.config import Resize

__all__ = ["Classifier", "open_classifier", "remove_activation"]

IMAGENET = 1000  # classes of the networks that Keras offers


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network from inputs to logits.

    Args:
        name: the network's name, for messages.
        logits: a model of one input whose output has the shape (batch, classes).
        exclusive: whether one class excludes the others (softmax), or several may be true (sigmoid).
        classes: the name of each class.
        resize: how images of another size are brought to the network's: pad, stretch or crop.
        data: the name of the data set that a run is trained on; None where it is unknown.
    """

    name: str
    logits: keras.Model
    exclusive: bool
    classes: tuple[str, ...]
    resize: Resize = "crop"
    data: str | None = None

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of one input; None is any size."""
        return tuple(self.logits.input.shape[1:])

    def probabilities(self, logits: Any) -> Array:
        """Return the probability of each class, of the logits' shape."""
        from keras import ops

        activation = ops.softmax if self.exclusive else ops.sigmoid
        return np.asarray(activation(ops.cast(logits, "float32")))

    def class_index(self, name: str | int) -> int:
        """Return the index of a class.

        Args:
            name: the class' name; or its number, if no class has that name.

        Raises:
            UnknownName: there is no such class.
        """
        return class_index(name, self.classes)


def open_classifier(
    network: str | Path | Run | keras.Model | Location,
    output: str | None = None,
    pixels: PixelValues | None = None,
) -> Classifier:
    """Open a classifier without its last activation.

    Args:
        network: a run with a classifier among its parts, a part of a run, a .keras or .h5 file, a network of
            keras.applications, or a model.
        output: the name of the output that has the classes, if the network has several outputs.
        pixels: those that a network from elsewhere wants; None where its first layers may tell.

    Raises:
        UnknownName: nothing has this name, or the network has no such output.
        SettingError: it is no classifier, or it has several inputs.

    Example:
        >>> open_classifier("cnn.mnist").classes[0]
        '0'
    """
    source = _classifier_source(open_source(network, example="cnn.mnist"))
    model = open_network(source, pixels=pixels)
    if len(model.inputs) != 1:
        names = ", ".join(tensor.name for tensor in model.inputs)
        raise SettingError(
            f"{source.name} takes {len(model.inputs)} inputs ({names}). Expected: one."
        )
    logits, exclusive = _logits(source.name, model, _output(source.name, model, output))
    count = int(logits.output.shape[-1])
    classes = _class_names(source, count) or tuple(map(str, range(count)))
    resize = "crop" if source.recipe is None else source.recipe.config.resize
    data = None if source.run is None else source.run.record["dataset"].get("source")
    classifier = Classifier(source.name, logits, exclusive, classes, resize, data)
    if source.kind in ("file", "model") and is_picture(classifier.shape):
        scores = classifier.logits(probe_images(classifier.shape))
        warn_if_unresponsive(source.name, {"the result": classifier.probabilities(scores)})
    return classifier


def _classifier_source(source: Source) -> Source:
    """Return a source whose network is a classifier: the part of that name, if a plug-in built it.

    Raises:
        SettingError: it has no such part.
    """
    if source.recipe is None or source.part is not None:
        return source
    if getattr(source.recipe.config, "task", "") == "regression":
        raise SettingError(f"{source.name} has no classifier: it predicts numbers.")
    parts = source.parts()
    if "classifier" not in parts:
        raise SettingError(
            f"{source.name} has no classifier. Its parts: {', '.join(parts)}. Expected: for example, a "
            "run of cnn or mlp."
        )
    return replace(source, part="classifier")


def _logits(name: str, network: keras.Model, output: Any) -> tuple[keras.Model, bool]:
    """Return the network up to its logits, and whether one class excludes the others.

    Raises:
        SettingError: the output is not that of a classifier.
    """
    import keras

    tensor, activation = remove_activation(output)
    if len(tensor.shape) != 2 or activation not in ("softmax", "sigmoid", "linear"):
        raise SettingError(
            f"{name} is no classifier: it ends in {activation} of shape {tuple(output.shape)}. "
            "Expected: (batch, classes), with softmax, with sigmoid, or as logits."
        )
    if tensor.shape[-1] > 1:
        return keras.Model(network.inputs[0], tensor), activation != "sigmoid"
    if activation != "sigmoid":
        raise SettingError(
            f"{name} is no classifier: it returns a single number with {activation}."
        )
    halves = keras.layers.Dense(2, use_bias=False, trainable=False)
    both = keras.Model(network.inputs[0], halves(tensor))
    halves.set_weights([np.array([[-0.5, 0.5]])])
    return both, True


def remove_activation(output: Any, name: str | None = None) -> tuple[Any, str]:
    """Return the tensor before the last activation of a network, and the activation's name.

    A layer such as Dense(10, activation="softmax") is rebuilt without its activation, with equal
    weights of its own that are frozen; a Softmax, Activation or Identity layer is left out.

    Args:
        output: an output tensor of a Functional model.
        name: the name of a layer that has to be rebuilt; None for `LAYER_logits`.

    Returns:
        The tensor, and `softmax`, `sigmoid`, another activation, or `linear` if there is none. An
        operation that is no activation is named by its class.

    Example:
        >>> logits, activation = remove_activation(model.outputs[0])
        >>> keras.Model(model.inputs, logits)
    """
    import keras

    operation, node, _ = output._keras_history
    inputs = operation._inbound_nodes[node].input_tensors
    if isinstance(operation, keras.layers.Identity):
        return remove_activation(inputs[0], name)
    activation = _activation_name(operation)
    if activation == "linear":
        return output, activation
    if not hasattr(operation, "kernel"):
        return inputs[0], activation
    name = name or f"{operation.name}_logits"
    config = operation.get_config() | {"activation": "linear", "name": name}
    linear = type(operation).from_config(config)
    logits = linear(inputs[0])
    linear.set_weights(operation.get_weights())
    linear.trainable = False
    return logits, activation


def _activation_name(operation: Any) -> str:
    """Return the name of the function that an operation applies last."""
    import keras

    if hasattr(operation, "kernel") or isinstance(operation, keras.layers.Activation):
        return str(getattr(operation.activation, "__name__", "linear"))
    kind = type(operation).__name__
    if kind in ("Softmax", "Sigmoid"):  # a layer, and operations of keras.ops
        return kind.lower()
    return "linear" if isinstance(operation, keras.layers.Reshape) else kind


def _output(name: str, network: keras.Model, output: str | None) -> Any:
    """Return the output tensor that has the classes."""
    tensors = dict(zip(network.output_names, network.outputs, strict=True))
    if output is not None and output not in tensors:
        raise UnknownName("output", output, tensors)
    if output is None and len(tensors) > 1:
        raise SettingError(
            f"{name} has {len(tensors)} outputs ({', '.join(tensors)}). Name the one that has the "
            "classes: output."
        )
    return tensors[output] if output else network.outputs[0]


def _class_names(source: Source, count: int) -> tuple[str, ...] | None:
    """Return the names of a network's classes, if it has as many names as outputs."""
    names: Any = None
    if source.kind == "application" and count == IMAGENET:
        names = _imagenet_classes()
    elif source.recipe is not None:
        names = getattr(source.recipe.config, "classes", None)
    known = isinstance(names, list | tuple) and len(names) == count
    return tuple(map(str, names)) if known else None


def _imagenet_classes() -> list[str] | None:
    """Return the names of ImageNet's classes, which Keras downloads; None if it cannot."""
    import keras

    decode = keras.applications.imagenet_utils.decode_predictions
    try:
        decoded = decode(np.eye(IMAGENET), top=1)
    except Exception:  # Keras raises bare Exceptions where a download fails
        return None
    return [f"{name} ({synset})" for ((synset, name, _),) in decoded]
