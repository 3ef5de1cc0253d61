"""ONNX, for ONNX Runtime and everything that reads it.

tf2onnx reports success on graphs that no runtime loads or that ask for inputs of their own. What can
be put right is put right here; what cannot is refused with the layer and the remedy.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError, SettingError
from zoo.formats import Runner, sample
from zoo.formats.saved_model import traced

if TYPE_CHECKING:
    from zoo.parts import Contract, Part

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

    opset = checked_opset(options.get("opset"))
    model = _converted(part, opset)
    _expand(model.graph)
    _check_operators(part, model, opset)
    _rename(model.graph, part.contract)
    _describe(model, part)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def checked_opset(opset: int | None) -> int:
    """Give the opset, 17 for None.

    Raises:
        SettingError: it is none that works.
    """
    if opset is not None and opset not in OPSETS:
        raise SettingError(f"The opset must be from {OPSETS[0]} to {OPSETS[-1]}. Received: {opset}")
    return DEFAULT_OPSET if opset is None else opset


def _converted(part: Part, opset: int) -> Any:
    import tf2onnx

    function = traced(part)
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


def _expand(graph: Any) -> None:
    """Write what ONNX lacks with what it has: erfc(x) = 1 - erf(x), expm1(x) = exp(x) - 1."""
    import numpy as np
    from onnx import helper, numpy_helper

    nodes = list(graph.node)
    del graph.node[:]
    types = _element_types(graph)
    for node in nodes:
        if node.op_type not in ("Erfc", "Expm1"):
            graph.node.append(node)
            continue
        source, target = node.input[0], node.output[0]
        one, inner = f"{target}/one", f"{target}/inner"
        dtype = types.get(source, np.dtype("float32"))
        graph.initializer.append(numpy_helper.from_array(np.ones((), dtype), one))
        if node.op_type == "Erfc":
            graph.node.append(helper.make_node("Erf", [source], [inner], f"{node.name}/erf"))
            graph.node.append(helper.make_node("Sub", [one, inner], [target], node.name))
        else:
            graph.node.append(helper.make_node("Exp", [source], [inner], f"{node.name}/exp"))
            graph.node.append(helper.make_node("Sub", [inner, one], [target], node.name))


def _element_types(graph: Any) -> dict[str, Any]:
    from onnx import helper

    return {
        value.name: helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        for value in [*graph.value_info, *graph.input]
        if value.type.tensor_type.elem_type
    }


def _check_operators(part: Part, model: Any, opset: int) -> None:
    import onnx

    for node in _nodes(model.graph):
        if node.domain in ("", "ai.onnx") and not onnx.defs.has(node.op_type, opset, ""):
            layer = _layer_of(part, node.name)
            raise ExportError(
                f"{layer} needs TensorFlow's operator {node.op_type}, which ONNX does not have at "
                f"opset {opset}. {remedy(node.op_type)}"
            )


def remedy(operator: str) -> str:
    """Say what to write instead of an operator."""
    found = [text for key, text in _REMEDIES.items() if key in operator]
    return found[0] if found else "Write the layer with other operations, or leave out this format."


def _nodes(graph: Any) -> Iterator[Any]:
    """Walk through the nodes, those of branches and loops included."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _layer_of(part: Part, node: str) -> str:
    """Find the layer in whose scope a node lies; TensorFlow numbers scopes: gelu_1."""
    from zoo.parts import layers_of

    layers = {layer.name: layer for layer in layers_of(part.model)}
    for scope in reversed(node.split("/")):
        layer = layers.get(scope) or layers.get(re.sub(r"_\d+$", "", scope))
        if layer is not None:
            return f"The layer {layer.name!r} ({type(layer).__name__})"
    return f"The operation {node!r}"


def _rename(graph: Any, contract: Contract) -> None:
    """Give inputs, outputs and free sizes the contract's names, and all else a number in order.

    tf2onnx counts on from whatever the process converted before, so the same model would come out
    with other bytes.
    """
    del graph.value_info[:]
    graph.name, graph.doc_string = "zoo", ""
    names = {value.name: value.name for value in [*graph.input, *graph.output]}
    _number(graph, names, [0])
    initializers = sorted(graph.initializer, key=lambda tensor: _order(tensor.name))
    del graph.initializer[:]
    graph.initializer.extend(initializers)
    for tensors, values in ((contract.inputs, graph.input), (contract.outputs, graph.output)):
        shapes = {tensor.name: tensor.shape for tensor in tensors}
        kept = sorted(values, key=lambda value: list(shapes).index(value.name))
        for value in kept:
            for size, known in zip(
                value.type.tensor_type.shape.dim, shapes[value.name], strict=True
            ):
                size.Clear()
                if isinstance(known, int):
                    size.dim_value = known
                else:
                    size.dim_param = known
        copies = [type(value).FromString(value.SerializeToString()) for value in kept]
        del values[:]
        values.extend(copies)


def _number(graph: Any, names: dict[str, str], count: list[int]) -> None:
    def fresh(name: str) -> str:
        if name and name not in names:
            names[name] = f"t{count[0]}"
            count[0] += 1
        return names.get(name, "")

    for node in graph.node:
        node.name = f"{node.op_type}_{count[0]}"
        node.doc_string = ""
        node.input[:] = [fresh(name) for name in node.input]
        for attribute in node.attribute:
            if attribute.HasField("g"):
                attribute.g.name = f"g{count[0]}"
                _number(attribute.g, names, count)
        node.output[:] = [fresh(name) for name in node.output]
        attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
        copies = [type(item).FromString(item.SerializeToString()) for item in attributes]
        del node.attribute[:]
        node.attribute.extend(copies)
    for tensor in graph.initializer:
        tensor.name = fresh(tensor.name)
    for value in [*graph.input, *graph.output]:
        value.name = fresh(value.name)


def _order(name: str) -> tuple[int, str]:
    return (int(name[1:]), "") if re.fullmatch(r"t\d+", name) else (-1, name)


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
            sample(contract),
            f'session = onnxruntime.InferenceSession("{file}", providers=["CPUExecutionProvider"])',
            "names = [output.name for output in session.get_outputs()]",
            "print(dict(zip(names, session.run(names, inputs))))",
        ]
    )
