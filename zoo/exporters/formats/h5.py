"""The HDF5 file of Keras 1 and 2, which DL4J and older tools read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.formats.keras import check_customs, keras_example
from zoo.exporters.formats.keras import open as open_keras
from zoo.exporters.formats.keras import prepare as prepare
from zoo.exporters.formats.protocol import Runner
from zoo.exporters.parts.canonical import operations_of

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Contract
    from zoo.exporters.parts.part import Part

SUFFIX = ".h5"
WITHOUT: tuple[str, ...] = ()


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Save the part.

    Raises:
        ExportError: its graph holds a bare operation, which an .h5 cannot be reopened with, or a
            layer that could not be opened again.
    """
    import keras
    from absl import logging

    check_customs(part)
    for operation in operations_of(part.model):
        if not isinstance(operation, keras.Layer):
            raise ExportError(
                f"The operation {operation.name!r} ({type(operation).__name__}) stands bare in the "
                "graph, and an .h5 with one does not load. Wrap it in a registered layer. (Embedding "
                "with mask_zero and Masking bring one along.)"
            )
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)  # Keras calls the format old on every save
    try:
        part.model.save(path)
    finally:
        logging.set_verbosity(before)


def open(path: Path) -> Runner:
    """Load the file in safe mode: no code in it is run."""
    return open_keras(path)


def example(contract: Contract, file: str) -> str:
    """Load and call with Keras alone."""
    return keras_example(contract, file)
