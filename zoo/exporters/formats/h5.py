"""The HDF5 file of Keras 1 and 2, which DL4J and older tools read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.formats.keras import check_custom_objects
from zoo.exporters.parts.canonical import operations_of

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

SUFFIX = ".h5"
RUNTIMES = ("keras",)


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Save the part.

    Args:
        part, path, options: as `Format.write` has them; no option is used.

    Raises:
        ExportError: its graph holds an operation outside any layer, with which Keras cannot load an .h5,
            or no other process could open one of its layers.
    """
    import keras
    from absl import logging

    check_custom_objects(part)
    for operation in operations_of(part.model):
        if not isinstance(operation, keras.Layer):
            raise ExportError(
                f"The operation {operation.name!r} ({type(operation).__name__}) stands bare in the "
                "graph, outside any layer, and Keras cannot load an .h5 with such an operation. Wrap it "
                "in a registered layer. (Embedding with mask_zero and Masking add one.)"
            )
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)  # Keras warns on every save that the format is old
    try:
        part.model.save(path)
    finally:
        logging.set_verbosity(verbosity)
