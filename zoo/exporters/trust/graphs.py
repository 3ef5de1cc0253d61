"""The checks of one exported file from elsewhere, before a runtime or a module of it is touched."""

from __future__ import annotations

from pathlib import Path

from zoo.entry_points import ARCHITECTURES, EntryPointGroup
from zoo.errors import UnsafeFile, ZooError, brief
from zoo.exporters.report import ExportedFile
from zoo.exporters.trust.onnx_check import check_onnx
from zoo.exporters.trust.saved_model_check import check_saved_model
from zoo.io.foreign.model_file import check_model_file

_OWN = ("zoo.layers", "zoo.tasks.")  # modules with layers
_LONGEST_START = 100  # bytes


def find_danger(folder: Path, file: ExportedFile) -> str:
    """Return why a file of somebody else must not be opened; empty where it may be opened."""
    try:
        check_modules(file.requires)
        check_graph(folder / file.path, file.format, file.data)
    except (ZooError, OSError) as error:
        return f"it was not opened: {str(error).rstrip('.')}"
    return ""


def check_graph(path: Path, format_name: str, data: str = "") -> None:
    """Refuse a graph with operators that do more than compute, and a file of another kind.

    Args:
        path: of the file or the folder; ONNX, SavedModels, HDF5 and XML are checked, other formats pass.
        format_name: of the group `zoo.formats`.
        data: the name of the second file that the first one reads its weights from.

    Raises:
        UnsafeFile: the message has no name of the file.
        OSError: it cannot be read.
    """
    if path.is_dir() and (
        format_name == "saved-model" or next(path.rglob("saved_model.pb*"), None)
    ):
        check_saved_model(path)
    elif format_name == "saved-model":
        raise UnsafeFile("it is no folder")
    elif path.suffix == ".onnx":
        check_onnx(path, data)
    elif (
        path.suffix == ".h5" or format_name == "dl4j"
    ):  # HDF5 crashes on a broken file in any language
        check_model_file(path)
    elif path.suffix == ".xml" or format_name == "openvino":
        _check_xml(path)
    elif format_name.startswith("onnx"):
        raise UnsafeFile("its name does not end in .onnx")


def _check_xml(path: Path) -> None:
    """Refuse a file for OpenVINO that is no XML: OpenVINO opens ONNX and others under any name.

    Raises:
        UnsafeFile: the message has no name of the file.
    """
    with path.open("rb") as file:
        if not file.read(_LONGEST_START).lstrip().startswith((b"<?xml", b"<net")):
            raise UnsafeFile("it is no XML, as files for OpenVINO are")


def check_modules(names: tuple[str, ...]) -> None:
    """Refuse modules that belong neither to the zoo's layers nor to an installed plug-in.

    Raises:
        UnsafeFile: the message has no name of the file.
    """
    packages = EntryPointGroup(ARCHITECTURES).modules()
    for name in names:
        package = name.partition(".")[0]
        is_private = any(part.startswith("_") for part in name.split("."))
        if not name.startswith(_OWN) and (package not in packages or is_private):
            raise UnsafeFile(
                f"it asks for the module {brief(name)}, which belongs to no installed plug-in"
            )
