"""zoo: classic neural architectures as plug-ins, trained one way, and exports that are proved equal.

Importing it imports neither Keras nor TensorFlow nor NumPy; each name below loads its module when
it is first used. It sets the environment variable that gives TensorFlow its fastest kernels.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from zoo.environment import set_default_kernels

if TYPE_CHECKING:
    from zoo.config import ClassNames, Config, Fraction, WithoutData
    from zoo.data.dataset import Dataset, has_no_data
    from zoo.data.images import read_image
    from zoo.data.load import open_dataset
    from zoo.data.split import Split
    from zoo.descriptions.describe import describe
    from zoo.descriptions.description import Description
    from zoo.entry_points import list_datasets
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
        WeightsError,
        WriteError,
        ZooError,
    )
    from zoo.exporters.api import export, verify
    from zoo.exporters.report import Report
    from zoo.interpret.explain import explain
    from zoo.interpret.gallery import gallery
    from zoo.io.results import Values
    from zoo.pages.api import page
    from zoo.registry.architectures import list_architectures
    from zoo.registry.catalog import list_models
    from zoo.registry.hookspecs import Measure, hookimpl
    from zoo.registry.run_info import RunInfo
    from zoo.runs.comparison import compare
    from zoo.runs.evaluation import evaluate
    from zoo.runs.load import create, load
    from zoo.runs.load import open as open
    from zoo.runs.predict import apply, predict
    from zoo.runs.repeats import train_seeds
    from zoo.runs.run import Run
    from zoo.runs.training import train
    from zoo.sweeps.sweep import sweep

__all__ = [
    "CatalogError",
    "ClassNames",
    "Config",
    "DataError",
    "Dataset",
    "Description",
    "ExportError",
    "Fraction",
    "Measure",
    "PluginError",
    "Report",
    "Run",
    "RunError",
    "RunInfo",
    "SettingError",
    "Split",
    "TrainingError",
    "UnknownName",
    "UnsafeFile",
    "UsageError",
    "Values",
    "WeightsError",
    "WithoutData",
    "WriteError",
    "ZooError",
    "apply",
    "compare",
    "create",
    "describe",
    "evaluate",
    "explain",
    "export",
    "gallery",
    "has_no_data",
    "hookimpl",
    "list_architectures",
    "list_datasets",
    "list_models",
    "load",
    "open",
    "open_dataset",
    "page",
    "predict",
    "read_image",
    "sweep",
    "train",
    "train_seeds",
    "verify",
]

_MODULES = {
    "ClassNames": "config",
    "Config": "config",
    "Dataset": "data.dataset",
    "Description": "descriptions.description",
    "Fraction": "config",
    "Measure": "registry.hookspecs",
    "Report": "exporters.report",
    "Run": "runs.run",
    "RunInfo": "registry.run_info",
    "Split": "data.split",
    "Values": "io.results",
    "WithoutData": "config",
    "apply": "runs.predict",
    "compare": "runs.comparison",
    "create": "runs.load",
    "has_no_data": "data.dataset",
    "describe": "descriptions.describe",
    "evaluate": "runs.evaluation",
    "explain": "interpret.explain",
    "export": "exporters.api",
    "gallery": "interpret.gallery",
    "hookimpl": "registry.hookspecs",
    "list_architectures": "registry.architectures",
    "list_datasets": "entry_points",
    "list_models": "registry.catalog",
    "load": "runs.load",
    "open": "runs.load",
    "open_dataset": "data.load",
    "page": "pages.api",
    "predict": "runs.predict",
    "read_image": "data.images",
    "sweep": "sweeps.sweep",
    "train": "runs.training",
    "train_seeds": "runs.repeats",
    "verify": "exporters.api",
}

set_default_kernels()  # TensorFlow reads the variable when it is imported
if "IPython" in sys.modules:
    import_module("zoo.descriptions.ipython_completion").register()


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    value = getattr(import_module(f"zoo.{_MODULES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
