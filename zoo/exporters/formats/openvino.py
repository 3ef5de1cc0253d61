"""OpenVINO's IR: an .xml file with the graph, and a .bin file beside it with the weights in float32."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.formats import onnx
from zoo.runtimes.group import missing_package

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

SUFFIX = ".xml"
DATA_SUFFIX = ".bin"
RUNTIMES = ("openvino",)


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Convert the part by way of ONNX, whose graph has the contract's names.

    OpenVINO's own reader of TensorFlow's graphs refuses recurrent layers, and loses names.

    Args:
        part: the part.
        path: of the new .xml file. The weights are in the .bin file of the same name.
        options: none is used.

    Raises:
        ExportError: the part cannot be written as ONNX, or OpenVINO is not installed.
    """
    if problem := missing_package("openvino", "openvino"):
        raise ExportError(problem)
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "part.onnx"
        onnx.write(part, draft, {})
        model = openvino.Core().read_model(draft)
        _describe(model, part)
        openvino.save_model(model, str(path), compress_to_fp16=False)


def _describe(model: Any, part: Part) -> None:
    """Name the model, and write the contract and the origin into its runtime information.

    A free size has no name in the format. The names are in the contract.
    """
    model.set_friendly_name(part.role)
    facts = {"contract": json.dumps(part.contract.to_json(), sort_keys=True), **part.origin}
    for name, fact in sorted(facts.items()):
        model.set_rt_info(fact, ["zoo", name])
