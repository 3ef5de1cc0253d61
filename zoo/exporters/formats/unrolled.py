"""Recurrent layers without a loop, for formats whose converters have none: one copy for each time step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.parts.canonical import layers_of

if TYPE_CHECKING:
    import keras


@contextmanager
def unrolled_layers(model: keras.Model, format: str) -> Iterator[None]:
    """Compute the recurrent layers of a model step by step, without a loop, while the context lasts.

    Args:
        model: whose layers are changed, those of nested models and wrappers included.
        format: its name in words, for the message of an error.

    Raises:
        ExportError: a layer has a free number of steps; the message names it.
    """
    with ExitStack() as stack:
        for layer in layers_of(model):
            if hasattr(layer, "unroll") or hasattr(layer, "forward_layer"):
                _check_steps(layer, format)
            if hasattr(layer, "unroll"):
                stack.enter_context(layer_attribute(layer, "unroll", True))
        yield


@contextmanager
def layer_attribute(layer: keras.Layer, name: str, value: Any) -> Iterator[None]:
    """Set an attribute of a layer while the context lasts; Keras does not track it.

    Args:
        layer: the layer.
        name: of the attribute.
        value: that it has meanwhile.
    """
    own = vars(layer)
    before = {name: own[name]} if name in own else {}
    object.__setattr__(layer, name, value)
    try:
        yield
    finally:
        object.__delattr__(layer, name)
        for key, old in before.items():
            object.__setattr__(layer, key, old)


def _check_steps(layer: keras.Layer, format: str) -> None:
    """Refuse a layer whose number of steps is not known.

    Raises:
        ExportError: it names the layer.
    """
    # A layer inside Bidirectional has no input of its own; Bidirectional has.
    if layer._inbound_nodes and layer.input.shape[1] is None:
        raise ExportError(
            f"The layer {layer.name!r} ({type(layer).__name__}) has a free number of time steps, and a file "
            f"of {format} has no loop for it. Build the model with a fixed number of steps."
        )
