"""The opsets of ONNX: tf2onnx writes 11 to 18, and the version converter of ONNX makes 19 to 21 of 18."""

from __future__ import annotations

from typing import Any

from zoo.errors import ExportError, SettingError, format_cause

OPSETS = range(11, 22)  # files of opset 9 are invalid
LARGEST_CONVERTED = 18  # by tf2onnx, which refuses 19
DEFAULT_OPSET = 17
_IR_VERSIONS = {19: 9, 20: 9, 21: 10}  # the first version of the file format that has the opset


def check_opset(opset: int | None) -> int:
    """Return the opset, 17 for None.

    Raises:
        SettingError: it is out of range.
    """
    if opset is not None and opset not in OPSETS:
        raise SettingError(f"The opset must be from {OPSETS[0]} to {OPSETS[-1]}. Received: {opset}")
    return DEFAULT_OPSET if opset is None else opset


def convert_opset(model: Any, opset: int) -> Any:
    """Return a model of opset 18 in a later opset.

    Args:
        model: a ModelProto.
        opset: 19 to 21.

    Raises:
        ExportError: the version converter fails.
    """
    import onnx

    try:
        converted = onnx.version_converter.convert_version(model, opset)
    except Exception as error:  # whatever the converter meets
        raise ExportError(
            f"The version converter of ONNX {onnx.__version__} cannot make opset {opset} of opset "
            f"{LARGEST_CONVERTED}: {format_cause(error)}. Choose an opset up to {LARGEST_CONVERTED}."
        ) from error
    converted.ir_version = max(converted.ir_version, _IR_VERSIONS[opset])
    return converted
