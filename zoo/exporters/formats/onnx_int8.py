"""ONNX that computes in 8 bits, calibrated on the run's data. It is approximate, and never called equal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.exporters.onnx_graph.calibration import calibration_batches
from zoo.exporters.onnx_graph.quantization import int8_model

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

SUFFIX = ".int8.onnx"
RUNTIMES = ("onnxruntime",)
APPROXIMATE = True


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Convert the part, and its convolutions and matrix products to 8 bits. Inputs and outputs stay float32.

    Args:
        part: the part; its contract names the inputs and outputs.
        path: of the new file.
        options: `examples`, a function that returns examples of the run's training data; `parts`, all
            parts by role; and `opset`, as for the format onnx.

    Raises:
        SettingError: the opset is out of range.
        ExportError: there are no examples to calibrate on, or the graph needs an operator that ONNX does
            not have.
    """
    import onnx

    model = int8_model(part, options, calibration_batches(part, options))
    path.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path), full_check=True)
