"""What can be exported: a run, a .keras file or a model; and how each is opened."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import UsageError, format_cause
from zoo.exporters.formats.keras import open_model_file as open_keras
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Source:
    """The parts of something, its name, where it came from, and where its export would lie."""

    parts: dict[str, keras.Model]
    name: str
    origin: dict[str, str]
    beside: Path | None = None


def open_source(source: str | Path | Run | keras.Model) -> Source:
    """Open whatever is to be exported.

    Raises:
        UsageError: there is no such run or file, or it cannot be opened.
    """
    import keras

    if isinstance(source, keras.Model):
        return Source({"model": source}, source.name, _origin(source))
    if isinstance(source, str | Path) and Path(source).suffix == ".keras":
        model = _from_file(Path(source))
        return Source({"model": model}, str(source), _origin(model))
    return _from_run(Run.open(source))


def _from_run(run: Run) -> Source:
    from zoo.runs.load import load_run_model

    chosen, model = load_run_model(run)
    dataset = run.record["dataset"]
    origin = _origin(model) | {
        "model": run.name,
        "architecture": f"{chosen.architecture.name} ({chosen.architecture.package})",
        "preprocessing": str(dataset.get("preprocessing", "")),
        "classes": json.dumps(dataset.get("classes")),
    }
    made = chosen.architecture.export(model, chosen.config)
    return Source(made, run.name, origin, run.path / "export")


def _from_file(path: Path) -> keras.Model:
    import keras

    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    try:
        model = open_keras(path)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise UsageError(f"{path} cannot be opened: {format_cause(error)}") from error
    if not isinstance(model, keras.Model):
        raise UsageError(f"{path} holds a {type(model).__name__}, expected a model.")
    return model


def _origin(model: keras.Model) -> dict[str, str]:
    return {"zoo": version("keras-zoo"), "weights": _hash(model)}


def _hash(model: keras.Model) -> str:
    """Hash all weights in order."""
    total = hashlib.sha256()
    for array in model.get_weights():
        total.update(f"{array.dtype}{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()
