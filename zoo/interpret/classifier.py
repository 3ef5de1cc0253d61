"""A network that tells classes apart, opened for a look at why: its logits, and its classes' names.

    logits a of shape (n, k);   p = softmax(a), or each p_c = sigmoid(a_c) where classes may be true together

What a network gives are mostly probabilities, and their gradient vanishes where it is sure. So the
last activation is taken off again. One sigmoid that tells two classes apart is the softmax of two logits,
a_0 = -z/2 and a_1 = z/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import SettingError, UnknownName
from zoo.interpret import networks
from zoo.runs.load import load_run_model
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

IMAGENET = 1000  # classes of the networks that Keras offers


@dataclass(frozen=True, eq=False)
class Classifier:
    """A frozen network from inputs to logits, how they become probabilities, and what they mean."""

    name: str
    logits: keras.Model
    exclusive: bool
    classes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of one input; None is any size."""
        return tuple(self.logits.input.shape[1:])

    def probabilities(self, logits: Any) -> Array:
        """Give the probability of each class."""
        from keras import ops

        spread = ops.softmax if self.exclusive else ops.sigmoid
        return np.asarray(spread(ops.cast(logits, "float32")))

    def position(self, name: str) -> int:
        """Find a class by its name.

        Raises:
            UnknownName: there is none of that name.
        """
        if name not in self.classes:
            raise UnknownName("class", name, self.classes)
        return self.classes.index(name)


def open_classifier(name: str, output: str | None = None) -> Classifier:
    """Open a run that has a classifier, a .keras file, or a network of keras.applications.

    Args:
        name: as `networks.opened` takes it.
        output: the name of the output that has the classes, where the network has several.

    Raises:
        SettingError: there is no such network, or it is no classifier.

    Example:
        >>> classifiers.opened("cnn.mnist").classes[0]
        '0'
    """
    run = _is_run(name)
    network = _part(name) if run else networks.open_network(name)
    if len(network.inputs) != 1:
        given = ", ".join(tensor.name for tensor in network.inputs)
        raise SettingError(f"{name} takes {len(network.inputs)} inputs ({given}). Expected: one.")
    logits, exclusive = without_activation(name, network, _output(name, network, output))
    count = int(logits.output.shape[-1])
    known = _of_run(name) if run else _of_imagenet(name, count)
    fits = known is not None and len(known) == count
    classes = known if known and fits else tuple(map(str, range(count)))
    return Classifier(name, logits, exclusive, classes)


def without_activation(name: str, network: keras.Model, output: Any) -> tuple[keras.Model, bool]:
    """Take a last softmax or sigmoid off; tell whether one class excludes the others.

    Raises:
        SettingError: it is no output of a classifier.
    """
    import keras

    tensor, kind = _taken_off(output)
    if len(tensor.shape) != 2 or kind not in ("softmax", "sigmoid", "linear"):
        raise SettingError(
            f"{name} is no classifier: it ends in {kind} of shape {tuple(output.shape)}. Expected: (batch, "
            "classes), by softmax, by sigmoid, or as logits."
        )
    if tensor.shape[-1] > 1:
        return keras.Model(network.inputs[0], tensor), kind != "sigmoid"
    if kind != "sigmoid":
        raise SettingError(f"{name} is no classifier: it gives a single number by {kind}.")
    halves = keras.layers.Dense(2, use_bias=False, trainable=False)
    both = keras.Model(network.inputs[0], halves(tensor))
    halves.set_weights([np.array([[-0.5, 0.5]])])
    return both, True


def _taken_off(tensor: Any) -> tuple[Any, str]:
    """Give what a tensor was before its last activation, and the activation's name."""
    import keras

    operation, node, _ = tensor._keras_history
    inputs = operation._inbound_nodes[node].input_tensors
    if isinstance(operation, keras.layers.Identity):
        return _taken_off(inputs[0])
    kind = _activation(operation)
    if kind == "linear":
        return tensor, kind
    if not hasattr(operation, "kernel"):
        return inputs[0], kind
    config = operation.get_config() | {"activation": "linear", "name": f"{operation.name}_logits"}
    plain = type(operation).from_config(config)
    logits = plain(inputs[0])
    plain.set_weights(operation.get_weights())
    plain.trainable = False
    return logits, kind


def _activation(operation: Any) -> str:
    """Name what an operation does to its numbers last."""
    import keras

    if hasattr(operation, "kernel") or isinstance(operation, keras.layers.Activation):
        return str(getattr(operation.activation, "__name__", "linear"))
    kind = type(operation).__name__
    if kind in ("Softmax", "Sigmoid"):  # a layer, and operations of keras.ops
        return kind.lower()
    return "linear" if isinstance(operation, keras.layers.Reshape) else kind


def _output(name: str, network: keras.Model, output: str | None) -> Any:
    """Choose an output."""
    tensors = dict(zip(network.output_names, network.outputs, strict=True))
    if output is not None and output not in tensors:
        raise UnknownName("output", output, tensors)
    if output is None and len(tensors) > 1:
        raise SettingError(
            f"{name} has {len(tensors)} outputs ({', '.join(tensors)}). Say which has the classes."
        )
    return tensors[output] if output else network.outputs[0]


def _is_run(name: str) -> bool:
    file = Path(name).suffix in networks.SUFFIXES and Path(name).is_file()
    if file or name in networks.applications():
        return False
    try:
        Run.open(name.partition(":")[0])
    except UnknownName:
        return False
    return True


def _part(name: str) -> keras.Model:
    """Open a run's classifier, or the part that is named.

    Raises:
        SettingError: the run has none.
    """
    if ":" in name:
        return networks.open_network(name)
    chosen, model = load_run_model(Run.open(name))
    parts = chosen.architecture.export(model, chosen.config)
    if getattr(chosen.config, "task", "") == "regression":
        raise SettingError(f"{name} has no classifier: it predicts numbers.")
    if "classifier" not in parts:
        raise SettingError(
            f"{name} has no classifier. Its parts: {', '.join(parts)}. Expected: a run of cnn or mlp, say."
        )
    network = networks.flatten(parts["classifier"])
    network.trainable = False
    return network


def _of_run(name: str) -> tuple[str, ...] | None:
    """Read the names of a run's classes."""
    classes = Run.open(name.partition(":")[0]).record["config"].get("classes")
    return tuple(map(str, classes)) if isinstance(classes, list) else None


def _of_imagenet(name: str, count: int) -> tuple[str, ...] | None:
    """Ask Keras for the names of ImageNet's classes, which it fetches; without them, numbers do."""
    import keras

    if name not in networks.applications() or count != IMAGENET:
        return None
    try:
        told = keras.applications.imagenet_utils.decode_predictions(np.eye(count), top=1)
    except Exception:  # Keras raises bare Exceptions where a download fails
        return None
    return tuple(f"{known} ({number})" for ((number, known, _),) in told)
