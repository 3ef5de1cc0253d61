"""zoo: classic neural architectures as plug-ins, trained one way, and exports that are proved equal.

Importing it imports neither Keras nor TensorFlow nor NumPy; each name below loads its module when
it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.catalog import list_models
    from zoo.comparing import compare
    from zoo.data import Dataset, Split
    from zoo.describing import Description, describe
    from zoo.errors import (
        CatalogError,
        DataError,
        ExportError,
        PluginError,
        RunError,
        SettingError,
        TrainingError,
        UnknownName,
        UnsafeFile,
        UsageError,
        WriteError,
        ZooError,
    )
    from zoo.exporting import export, verify
    from zoo.hookspecs import hookimpl
    from zoo.models import apply, create, evaluate, load
    from zoo.registry import list_architectures
    from zoo.reports import Report
    from zoo.runs import Run
    from zoo.settings import Config
    from zoo.training import train

__all__ = [
    "CatalogError",
    "Config",
    "DataError",
    "Dataset",
    "Description",
    "ExportError",
    "PluginError",
    "Report",
    "Run",
    "RunError",
    "SettingError",
    "Split",
    "TrainingError",
    "UnknownName",
    "UnsafeFile",
    "UsageError",
    "WriteError",
    "ZooError",
    "apply",
    "compare",
    "create",
    "describe",
    "evaluate",
    "export",
    "hookimpl",
    "list_architectures",
    "list_models",
    "load",
    "train",
    "verify",
]

_HOMES = {
    "Config": "settings",
    "Dataset": "data",
    "Description": "describing",
    "Report": "reports",
    "Run": "runs",
    "Split": "data",
    "apply": "models",
    "compare": "comparing",
    "create": "models",
    "describe": "describing",
    "evaluate": "models",
    "export": "exporting",
    "hookimpl": "hookspecs",
    "list_architectures": "registry",
    "list_models": "catalog",
    "load": "models",
    "train": "training",
    "verify": "exporting",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    value = getattr(import_module(f"zoo.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
