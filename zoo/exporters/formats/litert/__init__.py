"""LiteRT's .tflite, formerly TensorFlow Lite, with built-in operators only, which every interpreter has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.formats.litert.flatbuffer import with_contract
from zoo.exporters.formats.litert.operators import built_in_operators
from zoo.exporters.formats.saved_model import serving_function
from zoo.exporters.formats.silence import silent_standard_error
from zoo.exporters.parts.canonical import layers_of

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

SUFFIX = ".tflite"
RUNTIMES = ("litert",)


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Convert the part to operators that LiteRT itself has.

    Args:
        part, path, options: as `Format.write` has them; no option is used.

    Raises:
        ExportError: the part needs an operator that LiteRT does not have.
    """
    path.write_bytes(with_contract(_convert(part), part))


def _convert(part: Part) -> bytes:
    import tensorflow as tf

    with built_in_operators(part.model):
        # A copy of the part has a function of its own; the part's function is shared by all formats.
        function = serving_function(replace(part)).get_concrete_function()
    weights = tf.Module()
    weights.variables_of_part = [variable.value for variable in part.model.variables]
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], weights)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    try:
        with silent_standard_error():
            return bytes(converter.convert())
    except Exception as error:  # the converter has errors of several kinds
        raise _refusal(part, str(error)) from error


def _refusal(part: Part, message: str) -> ExportError:
    """Return the error for a part that the converter refuses, with the operator and the layer."""
    operators = re.findall(r"\btf\.(\w+)", message.partition("Flex ops:")[2].partition("\n")[0])
    operators = operators or re.findall(r"'tf\.(\w+)' op", message)
    operator = operators[0] if operators else "an operator"
    layers = {layer.name: type(layer).__name__ for layer in layers_of(part.model)}
    scopes = re.findall(r"[\w.-]+", message.partition("loc(")[2] or message)
    name = next((scope for scope in scopes if scope in layers), "")
    subject = f"The layer {name!r} ({layers[name]})" if name else "The part"
    return ExportError(
        f"{subject} needs TensorFlow's operator {operator}, which LiteRT does not have among its "
        "built-in operators. Write the layer with other operations, or leave out this format."
    )
