"""The first tensor of an ONNX graph that a runtime computes differently from ONNX Runtime.

A prefix of the graph, cut off at one tensor, is a file like any other: it is run in the same runtime by the
same processes, and compared with what ONNX Runtime computes for that tensor. A binary search over the
tensors, in the order of the graph, finds the first that differs in log2(n) runs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from zoo.exporters.parts.probe_inputs import Array
from zoo.exporters.parts.probes import Probe, load_probes, save_probes
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ABSOLUTE, RELATIVE, ExportedFile
from zoo.io.safe_load import read_arrays

LARGEST = 64 * 2**20  # bytes of a file whose prefixes are written
_PART = "prefix"

Prove = Callable[[Path, ExportedFile], Verdict]
"""A function that runs a file of a folder with a probe.npz, and returns the verdict."""


def name_first_tensor(folder: Path, file: ExportedFile, verdict: Verdict, prove: Prove) -> Verdict:
    """Return a verdict whose problem names the first tensor that differs, where that can be found.

    Args:
        folder: that has the file and probe.npz.
        file: the file.
        verdict: on the file; where it is not "different", it is returned as it is.
        prove: runs a prefix in the verdict's runtime.
    """
    is_small = file.path.endswith(".onnx") and not file.data and file.bytes < LARGEST
    if verdict.verdict != "different" or verdict.difference is None or not is_small:
        return verdict
    probes = load_probes(read_arrays(folder / "probe.npz"), file.part)
    try:
        place = _first_tensor(folder / file.path, file, probes[0].inputs, prove)
    except Exception:  # the search is a service: the verdict stands without it
        return verdict
    return replace(verdict, problem=f"{verdict.problem}. {place}") if place else verdict


def name_command(file: ExportedFile, verdict: Verdict, model_file: str = "") -> Verdict:
    """Return a verdict on a file from elsewhere, with the command that finds the first tensor that differs.

    Prefixes of such a file are not run: the search opens the graph in this process, outside of the cage.

    Args:
        file: the file.
        verdict: on the file.
        model_file: the .keras or .h5 file that is exported; empty where an export is verified.
    """
    if verdict.verdict != "different" or not file.path.endswith(".onnx"):
        return verdict
    runtime = verdict.runtime
    advice = f"export the run again with `--runs-in {runtime}`, or the keras.Model with runs_in=[{runtime!r}]"
    if model_file:
        model = f"keras.saving.load_model({model_file!r})"
        call = f"zoo.export({model}, ['onnx'], out='DIR', runs_in=[{runtime!r}])"
        advice = f"call {call}, if you trust the file"
    advice = f"To find the first tensor that differs, {advice}"
    return replace(verdict, problem=f"{verdict.problem}. {advice}")


def _first_tensor(path: Path, file: ExportedFile, inputs: Mapping[str, Array], prove: Prove) -> str:
    """Return the sentence that names the first tensor that differs; empty where no prefix does."""
    import onnx

    model = onnx.load(path)
    values = _inner_values(model, inputs)
    names = list(values)

    def differs(position: int) -> bool:
        name = names[position]
        probe = Probe(dict(inputs), {name: values[name]})
        with tempfile.TemporaryDirectory() as place:
            _write_prefix(model, name, Path(place) / path.name)
            with (Path(place) / "probe.npz").open("wb") as npz:
                save_probes({_PART: [probe]}, npz)
            prefix = ExportedFile(_PART, file.format, path.name)
            return _is_off(prove(Path(place), prefix), values[name])

    if not names or not differs(len(names) - 1):
        return ""
    right, wrong = -1, len(names) - 1
    while wrong - right > 1:
        middle = (right + wrong) // 2
        right, wrong = (right, middle) if differs(middle) else (middle, wrong)
    operator = next(node.op_type for node in model.graph.node if names[wrong] in node.output)
    return f"The tensor {names[wrong]!r}, an output of {operator}, is the first that differs"


def _is_off(verdict: Verdict, expected: Array) -> bool:
    """Return whether a tensor differs by more than the tolerance of its largest value."""
    if verdict.verdict != "different":
        return False
    limit = ABSOLUTE + RELATIVE * float(np.abs(expected).max(initial=0.0))
    return verdict.difference is None or verdict.difference > limit


def _inner_values(model: Any, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return what ONNX Runtime computes for each tensor of real numbers, in the order of the graph."""
    import onnxruntime

    names = [name for node in model.graph.node for name in node.output if name]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    content = _with_outputs(model, names).SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    values = dict(zip(names, session.run(names, dict(inputs)), strict=True))
    return {name: value for name, value in values.items() if value.dtype == np.float32}


def _with_outputs(model: Any, names: Sequence[str]) -> Any:
    """Return a copy of a model with other outputs, whose types the runtime infers."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    copy.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    return copy


def _write_prefix(model: Any, name: str, path: Path) -> None:
    """Write the part of a graph that computes one tensor; all inputs stay."""
    import onnx

    shapes = onnx.shape_inference.infer_shapes(model).graph
    known = {value.name: value for value in [*shapes.value_info, *shapes.output]}
    prefix = _with_outputs(model, [])
    prefix.graph.output.append(
        known.get(name)
        or onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape=None)
    )
    needed, nodes = {name}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            nodes.append(node)
            needed |= {*node.input, *_names_inside(node)}
    del prefix.graph.node[:]
    prefix.graph.node.extend(reversed(nodes))
    path.write_bytes(prefix.SerializeToString())


def _names_inside(node: Any) -> set[str]:
    """Return the names of tensors that the graphs inside a node read."""
    graphs = [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    inner = [each for graph in graphs for each in graph.node]
    return {name for each in inner for name in [*each.input, *_names_inside(each)]}
