"""What is at fault where a file comes out wrong: the format itself, or the first layer that fails.

A format that fails on one Dense layer is at fault itself. Otherwise the layers are searched. They are in
topological order, and a prefix of the graph that holds the faulty layer fails as the whole graph does, so
a binary search over prefixes finds the layer in log2(n) exports.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.comparison import compare_arrays, compare_outputs
from zoo.exporters.formats.protocol import (
    describe_failure,
    describe_format,
    file_name,
    is_approximate,
    load_format,
    tolerance_pair,
)
from zoo.exporters.parts.canonical import layers_of
from zoo.exporters.parts.contract import is_comparable
from zoo.exporters.parts.part import Part, call_part, prepare_part
from zoo.exporters.parts.probes import Probe, draw_probes, save_probes
from zoo.exporters.proof.programs import prove_in_program
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile
from zoo.runtimes.group import is_program, load_python_runtime, own_runtime
from zoo.runtimes.python.keras import keras_runner

if TYPE_CHECKING:
    import keras

_REMEDIES = {
    "Argmax": "Use ops.top_k(x, 1)[1].",
    "Argmin": "Use ops.top_k(-x, 1)[1].",
    "TimeDistributed": "Apply the layer to the sequence directly: Dense works on its last axis.",
    "UpSampling2D": "With free sizes use interpolation='nearest' or Conv2DTranspose, or fix the sizes.",
    "Resizing": "Resize with bilinear, bicubic or nearest, antialias=False, to a fixed size.",
    "LSTM": "Build it with unroll=True and a fixed number of steps.",
    "GRU": "Build it with unroll=True and a fixed number of steps.",
}
_HALF_PRECISION = (
    "It computes in 16 bits, and every runtime rounds those in its own way. Build it in float32."
)
_REMAINDER = "If it computes the remainder of a size, write (4 - h % 4) % 4 and not (-h) % 4. "
_OTHERWISE = "Write it with other operations, or leave out this format."


def check_clone(part: Part, probes: Sequence[Probe]) -> None:
    """Refuse a part whose outputs change from call to call, or whose clone computes something else.

    Args:
        part: the original and its clone.
        probes: the inputs, and the outputs of the original's first call.

    Raises:
        ExportError: it names the layer.
    """
    inputs = [probes[0].inputs[tensor.name] for tensor in part.contract.inputs]
    second_call = call_part(part.original, inputs)
    if not all(map(_are_equal, second_call, probes[0].outputs.values())):
        place = _first_difference(part.original, part.original, inputs)
        raise ExportError(
            f"The part {part.role!r} draws random numbers{place}, so no file can be compared with it. "
            "Give the noise to the part as an input, or ship the mean."
        )
    problem = compare_outputs(keras_runner(part.model), probes).problem
    if problem:
        place = _first_difference(part.original, part.model, inputs)
        raise ExportError(
            f"The part {part.role!r} computes something else once it is rebuilt from its layers' configs"
            f"{place}: {problem}. Give the layer a get_config with all of its settings, and store what "
            "it learns in weights."
        )


def failure_of_format(name: str, options: Mapping[str, Any]) -> str:
    """Return what is wrong with a format where it fails on one Dense layer too, else nothing.

    Args:
        name: the format's.
        options: the options of the export, such as `opset`.

    Returns:
        A sentence with the format's package, the file and the line; or an empty text.
    """
    import keras

    inputs = keras.Input((4,), name="inputs")
    outputs = keras.layers.Dense(3, name="scores")(inputs)
    try:
        model = keras.Model(inputs, outputs)
        problem = _export_problem(model, name, own_runtime(name), options)
    except ExportError as error:  # the format refuses on purpose and says why
        return str(error)
    except Exception as error:  # a format of a plug-in may raise anything
        return describe_failure(name, error)
    return f"{describe_format(name)} changes even one Dense layer: {problem}" if problem else ""


def first_failing_layer(part: Part, name: str, options: Mapping[str, Any], problem: str) -> str:
    """Return which layer is at fault and what to do; nothing where every prefix comes out right.

    Args:
        part: the part that a format failed on.
        name: the format's.
        options: the options of the export, such as `opset`.
        problem: what is wrong with the whole part's file, which decides the advice.
    """
    layer = _first_failure(part, name, own_runtime(name), options)
    if layer is None:
        return ""
    return f"The {_describe_layer(layer)} is where it goes wrong. {_remedy(part, layer, problem)}"


def name_layers(file: ExportedFile, part: Part, options: Mapping[str, Any]) -> ExportedFile:
    """Return a file whose problems name the first layer that another runtime than its own gets wrong.

    An ONNX file is left as it is: `first_tensor` names the tensor.

    Args:
        file: that is right in its own runtime.
        part: the part that it was written from.
        options: the options of the export, such as `opset`.
    """
    if file.path.endswith(".onnx"):
        return file
    verdicts = tuple(
        _name_layer(each, file.format, part, options) if each.verdict == "different" else each
        for each in file.verdicts
    )
    return replace(file, verdicts=verdicts)


def _name_layer(verdict: Verdict, name: str, part: Part, options: Mapping[str, Any]) -> Verdict:
    layer = _first_failure(part, name, verdict.runtime, options)
    if layer is None:
        return verdict
    place = f"The {_describe_layer(layer)} is where it goes wrong"
    return replace(verdict, problem=f"{verdict.problem}. {place}")


def _first_failure(part: Part, name: str, runtime: str, options: Mapping[str, Any]) -> Any:
    """Return the first layer that fails in a format and a runtime; None where every prefix is right."""
    nodes = _nodes(part.model)
    if not _fails(part, nodes, name, runtime, options):
        return None
    right, wrong = 0, len(nodes)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if _fails(part, nodes[:middle], name, runtime, options):
            wrong = middle
        else:
            right = middle
    return nodes[wrong - 1].operation


def _describe_layer(layer: Any) -> str:
    import keras

    noun = "layer" if isinstance(layer, keras.Layer) else "operation"
    return f"{noun} {layer.name!r} ({type(layer).__name__})"


def _remedy(part: Part, layer: Any, problem: str) -> str:
    """Return what to do about a layer that a format gets wrong."""
    if any(each.compute_dtype in ("float16", "bfloat16") for each in layers_of(part.model)):
        return _HALF_PRECISION
    if remedy := _REMEDIES.get(type(layer).__name__):
        return remedy
    takes_any_size = any(None in tensor.sizes[1:] for tensor in part.contract.inputs)
    is_shape = takes_any_size and type(layer) in part.custom_objects and "shape" in problem
    return (_REMAINDER if is_shape else "") + _OTHERWISE


def _fails(
    part: Part, nodes: Sequence[Any], name: str, runtime: str, options: Mapping[str, Any]
) -> bool:
    """Return whether the prefix of a graph that ends in some nodes comes out wrong."""
    import keras

    outputs = [tensor for node in nodes for tensor in node.outputs if is_comparable(tensor.dtype)]
    if not outputs:
        return False
    prefix = keras.Model(part.model.inputs, outputs)
    try:
        return bool(_export_problem(prefix, name, runtime, options))
    except Exception:  # a prefix that cannot be written or opened fails as the whole does
        return True


def _export_problem(model: keras.Model, name: str, runtime: str, options: Mapping[str, Any]) -> str:
    """Export a model, run the file in a runtime, and return what is wrong with its outputs."""
    part = prepare_part("prefix", model)
    file = ExportedFile(part.role, name, file_name(part.role, name))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.path
        load_format(name).write(part, path, options)
        probes = draw_probes(part)
        if is_program(runtime):
            return _problem_in_program(runtime, Path(folder), file, probes)
        kind = is_approximate(name), tolerance_pair(name)
        return compare_outputs(load_python_runtime(runtime).open(path), probes, *kind).problem


def _problem_in_program(
    runtime: str, folder: Path, file: ExportedFile, probes: Sequence[Probe]
) -> str:
    with (folder / "probe.npz").open("wb") as npz:
        save_probes({file.part: list(probes)}, npz)
    return prove_in_program(runtime, folder, [file])[file].problem


def _first_difference(one: keras.Model, other: keras.Model, inputs: Sequence[Any]) -> str:
    """Return in which layer two models first differ; nothing where their graphs are not alike."""
    pairs = zip(_outputs_by_layer(one, inputs), _outputs_by_layer(other, inputs), strict=False)
    for (layer, outputs), (layer_of_other, outputs_of_other) in pairs:
        if type(layer) is not type(layer_of_other):
            return ""
        if not all(map(_are_equal, outputs, outputs_of_other)):
            return f" in the {_describe_layer(layer)}"
    return ""


def _outputs_by_layer(model: keras.Model, inputs: Sequence[Any]) -> list[tuple[Any, list[Any]]]:
    """Return each layer with its outputs, in the order of the graph."""
    import keras

    nodes = _nodes(model)
    whole = keras.Model(model.inputs, [tensor for node in nodes for tensor in node.outputs])
    values = iter(call_part(whole, inputs))
    return [(node.operation, [next(values) for _ in node.outputs]) for node in nodes]


def _nodes(model: keras.Model) -> list[Any]:
    """Return the calls that a graph is made of, each after those that it needs."""
    depths = sorted(model._nodes_by_depth, reverse=True)
    return [node for at in depths for node in model._nodes_by_depth[at] if not node.is_input]


def _are_equal(one: Any, other: Any) -> bool:
    return not compare_arrays("", one, other)[1]
