"""A part as an ONNX model in canonical form, with the contract's names, sizes and metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.onnx_graph.canonical import expand_operators, nodes_of, write_canonical_graph
from zoo.exporters.onnx_graph.conversion import convert_part
from zoo.exporters.onnx_graph.large_weights import large_weights, move_weights_out
from zoo.exporters.onnx_graph.opsets import LARGEST_CONVERTED, convert_opset
from zoo.exporters.onnx_graph.output_ranks import squeeze_outputs
from zoo.exporters.onnx_graph.static_shapes import write_static_shapes
from zoo.exporters.parts.canonical import layers_of

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Tensor
    from zoo.exporters.parts.part import Part

_REMEDIES = {
    "Random": "Give the noise to the part as an input, or ship the mean.",
    "Multinomial": "Give the noise to the part as an input, or ship the mean.",
    "Bitcast": "For an argmin or argmax use ops.top_k(-x, 1)[1] or ops.top_k(x, 1)[1].",
    "ScaleAndTranslate": "Resize with bilinear, bicubic or nearest, and antialias=False.",
}


def canonical_model(part: Part, opset: int) -> tuple[Any, Mapping[str, Any]]:
    """Return the model in canonical form, and the large weights, which are not in it.

    Args:
        part: the part; its contract names the inputs and outputs.
        opset: of ONNX, from 11 to 21.

    Returns:
        The ModelProto, and what `large_weights.move_weights_out` returns.

    Raises:
        ExportError: the graph needs an operator that ONNX does not have, or cannot have this opset.
    """
    variables, first_opset = large_weights(part), min(opset, LARGEST_CONVERTED)
    converted = convert_part(part, first_opset, variables)
    weights = move_weights_out(converted.graph, variables)
    expand_operators(converted.graph)
    _check_operators(part, converted, first_opset)
    ranks = {tensor.name: len(tensor.shape) for tensor in part.contract.outputs}
    squeeze_outputs(converted.graph, ranks, first_opset)
    inputs = {value.name: value for value in converted.graph.input}
    _set_shapes((inputs[tensor.name] for tensor in part.contract.inputs), part.contract.inputs)
    write_static_shapes(converted)
    model = in_canonical_form(converted, part)
    if opset > LARGEST_CONVERTED:
        model = in_canonical_form(convert_opset(model, opset), part)
    set_metadata(model, part)
    return model, weights


def in_canonical_form(source: Any, part: Part) -> Any:
    """Return a ModelProto in canonical form, with the contract's names and sizes."""
    import onnx

    inputs, outputs = part.contract.inputs, part.contract.outputs
    model = onnx.ModelProto(ir_version=source.ir_version, opset_import=source.opset_import)
    names = [tensor.name for tensor in inputs], [tensor.name for tensor in outputs]
    write_canonical_graph(source.graph, model.graph, *names)
    _set_shapes(model.graph.input, inputs)
    _set_shapes(model.graph.output, outputs)
    return model


def _check_operators(part: Part, model: Any, opset: int) -> None:
    import onnx

    for node in nodes_of(model.graph):
        if node.domain in ("", "ai.onnx") and not onnx.defs.has(node.op_type, opset, ""):
            raise ExportError(
                f"{_layer_of(part, node.name)} TensorFlow's operator {node.op_type}, which ONNX does "
                f"not have at opset {opset}. {remedy(node.op_type)}"
            )


def remedy(operator: str) -> str:
    """Return what to write instead of an operator of TensorFlow."""
    remedies = [text for key, text in _REMEDIES.items() if key in operator]
    return (*remedies, "Write the layer with other operations, or leave out this format.")[0]


def _layer_of(part: Part, node: str) -> str:
    """Return the subject of an error: the layer in whose scope a node lies. Scopes have numbers: gelu_1."""
    layers = {layer.name: layer for layer in layers_of(part.model)}
    for scope in reversed(node.split("/")):
        layer = layers.get(scope) or layers.get(re.sub(r"_\d+$", "", scope))
        if layer is not None:
            return f"the layer {layer.name!r} ({type(layer).__name__}) needs"
    return "it needs"


def _set_shapes(values: Iterable[Any], tensors: Iterable[Tensor]) -> None:
    """Set the shapes of inputs or outputs, with the contract's names for the free sizes."""
    for value, tensor in zip(values, tensors, strict=True):
        sizes = value.type.tensor_type.shape.dim
        del sizes[:]
        for size in tensor.shape:
            sizes.add(**({"dim_value": size} if isinstance(size, int) else {"dim_param": size}))


def set_metadata(model: Any, part: Part) -> None:
    """Write the contract and the origin into metadata_props, and the same producer each time."""
    import onnx

    model.producer_name, model.producer_version, model.doc_string = "zoo", "", ""
    facts = {"contract": json.dumps(part.contract.to_json(), sort_keys=True), **part.origin}
    onnx.helper.set_model_props(model, dict(sorted(facts.items())))
