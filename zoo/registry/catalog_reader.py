"""Read one catalog file: TOML to entries, with errors that name the file and the place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoo.entry_points import ARCHITECTURES, DATASETS, EntryPointGroup
from zoo.entry_points.switches import KEY
from zoo.errors import CatalogError, UnsafeFile, brief, nearest
from zoo.io.cache.parsed_files import Parse
from zoo.io.foreign.entries import COUNTS, is_number
from zoo.io.foreign.limits import LIMITS, check_limit, limit
from zoo.io.foreign.toml_text import parse_toml
from zoo.io.text import read_bytes
from zoo.weights.description import WeightsInfo, parse_weights

LARGEST_FILE = LIMITS["catalog_bytes"][0]  # bytes, unless ZOO_LIMITS says something else
TAG = r"\w[\w-]*"  # a model's name is also the name of its run's directory


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalog; `package` is None for an entry of the user's."""

    name: str
    summary: str
    dataset: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    reference: str = ""
    baseline: str = ""
    results: Mapping[str, float] = field(default_factory=dict)
    examples: Mapping[str, int] = field(default_factory=dict)
    measured: str = ""
    weights: WeightsInfo | None = None
    source: str = ""
    package: str | None = None

    @property
    def architecture(self) -> str:
        """The name of the plug-in that builds it."""
        return self.name.partition(".")[0]

    @property
    def place(self) -> str:
        """Where the entry is: the package, the file and the table."""
        package = "" if self.package is None else f"{self.package}: "
        return f"{package}{self.source}: [{self.name}]"


_TYPES: dict[str, tuple[type, str]] = {
    "summary": (str, "a text"),
    "dataset": (str, "a dataset's name"),
    "settings": (dict, "a table of settings"),
    "tags": (list, "a list of texts"),
    "reference": (str, "a text"),
    "baseline": (str, "a text"),
    "results": (dict, "a table of numbers"),
    "examples": (dict, "a table of whole numbers"),
    "measured": (str, "a command"),
    "weights": (dict, "a table that describes a weights file"),
}


def read_entries(path: Path, package: str | None, parse: Parse | None = None) -> dict[str, Entry]:
    """Return the entries of a catalog file by name.

    Args:
        path: the file.
        package: the package that ships it; None: it is the user's.
        parse: returns the table of a file; it is parsed if not given.

    Raises:
        CatalogError: the file cannot be read, or an entry is wrong.
    """
    architectures, datasets = EntryPointGroup(ARCHITECTURES), EntryPointGroup(DATASETS)
    return {
        name: _entry(path, package, name, table, datasets)
        for name, table in _tables(path, package, (parse or parse_catalog)(path), architectures)
    }


def _tables(
    path: Path, package: str | None, content: Mapping[str, Any], architectures: EntryPointGroup
) -> Iterator[tuple[str, Any]]:
    """Yield each model's name with what the file holds for it."""
    for architecture, models in content.items():
        if architecture == KEY and package is None and not isinstance(models, dict):
            _check_disabled_names(path, models)
            continue
        if architecture not in architectures:
            raise CatalogError(
                f"{path}: there is no architecture {brief(architecture)}. "
                f"{nearest(architecture, architectures.names())}"
            )
        if not isinstance(models, dict):
            raise CatalogError(
                f"{path}: {architecture!r} must hold tables [{architecture}.TAG]. "
                f"Received: {brief(models)}"
            )
        for tag, table in models.items():
            name = f"{architecture}.{tag}"
            if not re.fullmatch(TAG, tag):
                raise CatalogError(
                    f"{path}: a model's name is architecture.tag; a tag has letters, digits, _ and -. "
                    f"Received: {brief(name)}"
                )
            yield name, table


def _check_disabled_names(path: Path, names: Any) -> None:
    """Refuse a list of plug-ins to switch off that is no list of names."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CatalogError(
            f"{path}: {KEY} must be a list of names of plug-ins. Received: {brief(names)}"
        )


def _entry(
    path: Path, package: str | None, name: str, table: Any, datasets: EntryPointGroup
) -> Entry:
    where = f"{path}: [{name}]"
    if not isinstance(table, dict):
        raise CatalogError(f"{where} must be a table. Received: {brief(table)}")
    _check_types(where, table)
    dataset = table.get("dataset")
    if dataset is not None and dataset not in datasets:
        raise CatalogError(
            f"{where}: there is no dataset {brief(dataset)}. {nearest(dataset, datasets.names())}"
        )
    fields = {**table, "tags": tuple(table.get("tags", ()))}
    if "weights" in table:
        fields["weights"] = parse_weights(where, table["weights"])
    return Entry(name, **fields, source=str(path), package=package)


def _check_types(where: str, table: Mapping[str, Any]) -> None:
    for key, value in table.items():
        if key not in _TYPES:
            raise CatalogError(f"{where} has an unknown key {brief(key)}. {nearest(key, _TYPES)}")
        kind, expected = _TYPES[key]
        if not isinstance(value, kind):
            raise CatalogError(f"{where}: {key} must be {expected}. Received: {brief(value)}")
    if "summary" not in table:
        raise CatalogError(f"{where} lacks its summary.")
    if not all(isinstance(tag, str) for tag in table.get("tags", ())):
        raise CatalogError(f"{where}: tags must be texts. Received: {brief(table['tags'])}")
    if not all(map(is_number, table.get("results", {}).values())):
        raise CatalogError(f"{where}: results must be numbers. Received: {brief(table['results'])}")
    if not COUNTS[0](examples := table.get("examples", {})):
        raise CatalogError(
            f"{where}: examples must be whole numbers from 0 on. Received: {brief(examples)}"
        )


def _read(path: Path) -> bytes:
    """Return the bytes of a catalog file, or of a pipe that this process was started with."""
    if not str(path).startswith("/dev/fd/"):
        return read_bytes(path, "catalog_bytes")
    with path.open("rb") as pipe:
        content = pipe.read(limit("catalog_bytes") + 1)
    check_limit(path, "catalog_bytes", len(content), more=True)
    return content


def parse_catalog(path: Path) -> dict[str, Any]:
    """Return the table of a catalog file.

    Raises:
        CatalogError: it cannot be read, or is no TOML.
    """
    try:
        return parse_toml(_read(path).decode("utf-8-sig"), path)
    except UnsafeFile as error:
        raise CatalogError(str(error)) from error
    except OSError as error:
        raise CatalogError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path} is not UTF-8 text.") from error
    except RecursionError as error:
        raise CatalogError(f"{path} is nested too deeply.") from error
    except ValueError as error:  # TOML's own error is one, and too many digits raise one
        raise CatalogError(f"{path} is not valid TOML: {error}.") from error
