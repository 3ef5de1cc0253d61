"""What a name stands for in `zoo show`: a model of the catalog, an architecture, or a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.errors import UnknownName
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import Entry
from zoo.runs.run import Run

__all__ = ["Subject", "find_subject"]


@dataclass(frozen=True)
class Subject:
    """An architecture with settings. `entry` is None for a bare architecture, `run` for all but a run.

    `settings` are those that differ from the defaults; of a run, all of them.
    """

    name: str
    architecture: str
    settings: Mapping[str, Any]
    dataset: str | None = None
    entry: Entry | None = None
    run: Run | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what decides how the model is built."""
        return {
            "architecture": self.architecture,
            "settings": dict(self.settings),
            "dataset": None if self.run else self.dataset,
            "run": self.run is not None,
        }


def find_subject(name: str | Path | Run) -> Subject:
    """Return what a name stands for: an architecture, else a model of the catalog, else a run.

    Raises:
        UnknownName: nothing has this name.
        RunError: the run's run.json is broken.
        CatalogError: two packages offer a model of that name.
    """
    if not isinstance(name, str):
        return _run_subject(Run.open(name))
    if name in registry().names():
        return Subject(name, name, {})
    try:
        entry = catalog().get(name)
    except UnknownName as unknown:
        try:
            return _run_subject(Run.open(name))
        except UnknownName as no_run:
            raise (unknown if Path(name).name == name else no_run) from None
    return Subject(entry.name, entry.architecture, entry.settings, entry.dataset, entry)


def _run_subject(run: Run) -> Subject:
    record = run.record
    entry = catalog().get(run.name) if run.name in catalog().names() else None
    source = record["dataset"].get("source")
    return Subject(run.name, record["architecture"], record["config"], source, entry, run)
