"""ONNX, for ONNX Runtime and everything that reads it.

tf2onnx reports success on graphs that no runtime loads, or that require extra inputs. What can be
repaired is repaired (`zoo.exporters.onnx_graph`); the rest is refused with the layer and the remedy
(docs/export-facts.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.exporters.formats.protocol import DATA_SUFFIX
from zoo.exporters.onnx_graph.large_weights import (
    insert_weights,
    needs_second_file,
    write_weights,
)
from zoo.exporters.onnx_graph.model import canonical_model
from zoo.exporters.onnx_graph.opsets import check_opset

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

SUFFIX = ".onnx"
RUNTIMES = ("onnxruntime",)


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Convert the part, repair the graph, and bring it to canonical form.

    Beyond 2 GiB the weights lie in a file beside it, PATH.data.

    Args:
        part: the part; its contract names the inputs and outputs.
        path: of the new file.
        options: `opset`, from 11 to 21, or None for 17.

    Raises:
        SettingError: the opset is out of range.
        ExportError: the graph needs an operator that ONNX does not have.
    """
    import onnx

    model, weights = canonical_model(part, check_opset(options.get("opset")))
    if weights and needs_second_file(part):
        write_weights(model.graph, weights, path.with_name(f"{path.name}{DATA_SUFFIX}"))
    else:
        insert_weights(model.graph, weights)
    path.write_bytes(model.SerializeToString(deterministic=True))
    del model  # the check reads the file, and the weights would be in memory twice
    onnx.checker.check_model(str(path), full_check=True)
