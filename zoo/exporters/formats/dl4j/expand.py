"""A part as a flat model that has only layers which Deeplearning4j computes rightly.

Nested models are laid flat. A layer that is called twice becomes two layers, since Deeplearning4j reads
one call of a layer. `expansions` has what each class of layers becomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.formats.dl4j.builder import Call, LayerBuilder
from zoo.exporters.formats.dl4j.expansions import EXPANSIONS, Expansion, refuse
from zoo.exporters.formats.dl4j.refusal import refusal

if TYPE_CHECKING:
    import keras

    from zoo.exporters.parts.part import Part


def expand_model(part: Part) -> keras.Model:
    """Return a model that computes what the part computes, with the contract's names.

    Raises:
        ExportError: a layer has no expansion; the message names it.
    """
    import keras

    inputs = []
    for tensor in part.contract.inputs:
        if None in tensor.sizes[1:]:
            raise ExportError(
                f"The input {tensor.name!r} has free sizes {tensor.shape[1:]}, and Deeplearning4j needs the "
                "sizes of every layer when it imports a model. Fix the sizes, or leave out this format."
            )
        inputs.append(keras.Input(tensor.sizes[1:], name=tensor.name, dtype=tensor.dtype))
    names = [tensor.name for tensor in part.contract.outputs]
    builder = LayerBuilder({*names, *(tensor.name for tensor in part.contract.inputs)})
    flat = keras.tree.flatten(_apply(part.model, inputs, builder))
    outputs = [
        builder.add(keras.layers.Activation("linear"), tensor, name=name)
        for name, tensor in zip(names, flat, strict=True)
    ]
    return keras.Model(inputs, outputs, name=part.model.name)


def _apply(model: keras.Model, inputs: Any, builder: LayerBuilder) -> Any:
    """Return the outputs of a model's expansion for some inputs."""

    def expansion_of(operation: Any) -> Callable[..., Any]:
        if hasattr(operation, "operations"):  # a model
            nested = getattr(operation, "_functional", operation)
            return lambda inputs, **_: _apply(nested, inputs, builder)
        return lambda *inputs, **others: _expand(builder, operation, inputs, others)

    run: Callable[..., Any] = model._run_through_graph
    return run(inputs, operation_fn=expansion_of)


def _expand(
    builder: LayerBuilder, operation: Any, inputs: Sequence[Any], others: Mapping[str, Any]
) -> Any:
    """Return the output of the layers that stand for a call.

    Args:
        builder: adds the layers.
        operation: what is called.
        inputs: its tensors, or lists of tensors.
        others: its arguments that have names.

    Raises:
        ExportError: it has no expansion, or an argument is a tensor, such as the initial state of an LSTM.
    """
    import keras

    expansion: Expansion = EXPANSIONS.get(type(operation).__name__, refuse)
    named = [isinstance(each, keras.KerasTensor) for each in keras.tree.flatten(others)]
    if expansion is not refuse and (len(inputs) > 1 or any(named)):
        raise refusal(operation, "its layers take neither an initial state nor a mask")
    return expansion(Call(builder, operation, inputs[0]))
