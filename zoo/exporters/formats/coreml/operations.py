"""The operations of an ML program, compared with the activations and poolings of a model's layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zoo.exporters.parts.canonical import layers_of

if TYPE_CHECKING:
    import keras

_OPERATIONS = {  # of Core ML, for activations of Keras that coremltools makes no other operation of
    "elu": "elu",
    "exponential": "exp",
    "leaky_relu": "leaky_relu",
    "relu": "relu",
    "relu6": "relu6",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "softplus": "softplus",
    "tanh": "tanh",
}
_LAYERS = {
    "AveragePooling": "avg_pool",
    "ELU": "elu",
    "LeakyReLU": "leaky_relu",
    "MaxPooling": "max_pool",
    "Softmax": "softmax",
}


def operations_before(variable: Any) -> list[Any]:
    """Return the operations of a program that one of its variables is computed from."""
    operations: dict[int, Any] = {}
    variables = [variable]
    while variables:
        operation = variables.pop().op
        if operation is None or id(operation) in operations:
            continue
        operations[id(operation)] = operation
        for value in operation.inputs.values():
            variables += value if isinstance(value, list | tuple) else [value]
    return list(operations.values())


def problem_of_operations(model: keras.Model, operations: Counter[str]) -> str:
    """Return which layers' operations a program lacks; nothing where it has all.

    Args:
        model: whose activations and poolings are expected. Those of one kind that read one tensor, or one
            another, count once: the converter makes one operation of them.
        operations: the number of operations of each type.
    """
    layers: dict[str, dict[int, str]] = {}
    for layer in layers_of(model):
        for kind in _kinds(layer):
            if not _is_repeated(layer, kind):
                layers.setdefault(kind, {})[_place(layer)] = layer.name
    for kind, names in layers.items():
        if operations[kind] < len(names):
            wanted = f"{len(names)} for the layers {', '.join(map(repr, names.values()))}"
            return f"it has {operations[kind]} operations {kind}, expected {wanted}"
    return ""


def _kinds(layer: keras.Layer) -> Iterator[str]:
    """Yield the operations that a layer needs, without those of convolutions and sums."""
    name = type(layer).__name__.rstrip("123D")
    if name in _LAYERS:
        yield _LAYERS[name]
    if hasattr(layer, "cell"):  # the cell is a layer of its own
        return
    for attribute in ("activation", "recurrent_activation"):
        function = getattr(layer, attribute, None)
        if getattr(function, "__module__", "").startswith("keras."):
            kind = _OPERATIONS.get(getattr(function, "__name__", ""))
            yield from [kind] if kind else []


def _place(layer: keras.Layer) -> int:
    """Return the same number for layers without weights that read the same tensor."""
    tensor = _input_of(layer)
    return id(layer) if tensor is None else id(tensor)


def _is_repeated(layer: keras.Layer, kind: str) -> bool:
    """Return whether a layer without weights reads what a layer of the same kind computes."""
    tensor = _input_of(layer)
    return tensor is not None and kind in _kinds(tensor._keras_history.operation)


def _input_of(layer: keras.Layer) -> Any:
    """Return the tensor that a layer without weights reads; None for other layers."""
    nodes = layer._inbound_nodes
    return nodes[0].input_tensors[0] if nodes and not layer.weights else None
