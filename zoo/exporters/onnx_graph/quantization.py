"""Smaller numbers in an ONNX model: float16, or 8 bits with ranges measured on examples.

    q = round(x / s) + z,   x ~ s (q - z)

With static quantization, s and z of each activation come from its smallest and largest value on calibration
examples, and those of each weight from its own values, one pair for each output channel. Jacob et al. 2018,
arXiv:1712.05877. ONNX Runtime computes with both (onnxruntime.quantization, onnxruntime.transformers).
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.exporters.onnx_graph.large_weights import insert_weights
from zoo.exporters.onnx_graph.model import canonical_model, in_canonical_form, set_metadata
from zoo.exporters.onnx_graph.opsets import check_opset

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

_QUANTIZED = ("Conv", "ConvTranspose", "Gemm", "MatMul")  # nearly all of the weights and the time


def float16_model(part: Part, options: Mapping[str, Any]) -> Any:
    """Return a part as a ModelProto that computes in float16; its inputs and outputs stay as they are.

    Args:
        part: the part.
        options: of the export; `opset` is used.
    """
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = _model(part, options)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # values beyond float16 are clipped, and the verdict shows it
        sizes = _nodes_of_sizes(model)
        small = convert_float_to_float16(model, keep_io_types=True, node_block_list=sizes)
    _drop_round_trips(small)
    return _with_contract(small, part)


def _nodes_of_sizes(model: Any) -> list[str]:
    """Return the names of the nodes that compute floats from integers alone, as sizes are.

    Integers above 2048 are not exact in float16, and those above 65,504 become infinite.
    """
    floats, integers = _names_by_kind(model)
    sizes: set[str] = set()  # floats that are computed from integers alone
    nodes: list[str] = []
    constants = {each.name for each in model.graph.initializer} | {""}  # "": an input left out
    for node in model.graph.node:
        inputs = set(node.input) - constants
        if not inputs or not inputs <= integers | sizes:
            continue
        outputs = floats.intersection(node.output)
        if outputs or not sizes.isdisjoint(inputs):
            nodes.append(node.name)
            sizes |= outputs
    return nodes


def _names_by_kind(model: Any) -> tuple[set[str], set[str]]:
    """Return the names of the float32 tensors of a model, and of those of integers and booleans."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(model).graph
    kinds = {
        each.name: each.type.tensor_type.elem_type
        for each in (*graph.value_info, *graph.input, *graph.output)
    }
    types = onnx.TensorProto
    whole = (types.INT32, types.INT64, types.BOOL)
    return (
        {name for name, kind in kinds.items() if kind == types.FLOAT},
        {name for name, kind in kinds.items() if kind in whole},
    )


def _drop_round_trips(model: Any) -> None:
    """Connect nodes to a float32 tensor directly where it was cast to float16 and back."""
    floats, _ = _names_by_kind(model)
    makers = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            back = makers.get(name)
            there = makers.get(back.input[0]) if back and back.op_type == "Cast" else None
            if name in floats and there and there.op_type == "Cast" and there.input[0] in floats:
                node.input[position] = there.input[0]
    used = {name for node in model.graph.node for name in node.input}
    used |= {output.name for output in model.graph.output}
    nodes = [n for n in model.graph.node if n.op_type != "Cast" or not used.isdisjoint(n.output)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def int8_model(part: Part, options: Mapping[str, Any], batches: Sequence[Mapping[str, Any]]) -> Any:
    """Return a part as a ModelProto whose convolutions and matrix products compute in 8 bits.

    Args:
        part: the part.
        options: of the export; `opset` is used.
        batches: the calibration examples: arrays by the names of the inputs.
    """
    import onnx
    from onnxruntime import quantization

    with tempfile.TemporaryDirectory() as folder, _quiet_log():
        source, target = Path(folder) / "float32.onnx", Path(folder) / "int8.onnx"
        onnx.save(_model(part, options), source)
        quantization.quantize_static(
            source,
            target,
            _Reader(batches),
            op_types_to_quantize=list(_QUANTIZED),
            per_channel=True,
        )
        return _with_contract(onnx.load(target), part)


class _Reader:
    """A CalibrationDataReader of onnxruntime: batch after batch, and None at the end."""

    def __init__(self, batches: Iterable[Mapping[str, Any]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> Mapping[str, Any] | None:
        """Return the next batch."""
        return next(self._batches, None)


def _model(part: Part, options: Mapping[str, Any]) -> Any:
    model, weights = canonical_model(part, check_opset(options.get("opset")))
    insert_weights(model.graph, weights)
    return model


def _with_contract(model: Any, part: Part) -> Any:
    """Return a model in canonical form, with the contract's names, sizes and metadata."""
    canonical = in_canonical_form(model, part)
    set_metadata(canonical, part)
    return canonical


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Hide the advice that onnxruntime.quantization logs."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
