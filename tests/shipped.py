"""A small model with shipped weights: its file, and a catalog file of the user's that describes it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import zoo
from zoo.publication.catalog_file import entry_section
from zoo.publication.prepared_run import prepare_run
from zoo.publication.terms import Terms
from zoo.publication.weights_file import write_weights_file
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import Entry
from zoo.weights.description import WeightsInfo

NAME = "mlp.tiny"
TERMS = Terms("MIT", "a few digits", "CC-BY-4.0")


def ship(run: zoo.Run, folder: Path, name: str = NAME) -> WeightsInfo:
    """Write the weights file of a run into a folder, and ./registry.toml with its entry."""
    folder.mkdir(exist_ok=True)
    with TemporaryDirectory() as temporary:
        prepared = prepare_run(run, Path(temporary))
        info = write_weights_file(prepared, name, folder, TERMS, "0123abc")
    describe(info, name)
    return info


def describe(info: WeightsInfo, name: str = NAME) -> None:
    """Write ./registry.toml with one entry."""
    entry = Entry(name, "A tiny perceptron", results={"accuracy": 0.5}, weights=info)
    Path("registry.toml").write_text(entry_section(entry), "utf-8")
    catalog.cache_clear()
