"""The parts of a .tflite file that the converter leaves open: names, metadata, and the order of its bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Tensor
    from zoo.exporters.parts.part import Part

SIGNATURE = "serving_default"


def with_contract(content: bytes, part: Part) -> bytes:
    """Return a .tflite file with the contract's names and the part's origin.

    A free size has no name in the format. The names are in the metadata, under `zoo`.

    Args:
        content: the file as the converter writes it.
        part: whose contract names the inputs and outputs.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    (graph,), (signature,) = model.subgraphs, model.signatureDefs
    for tensors, entries in (
        (part.contract.inputs, signature.inputs),
        (part.contract.outputs, signature.outputs),
    ):
        _rename(graph, tensors, entries)
    model.description = _description(part)
    _add_metadata(model, part)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _rename(graph: Any, tensors: tuple[Tensor, ...], entries: list[Any]) -> None:
    """Name the tensors of a graph's inputs or outputs as the contract does."""
    names = {tensor.name for tensor in tensors}
    for entry in entries:
        name = entry.name.decode() if isinstance(entry.name, bytes) else entry.name
        if name in names:
            graph.tensors[entry.tensorIndex].name = name


def _description(part: Part) -> str:
    """Return one line for people: what wrote the file, and the licence of the weights if it is known."""
    license = part.origin.get("license")
    return f"Exported by zoo {part.origin.get('zoo', '')}".strip() + (
        f". License of the weights: {license}" if license else ""
    )


def _add_metadata(model: Any, part: Part) -> None:
    """Add the contract and the origin as JSON."""
    from tensorflow.lite.python import schema_py_generated as schema

    facts = {"contract": part.contract.to_json(), **part.origin}
    buffer, metadata = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(json.dumps(facts, sort_keys=True).encode(), np.uint8)
    metadata.name, metadata.buffer = "zoo", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), metadata]
