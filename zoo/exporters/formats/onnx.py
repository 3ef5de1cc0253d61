"""ONNX, for ONNX Runtime and everything that reads it.

tf2onnx reports success on graphs that no runtime loads, or that require extra inputs. What can be
repaired is repaired here; the rest is refused with the layer and the remedy (docs/export-facts.md).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError, SettingError
from zoo.exporters.formats.onnx_canonical import (
    expand_operators,
    nodes_of,
    write_canonical_graph,
)
from zoo.exporters.formats.onnx_external import (
    external_weights,
    function_of_weights,
    is_large,
    move_weights_out,
    write_weights,
)
from zoo.exporters.formats.protocol import DATA_SUFFIX, Runner, sample_code
from zoo.exporters.formats.saved_model import serving_function

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Contract, Tensor
    from zoo.exporters.parts.part import Part

SUFFIX = ".onnx"
WITHOUT = ("keras", "tensorflow")
OPSETS = range(11, 19)  # files of opset 9 are invalid, and tf2onnx refuses 19
DEFAULT_OPSET = 17

_REMEDIES = {
    "Random": "Give the noise to the part as an input, or ship the mean.",
    "Multinomial": "Give the noise to the part as an input, or ship the mean.",
    "Bitcast": "For an argmin or argmax use ops.top_k(-x, 1)[1] or ops.top_k(x, 1)[1].",
    "ScaleAndTranslate": "Resize with bilinear, bicubic or nearest, and antialias=False.",
}


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Convert the part, repair the graph, and bring it to canonical form.

    Beyond 2 GiB the weights lie in a file beside it, PATH.data.

    Args:
        part: the part; its contract names the inputs and outputs.
        path: of the new file.
        options: `opset`, from 11 to 18, or None for 17.

    Raises:
        SettingError: the opset is out of range.
        ExportError: the graph needs an operator that ONNX does not have.
    """
    import onnx

    opset = check_opset(options.get("opset"))
    weights = external_weights(part) if is_large(part) else {}
    model, places = _canonical_model(part, opset, weights)
    if places:
        write_weights(model.graph, places, path.with_name(f"{path.name}{DATA_SUFFIX}"))
    path.write_bytes(model.SerializeToString(deterministic=True))
    del model  # the check reads the file, and the weights would be in memory twice
    onnx.checker.check_model(str(path), full_check=True)


def _canonical_model(
    part: Part, opset: int, weights: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return the model in canonical form, and the weights that are written to a file of their own."""
    import onnx

    converted = _convert(part, opset, weights)
    places = move_weights_out(converted.graph, weights)
    expand_operators(converted.graph)
    _check_operators(part, converted, opset)
    inputs, outputs = part.contract.inputs, part.contract.outputs
    model = onnx.ModelProto(ir_version=converted.ir_version, opset_import=converted.opset_import)
    write_canonical_graph(
        converted.graph, model.graph, [t.name for t in inputs], [t.name for t in outputs]
    )
    _set_shapes(model.graph.input, inputs)
    _set_shapes(model.graph.output, outputs)
    _set_metadata(model, part)
    return model, places


def check_opset(opset: int | None) -> int:
    """Return the opset, 17 for None.

    Raises:
        SettingError: it is out of range.
    """
    if opset is not None and opset not in OPSETS:
        raise SettingError(f"The opset must be from {OPSETS[0]} to {OPSETS[-1]}. Received: {opset}")
    return DEFAULT_OPSET if opset is None else opset


def _convert(part: Part, opset: int, weights: Mapping[str, Any]) -> Any:
    """Convert the part; the weights given are inputs of the graph."""
    import tf2onnx

    function = function_of_weights(part, weights) if weights else serving_function(part)
    captured = function.get_concrete_function().graph.captures
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # `_check_operators` reports instead
    model, _ = tf2onnx.convert.from_function(
        function, input_signature=function.input_signature, opset=opset
    )
    _freeze(model.graph, {inside.name: outside for outside, inside in captured})
    return model


def _freeze(graph: Any, captured: Mapping[str, Any]) -> None:
    """Turn required inputs that tf2onnx made of constants, as of Normalization's, back into constants."""
    from onnx import numpy_helper

    for value in list(graph.input):
        if value.name in captured:
            graph.initializer.append(
                numpy_helper.from_array(captured[value.name].numpy(), value.name)
            )
            graph.input.remove(value)


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
    from zoo.exporters.parts.canonical import layers_of

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


def _set_metadata(model: Any, part: Part) -> None:
    """Write the contract and the origin into metadata_props, and the same producer each time."""
    import onnx

    model.producer_name, model.producer_version, model.doc_string = "zoo", "", ""
    facts = {"contract": json.dumps(part.contract.to_json(), sort_keys=True), **part.origin}
    onnx.helper.set_model_props(model, dict(sorted(facts.items())))


def prepare() -> str:
    """Import ONNX Runtime; return its name and version."""
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"


def open(path: Path) -> Runner:
    """Open the file in ONNX Runtime on the CPU, without warnings; return the function that runs it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    expected = {value.name for value in session.get_inputs()}

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        if expected != set(inputs):
            raise ValueError(f"its inputs are {sorted(expected)}, expected {sorted(inputs)}")
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))

    return run


def example(contract: Contract, file: str) -> str:
    """Return the code that loads and runs the file with ONNX Runtime alone."""
    return "\n".join(
        [
            "import onnxruntime",
            sample_code(contract),
            f'session = onnxruntime.InferenceSession("{file}", providers=["CPUExecutionProvider"])',
            "names = [output.name for output in session.get_outputs()]",
            "print(dict(zip(names, session.run(names, inputs))))",
        ]
    )
