"""The HDF5 file of Keras 2 for Deeplearning4j on the JVM, with layers that its import computes rightly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.formats.dl4j.expand import expand_model
from zoo.exporters.formats.dl4j.keras2 import write_keras2

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Tensor
    from zoo.exporters.parts.part import Part

SUFFIX = ".dl4j.h5"
RUNTIMES = ("dl4j",)


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Expand what Deeplearning4j lacks, and save the rest in the form of Keras 2.

    Args:
        part, path, options: as `Format.write` has them; no option is used.

    Raises:
        ExportError: a layer can neither be read by Deeplearning4j nor be expanded.
    """
    _check_dtypes("input", part.contract.inputs)
    _check_dtypes("output", part.contract.outputs)
    write_keras2(expand_model(part), path, part)


def _check_dtypes(side: str, tensors: Sequence[Tensor]) -> None:
    """Refuse inputs or outputs that are no float32.

    Raises:
        ExportError: it names the tensor.
    """
    for tensor in tensors:
        if tensor.dtype != "float32":
            raise ExportError(
                f"The {side} {tensor.name!r} has the dtype {tensor.dtype}, and Deeplearning4j computes an "
                "imported model in float32 only. Cast it inside the part, or leave out this format."
            )
