"""The folders that the zoo writes and reads: runs, cache, data sets, trained weights."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from zoo import environment
from zoo.diagnosis.findings import Finding
from zoo.registry import shipped_weights
from zoo.registry.catalog import catalog

TOPIC = "folders"
LITTLE_SPACE = 2**30  # bytes


def folder_findings() -> Iterator[Finding]:
    """Yield whether each folder is there and can be written."""
    yield _writable("runs", environment.runs_folder(), "ZOO_RUNS")
    yield _writable("cache", environment.cache_folder(), "ZOO_CACHE")
    yield _writable("temporary files", Path(tempfile.gettempdir()), "TMPDIR")
    data = environment.data_folder()
    if data.is_dir():
        yield Finding(TOPIC, "data sets", "ok", str(data))
    else:
        advice = "set ZOO_DATA to the folder of your data sets; digits and diabetes need none"
        yield Finding(TOPIC, "data sets", "note", f"{data} does not exist", advice)


def _writable(subject: str, folder: Path, variable: str) -> Finding:
    """Return whether a folder, or the one that it would be made in, can be written and has space."""
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        advice = f"set {variable} to a folder that you may write"
        return Finding(TOPIC, subject, "problem", f"{existing} cannot be written", advice)
    free = shutil.disk_usage(existing).free
    detail = f"{folder}, {free / 2**30:.1f} GiB free"
    if free < LITTLE_SPACE:
        return Finding(TOPIC, subject, "note", detail, f"free some space, or set {variable}")
    return Finding(TOPIC, subject, "ok", detail)


def weights_findings() -> Iterator[Finding]:
    """Yield how many models of the catalog have trained weights on this machine."""
    entries = catalog().find(weights=True)
    absent = [entry.name for entry in entries if shipped_weights.locate(entry) is None]
    detail = f"{len(entries) - len(absent)} of {len(entries)} models have theirs on this machine"
    advice = f"zoo weights fetch {absent[0]}" if absent else ""
    yield Finding("weights", "trained weights", "note" if absent else "ok", detail, advice)


def catalog_findings() -> Iterator[Finding]:
    """Yield the catalogs that are read, and each that is left out with the reason."""
    problems = catalog().problems
    for problem in problems:
        package, _, reason = problem.partition(": ")
        advice = "its author must repair it; the other models work"
        yield Finding("catalogs", package, "problem", reason, advice)
    if not problems:
        yield Finding("catalogs", "catalogs", "ok", f"{len(catalog().names())} models")
