"""The places where a weights file may be; the first that has it decides.

1. the folder that ZOO_WEIGHTS names
2. the folder of the catalog file that has the entry
3. the folder of each installed distribution with an entry point in the group zoo.weights
4. the user's cache, where fetched files are
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zoo.entry_points import WEIGHTS, EntryPointGroup
from zoo.environment import cache_folder, weights_folder
from zoo.weights.description import WeightsInfo


@dataclass(frozen=True)
class WeightsPlace:
    """A weights file on this machine, and what brought it here."""

    path: Path
    origin: str


def find_weights(
    info: WeightsInfo, catalog_file: Path | None = None, package: str | None = None
) -> WeightsPlace | None:
    """Return where a weights file is, or None. The file is not opened.

    Args:
        info: what the catalog says about it.
        catalog_file: the catalog file that has the entry, or None.
        package: the package that ships the catalog file; None: it is the user's.
    """
    for folder, origin in _folders(catalog_file, package):
        path = folder / info.file
        if path.is_file():
            return WeightsPlace(path, origin)
    path = cached_file(info)
    return WeightsPlace(path, "the user's cache") if path.is_file() else None


def cached_file(info: WeightsInfo) -> Path:
    """Return where the cache keeps a weights file; versions of one file have different places."""
    return cache_folder() / "weights" / info.sha256[:16] / info.file


def _folders(catalog_file: Path | None, package: str | None) -> Iterator[tuple[Path, str]]:
    if named := weights_folder():
        yield named, "ZOO_WEIGHTS"
    if catalog_file is not None:
        yield catalog_file.parent, package or str(catalog_file.parent)
    group = EntryPointGroup(WEIGHTS)
    for name in group.names():
        for folder in group.folders(name):
            yield folder, group.packages(name)
