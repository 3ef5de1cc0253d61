"""The shared library of ONNX Runtime that the Python package brings; programs in Rust and Go load it."""

from __future__ import annotations

import importlib.util
from importlib.metadata import version
from pathlib import Path

from zoo.errors import ExportError

_NAMES = ("libonnxruntime.so*", "libonnxruntime*.dylib", "onnxruntime.dll")


def find_library() -> Path | None:
    """Return the path of the library, None where the package has none; it is not imported."""
    spec = importlib.util.find_spec("onnxruntime")
    for folder in spec.submodule_search_locations or () if spec else ():
        for pattern in _NAMES:
            for path in sorted((Path(folder) / "capi").glob(pattern)):
                return path
    return None


def missing_library() -> str:
    """Return what to install for the library; empty where it is installed."""
    return (
        "" if find_library() else "the library of onnxruntime is missing: pip install onnxruntime"
    )


def library_path() -> str:
    """Return the path of the library.

    Raises:
        ExportError: it is not installed.
    """
    path = find_library()
    if path is None:
        raise ExportError(missing_library())
    return str(path)


def library_version() -> str:
    """Return "onnxruntime VERSION"."""
    return f"onnxruntime {version('onnxruntime')}"
