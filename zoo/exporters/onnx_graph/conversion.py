"""The conversion of a part by tf2onnx, with operators of ONNX in place of the layers that are one operator.

The call of such a layer is replaced while TensorFlow traces the part: its input becomes one more output of
the graph, and one more input stands for what it returns. Once tf2onnx has read the graph, and before it
optimizes it, the operator is put between the two.

Large weights are inputs of the traced function, since tf2onnx copies constants many times
(`large_weights`).
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from zoo.exporters.formats.grouped import convolutions_without_xla, needs_xla
from zoo.exporters.formats.saved_model import serving_function
from zoo.exporters.onnx_graph.layer_operators import Operator, is_one_operator, operator_of
from zoo.exporters.onnx_graph.size_multiples import strided_convolutions
from zoo.exporters.parts.canonical import layers_of
from zoo.exporters.parts.part import call_part

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

_LAYER_INPUT, _LAYER_OUTPUT = "zoo_layer_input_{}", "zoo_layer_output_{}"

Answer = Callable[[Any, Any], Any]
"""A function from a layer and its input to what stands for its output."""


def convert_part(part: Part, opset: int, weights: Mapping[str, Any]) -> Any:
    """Return the part as a ModelProto of tf2onnx, which is not canonical yet.

    Args:
        part: the part; its contract names the inputs and outputs.
        opset: of ONNX, one that tf2onnx knows.
        weights: variables by the names of the inputs that stand for them in the graph.

    Raises:
        RuntimeError: tf2onnx lost an operator.
    """
    import tf2onnx

    function, layers = _function_of(part, weights)
    concrete = function.get_concrete_function()
    operators = list(map(operator_of, layers))
    # the caller looks for unknown operators
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    model, _ = tf2onnx.convert.from_function(
        function,
        input_signature=function.input_signature,
        opset=opset,
        custom_rewriter=[lambda graph, _: _insert_operators(graph, operators)],
    )
    _freeze(model.graph, {inside.name: outside for outside, inside in concrete.graph.captures})
    expected = {tensor.name for tensor in part.contract.inputs} | set(weights)
    if lost := [value.name for value in model.graph.input if value.name not in expected]:
        raise RuntimeError(f"tf2onnx leaves inputs that the part does not have: {lost}")
    return model


def _function_of(part: Part, weights: Mapping[str, Any]) -> tuple[Any, Sequence[Any]]:
    """Return the part as a tf.function of its inputs, some weights, and the outputs of some layers.

    Args:
        part: the part.
        weights: variables by the names of the arguments that replace them.

    Returns:
        The function, which also returns the inputs of these layers; and the layers, one for each call.
    """
    import keras
    import tensorflow as tf

    calls, padding = _replaceable_calls(part), strided_convolutions(part.model)
    if not (weights or calls or padding or any(map(needs_xla, layers_of(part.model)))):
        return serving_function(part), []  # traced once for all formats
    names = [tensor.name for tensor in part.contract.outputs]
    inputs = part.contract.inputs

    def call(*arguments: Any) -> dict[str, Any]:
        rest = iter(arguments[len(inputs) :])
        values = [(variable, next(rest)) for variable in weights.values()]
        layer_inputs: dict[str, Any] = {}

        def answer(layer: Any, x: Any) -> Any:
            layer_inputs[_LAYER_INPUT.format(len(layer_inputs))] = x
            return next(rest)

        with (
            keras.StatelessScope(values) if values else nullcontext(),
            _replaced_calls(part.model, answer),
            _padded_calls(padding),
            convolutions_without_xla(part.model, split=False),
        ):
            outputs = call_part(part.model, arguments[: len(inputs)])
        return dict(zip(names, outputs, strict=True)) | layer_inputs

    specs = _argument_specs(inputs, weights, [output for _, output in calls])
    function = tf.function(call, input_signature=specs, autograph=False)
    return function, [layer for layer, _ in calls]


def _argument_specs(
    inputs: Sequence[Any], weights: Mapping[str, Any], outputs: Sequence[Any]
) -> list[Any]:
    """Return the TensorSpecs of a part's inputs, of weights, and of the outputs of layers."""
    import tensorflow as tf

    specs = [tf.TensorSpec(tensor.sizes, tensor.dtype, name=tensor.name) for tensor in inputs]
    specs += [tf.TensorSpec(value.shape, value.dtype, name=key) for key, value in weights.items()]
    return specs + [
        tf.TensorSpec(output.shape, output.dtype, name=_LAYER_OUTPUT.format(number))
        for number, output in enumerate(outputs)
    ]


def _replaceable_calls(part: Part) -> list[tuple[Any, Any]]:
    """Return each call of a layer that is one operator: the layer, and the shape and dtype it returns."""
    import tensorflow as tf

    calls: list[tuple[Any, Any]] = []
    if not any(map(is_one_operator, layers_of(part.model))):
        return calls

    def answer(layer: Any, x: Any) -> Any:
        output = tf.compat.v1.placeholder(x.dtype, layer.compute_output_shape(tuple(x.shape)))
        calls.append((layer, output))
        return output

    def call(*inputs: Any) -> Any:
        calls.clear()
        with _replaced_calls(part.model, answer):
            return call_part(part.model, inputs)

    specs = [tf.TensorSpec(tensor.sizes, tensor.dtype) for tensor in part.contract.inputs]
    tf.function(call, input_signature=specs, autograph=False).get_concrete_function()
    return calls


@contextmanager
def _replaced_calls(model: Any, answer: Answer) -> Iterator[None]:
    """Replace the calls of the layers that are one operator, while the context lasts.

    Args:
        model: whose layers are called.
        answer: returns what stands for the output of a layer.
    """
    import tensorflow as tf

    graph = tf.compat.v1.get_default_graph()
    layers = [layer for layer in layers_of(model) if is_one_operator(layer)]
    for layer in layers:
        # past Keras, which would track what is assigned to an attribute of a layer
        object.__setattr__(layer, "call", _replacement(layer, layer.call, graph, answer))
    try:
        yield
    finally:
        for layer in layers:
            object.__delattr__(layer, "call")


@contextmanager
def _padded_calls(padding: Mapping[Any, Sequence[tuple[int, int]]]) -> Iterator[None]:
    """Pad convolutions with explicit zeros in place of padding "same", while the context lasts.

    Args:
        padding: the zeros before and behind each axis, by layer.
    """
    for layer, pairs in padding.items():
        object.__setattr__(layer, "call", _padded_call(layer.call, pairs))
        object.__setattr__(layer, "padding", "valid")
    try:
        yield
    finally:
        for layer in padding:
            object.__delattr__(layer, "call")
            object.__setattr__(layer, "padding", "same")


def _padded_call(original: Any, pairs: Sequence[tuple[int, int]]) -> Any:
    import tensorflow as tf

    def call(*inputs: Any, **arguments: Any) -> Any:
        x, arguments = _first_argument(original, inputs, arguments)
        return original(tf.pad(x, [(0, 0), *pairs, (0, 0)]), **arguments)

    return call


def _first_argument(
    original: Any, inputs: tuple[Any, ...], arguments: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return the tensor that a layer is called with, by position or by name, and the other arguments."""
    bound = inspect.signature(original).bind(*inputs, **arguments).arguments
    first = next(iter(bound))
    named = {key: value for key, value in bound.items() if key not in (first, "kwargs")}
    return bound[first], named | bound.get("kwargs", {})


def _replacement(layer: Any, original: Any, graph: Any, answer: Answer) -> Any:
    """Return what is called in place of a layer's `call`.

    A call with a mask or a state, or inside of a loop, stays as it is.
    """
    import tensorflow as tf

    def call(*inputs: Any, **arguments: Any) -> Any:
        x, arguments = _first_argument(original, inputs, arguments)
        others = {key: value for key, value in arguments.items() if key != "training"}
        is_plain = all(value is None for value in others.values())
        if not is_plain or tf.compat.v1.get_default_graph() is not graph:
            return original(x, **arguments)
        return answer(layer, x)

    return call


def _insert_operators(graph: Any, operators: Sequence[Operator]) -> Any:
    """Put the operators between the inputs and the outputs of their layers, in a graph of tf2onnx.

    Returns:
        The nodes of the graph, as tf2onnx wants them.
    """
    inputs = {node.output[0]: node for node in graph.inputs}
    for number, operator in enumerate(operators):
        name, stand_in = _LAYER_INPUT.format(number), inputs.get(_LAYER_OUTPUT.format(number))
        if stand_in is None:  # the body of a branch or a loop
            continue
        result = operator(graph, name)
        graph.replace_all_inputs(stand_in.output[0], result)
        graph.inputs.remove(stand_in)
        graph.remove_node(stand_in.name)
        graph.outputs.remove(name)
    return graph.get_nodes()


def _freeze(graph: Any, captured: Mapping[str, Any]) -> None:
    """Turn required inputs that tf2onnx made of constants, as of Normalization's, back into constants."""
    from onnx import numpy_helper

    for value in list(graph.input):
        if value.name in captured:
            array = captured[value.name].numpy()
            graph.initializer.append(numpy_helper.from_array(array, value.name))
            graph.input.remove(value)
