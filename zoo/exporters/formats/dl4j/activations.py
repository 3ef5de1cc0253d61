"""Activations for Deeplearning4j: those that it has by the name of Keras 2, and those that layers compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError

if TYPE_CHECKING:
    import keras

    from zoo.exporters.formats.dl4j.builder import LayerBuilder

_SAME = {
    "elu",
    "linear",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
}


def activate(
    builder: LayerBuilder, layer: keras.Layer, function: Callable[..., Any], x: Any, name: str
) -> Any:
    """Return the activation of a tensor.

    Args:
        builder: adds the layers.
        layer: whose activation it is, for the message of an error.
        function: one of `keras.activations`.
        x: the tensor.
        name: the beginning of the names of the new layers.

    Raises:
        ExportError: the function is none of those that Deeplearning4j or some layers compute.
    """
    import keras

    kind = keras.activations.serialize(function)
    if kind == "linear":
        return x
    x = builder.own_copy(x)
    if kind in _SAME:
        return builder.add(keras.layers.Activation(kind, name=name), x)
    if kind in _EXPANSIONS:
        return _EXPANSIONS[kind](builder, x, name)
    raise ExportError(
        f"The layer {layer.name!r} ({type(layer).__name__}) has the activation {kind}, which Deeplearning4j "
        f"does not have. Use one of {', '.join(sorted({*_SAME, *_EXPANSIONS}))}, or leave out this format."
    )


def _leaky_relu(builder: LayerBuilder, x: Any, name: str) -> Any:
    from keras import layers

    return builder.add(layers.LeakyReLU(0.2, name=name), x)  # Keras' slope where it is not given


def _hard_sigmoid(builder: LayerBuilder, x: Any, name: str) -> Any:
    """Return relu6(x + 3) / 6, which in Keras 2 was another function."""
    from keras import layers

    shifted = builder.scale(x, 1.0, 3.0, f"{name}_shifted")
    return builder.scale(builder.add(layers.Activation("relu6", name=name), shifted), 1 / 6)


def _hard_silu(builder: LayerBuilder, x: Any, name: str) -> Any:
    from keras import layers

    return builder.add(layers.Multiply(name=name), [x, _hard_sigmoid(builder, x, f"{name}_gate")])


def _mish(builder: LayerBuilder, x: Any, name: str) -> Any:
    """Return x tanh(softplus(x))."""
    from keras import layers

    gate = builder.add(layers.Activation("softplus", name=f"{name}_softplus"), x)
    gate = builder.add(layers.Activation("tanh", name=f"{name}_tanh"), gate)
    return builder.add(layers.Multiply(name=name), [x, gate])


_EXPANSIONS: dict[str, Callable[[LayerBuilder, Any, str], Any]] = {
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "leaky_relu": _leaky_relu,
    "mish": _mish,
}
