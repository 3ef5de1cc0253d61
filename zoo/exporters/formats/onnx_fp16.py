"""ONNX that computes in float16: half the size. It is approximate, and never called equal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.exporters.onnx_graph.quantization import float16_model

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

SUFFIX = ".fp16.onnx"
RUNTIMES = ("onnxruntime",)
APPROXIMATE = True


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Convert the part, and its weights to float16. Inputs and outputs stay float32.

    Args:
        part: the part; its contract names the inputs and outputs.
        path: of the new file.
        options: `opset`, as for the format onnx.

    Raises:
        SettingError: the opset is out of range.
        ExportError: the graph needs an operator that ONNX does not have.
    """
    import onnx

    path.write_bytes(float16_model(part, options).SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path), full_check=True)
