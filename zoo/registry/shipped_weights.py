"""Trained weights of the catalog as a run: found or fetched, verified, and unpacked for this process."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from zoo.errors import UnknownName, UsageError, ZooError
from zoo.io.atomic import disk_errors
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import Entry
from zoo.weights.archive import unpack_weights
from zoo.weights.description import WeightsInfo
from zoo.weights.places import WeightsPlace, find_weights

PREFIX = "weights:"  # weights:cnn.mnist is the catalog's model even where a run has that name

log = logging.getLogger("zoo")


@dataclass(frozen=True)
class Shipped:
    """A weights file that is unpacked: its folder, its model, what the catalog says, its origin.

    `examples` are the numbers of test examples of its measures, as far as the catalog has them.
    """

    folder: Path
    name: str
    info: WeightsInfo
    origin: str
    examples: Mapping[str, int] = field(default_factory=dict)


def find_entry(reference: str) -> Entry | None:
    """Return the catalog entry with weights that a name stands for, or None.

    Args:
        reference: `cnn.mnist`, or `weights:cnn.mnist`.

    Raises:
        UnknownName: the reference has the prefix, and there is no such model.
        UsageError: the reference has the prefix, and the model has no weights.
    """
    name = reference.removeprefix(PREFIX)
    if name == reference and ("/" in name or "." not in name):
        return None  # a path, or the name of an architecture
    try:
        entry = catalog().get(name)
    except UnknownName as error:
        if name == reference:
            return None
        raise UnknownName("model with weights", name, names()) from error
    if entry.weights is None and name != reference:
        raise UsageError(f"The catalog has no weights of {name}. Train it: zoo train {name}")
    return entry if entry.weights is not None else None


def names() -> list[str]:
    """Return the names of the models that have weights."""
    return [entry.name for entry in catalog().find(weights=True)]


def log_hidden(reference: str, run: Path) -> None:
    """Log that a run of the user's has the name of a model with weights, and how these are named."""
    with suppress(ZooError):  # a broken catalog does not keep a run from being opened
        if find_entry(reference):
            log.info(
                "%s: your run %s; the catalog's weights are %s%s", reference, run, PREFIX, reference
            )


def locate(entry: Entry) -> WeightsPlace | None:
    """Return where the weights file of an entry is on this machine, or None."""
    assert entry.weights is not None
    return find_weights(entry.weights, Path(entry.source), entry.package)


def is_local(reference: str) -> bool:
    """Return whether a name stands for weights that are on this machine."""
    try:
        entry = find_entry(reference)
    except UnknownName:
        return False
    return entry is not None and locate(entry) is not None


def unpack(entry: Entry) -> Shipped:
    """Find or fetch the weights of an entry, verify them, and unpack them into a temporary folder.

    Raises:
        WeightsError: they are not on this machine and cannot be fetched.
        UnsafeFile: the file is not the one of the catalog.
        WriteError: the disk refuses.
    """
    assert entry.weights is not None
    place = locate(entry)
    if place is None:
        from zoo.weights.fetch import fetch_weights

        place = WeightsPlace(fetch_weights(entry.name, entry.weights), "the user's cache")
    with disk_errors(Path(tempfile.gettempdir())):
        folder = Path(tempfile.mkdtemp(prefix="zoo-weights-")) / entry.name
        folder.mkdir()
    try:
        unpack_weights(place.path, entry.weights, folder)
    except ZooError:
        shutil.rmtree(folder.parent, ignore_errors=True)
        raise
    log.info("%s: the weights of %s, verified by their hash", entry.name, place.origin)
    return Shipped(folder, entry.name, entry.weights, place.origin, entry.examples)
