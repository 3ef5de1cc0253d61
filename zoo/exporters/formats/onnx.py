"""ONNX, for ONNX Runtime and everything that reads it.

tf2onnx reports success on graphs that no runtime loads or that ask for inputs of their own. What can
be put right is put right here; what cannot is refused with the layer and the remedy.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError, SettingError
from zoo.exporters.formats.onnx_canonical import canonical_graph, expand_operators, nodes_of
from zoo.exporters.formats.protocol import Runner, sample_code
from zoo.exporters.formats.saved_model import serving_function

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Contract, Tensor
    from zoo.exporters.parts.part import Part

SUFFIX = ".onnx"
WITHOUT = ("keras", "tensorflow")
OPSETS = range(11, 19)  # 9 comes out invalid, tf2onnx refuses 19
DEFAULT_OPSET = 17

_REMEDIES = {
    "Random": "Give the noise to the part as an input, or ship the mean.",
    "Multinomial": "Give the noise to the part as an input, or ship the mean.",
    "Bitcast": "For an argmin or argmax use ops.top_k(-x, 1)[1] or ops.top_k(x, 1)[1].",
    "ScaleAndTranslate": "Resize with bilinear, bicubic or nearest, and antialias=False.",
}


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Convert the part, repair what can be repaired, and give everything a name that stays.

    Raises:
        SettingError: the opset is none that works.
        ExportError: an operator is left that no runtime knows.
    """
    import onnx

    opset = check_opset(options.get("opset"))
    model = _converted(part, opset)
    expand_operators(model.graph)
    _check_operators(part, model, opset)
    taken, given = part.contract.inputs, part.contract.outputs
    graph = canonical_graph(model.graph, [t.name for t in taken], [t.name for t in given])
    _shape(graph.input, taken)
    _shape(graph.output, given)
    model.graph.CopyFrom(graph)
    _describe(model, part)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def check_opset(opset: int | None) -> int:
    """Give the opset, 17 for None.

    Raises:
        SettingError: it is none that works.
    """
    if opset is not None and opset not in OPSETS:
        raise SettingError(f"The opset must be from {OPSETS[0]} to {OPSETS[-1]}. Received: {opset}")
    return DEFAULT_OPSET if opset is None else opset


def _converted(part: Part, opset: int) -> Any:
    import tf2onnx

    function = serving_function(part)
    captured = function.get_concrete_function().graph.captures
    logging.getLogger("tf2onnx").setLevel(
        logging.CRITICAL
    )  # unsupported operators are ours to tell
    model, _ = tf2onnx.convert.from_function(
        function, input_signature=function.input_signature, opset=opset
    )
    _freeze(model.graph, {inside.name: outside for outside, inside in captured})
    return model


def _freeze(graph: Any, captured: Mapping[str, Any]) -> None:
    """Turn the constants that tf2onnx made into required inputs (Normalization) back into constants."""
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
    """Say what to write instead of an operator."""
    found = [text for key, text in _REMEDIES.items() if key in operator]
    return found[0] if found else "Write the layer with other operations, or leave out this format."


def _layer_of(part: Part, node: str) -> str:
    """Find the layer in whose scope a node lies; TensorFlow numbers scopes: gelu_1."""
    from zoo.exporters.parts.canonical import layers_of

    layers = {layer.name: layer for layer in layers_of(part.model)}
    for scope in reversed(node.split("/")):
        layer = layers.get(scope) or layers.get(re.sub(r"_\d+$", "", scope))
        if layer is not None:
            return f"the layer {layer.name!r} ({type(layer).__name__}) needs"
    return "it needs"


def _shape(values: Iterable[Any], tensors: Iterable[Tensor]) -> None:
    """Give the free sizes of inputs or outputs the contract's names."""
    for value, tensor in zip(values, tensors, strict=True):
        sizes = value.type.tensor_type.shape.dim
        del sizes[:]
        for size in tensor.shape:
            sizes.add(**({"dim_value": size} if isinstance(size, int) else {"dim_param": size}))


def _describe(model: Any, part: Part) -> None:
    """Put the contract and the origin into metadata_props, and fix what names the producer."""
    import onnx

    model.producer_name, model.producer_version, model.doc_string = "zoo", "", ""
    facts = {"contract": json.dumps(part.contract.to_json(), sort_keys=True), **part.origin}
    onnx.helper.set_model_props(model, dict(sorted(facts.items())))


def prepare() -> str:
    """Import ONNX Runtime."""
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"


def open(path: Path) -> Runner:
    """Open the file in ONNX Runtime, on the CPU and quietly."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    wanted = {value.name for value in session.get_inputs()}

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        if wanted != set(inputs):
            raise ValueError(f"the file wants the inputs {sorted(wanted)}")
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))

    return run


def example(contract: Contract, file: str) -> str:
    """Load and call with ONNX Runtime alone."""
    return "\n".join(
        [
            "import onnxruntime",
            sample_code(contract),
            f'session = onnxruntime.InferenceSession("{file}", providers=["CPUExecutionProvider"])',
            "names = [output.name for output in session.get_outputs()]",
            "print(dict(zip(names, session.run(names, inputs))))",
        ]
    )
