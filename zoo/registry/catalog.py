"""The catalog: the models that we offer, as pure data in registry.toml.

    [cnn.digits]                    # architecture.tag
    summary = "..."                 # required: one line
    dataset = "digits"              # a name of the group zoo.datasets
    settings = { epochs = 20 }      # what differs from the architecture's defaults
    tags = ["image"]
    reference = "..."               # the paper or page that it follows
    results = { accuracy = 0.99 }   # measured on the test split ...
    measured = "zoo train ..."      # ... by this command

Sources, later ones winning: our own file; the file of each installed plug-in, which is registry.toml
in its package's folder, or NAME.toml beside a single module NAME.py (read without importing either);
`./registry.toml`; and the file that ZOO_REGISTRY names. A broken file of the user's is an error; one
of a package is a problem that is reported and hurts only that package's models.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from zoo.entry_points import ARCHITECTURES, DATASETS, EntryPointGroup
from zoo.environment import catalog_file
from zoo.errors import CatalogError, UnknownName, brief, nearest

LARGEST_FILE = 64 * 2**20  # bytes; 10,000 entries take 3 MB
TAG = r"\w[\w-]*"  # a model's name is also the name of its run's directory


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalog."""

    name: str
    summary: str
    dataset: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    reference: str = ""
    results: Mapping[str, float] = field(default_factory=dict)
    measured: str = ""
    source: str = ""

    @property
    def architecture(self) -> str:
        """The name of the plug-in that builds it."""
        return self.name.partition(".")[0]


_TYPES: dict[str, tuple[type, str]] = {
    "summary": (str, "a text"),
    "dataset": (str, "a dataset's name"),
    "settings": (dict, "a table of settings"),
    "tags": (list, "a list of texts"),
    "reference": (str, "a text"),
    "results": (dict, "a table of numbers"),
    "measured": (str, "a command"),
}


class Catalog:
    """Every entry by name, and the problems of packages whose file is broken."""

    def __init__(self, files: Mapping[Path, str | None]) -> None:
        """Read files in order; the value is the package that ships the file, None for the user's."""
        self.problems: list[str] = []
        self._entries: dict[str, Entry] = {}
        self._claims: dict[str, str] = {}
        self._architectures = frozenset(EntryPointGroup(ARCHITECTURES).names())
        self._datasets = frozenset(EntryPointGroup(DATASETS).names())
        for path, package in files.items():
            try:
                self._add(path, package)
            except CatalogError as error:
                if package is None:
                    raise
                self.problems.append(f"{package}: {error}")

    def names(self) -> list[str]:
        """List every model, sorted."""
        return sorted(self._entries)

    def get(self, name: str) -> Entry:
        """Find one model.

        Raises:
            UnknownName: there is no such model.
            CatalogError: two packages offer a model of that name.
        """
        if name in self._claims:
            raise CatalogError(self._claims[name])
        if name not in self._entries:
            hint = f"Broken catalogs: {'; '.join(self.problems)}" if self.problems else ""
            raise UnknownName("model", name, {*self._entries, *self._architectures}, hint)
        return self._entries[name]

    def find(self, pattern: str = "*", tag: str | None = None) -> list[Entry]:
        """Find the models whose name matches a glob and that carry a tag."""
        return [
            entry
            for name, entry in sorted(self._entries.items())
            if fnmatchcase(name, pattern) and (tag is None or tag in entry.tags)
        ]

    def _add(self, path: Path, package: str | None) -> None:
        entries = dict(self._read(path))
        for name, entry in entries.items():
            other = self._entries.get(name)
            if package is not None and other is not None:
                self._claims[name] = (
                    f"The model {name!r} is offered by two packages, in {other.source} and {path}. "
                    "Uninstall one of them."
                )
            else:
                self._claims.pop(name, None)
            self._entries[name] = entry

    def _read(self, path: Path) -> Iterator[tuple[str, Entry]]:
        for architecture, models in _parse_toml(path).items():
            if architecture not in self._architectures:
                raise CatalogError(
                    f"{path}: there is no architecture {brief(architecture)}. "
                    f"{nearest(architecture, self._architectures)}"
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
                        f"{path}: a model's name is architecture.tag, and the tag letters, digits, _ "
                        f"and -. Received: {brief(name)}"
                    )
                yield name, self._checked(path, name, table)

    def _checked(self, path: Path, name: str, table: Any) -> Entry:
        where = f"{path}: [{name}]"
        if not isinstance(table, dict):
            raise CatalogError(f"{where} must be a table. Received: {brief(table)}")
        for key, value in table.items():
            if key not in _TYPES:
                raise CatalogError(
                    f"{where} has an unknown key {brief(key)}. {nearest(key, _TYPES)}"
                )
            kind, expected = _TYPES[key]
            if not isinstance(value, kind):
                raise CatalogError(f"{where}: {key} must be {expected}. Received: {brief(value)}")
        if "summary" not in table:
            raise CatalogError(f"{where} lacks its summary.")
        dataset = table.get("dataset")
        if dataset is not None and dataset not in self._datasets:
            raise CatalogError(
                f"{where}: there is no dataset {brief(dataset)}. {nearest(dataset, self._datasets)}"
            )
        if not all(isinstance(tag, str) for tag in table.get("tags", ())):
            raise CatalogError(f"{where}: tags must be texts. Received: {brief(table['tags'])}")
        if not all(type(value) in (int, float) for value in table.get("results", {}).values()):
            raise CatalogError(
                f"{where}: results must be numbers. Received: {brief(table['results'])}"
            )
        return Entry(name, **{**table, "tags": tuple(table.get("tags", ()))}, source=str(path))


def _parse_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise CatalogError(f"{path} is larger than {LARGEST_FILE >> 20} MiB.")
        return tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise CatalogError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path} is not UTF-8 text.") from error
    except RecursionError as error:
        raise CatalogError(f"{path} is nested too deeply.") from error
    except ValueError as error:  # TOML's own error is one, and so are too many digits
        raise CatalogError(f"{path} is not valid TOML: {error}.") from error


def _catalog_files() -> dict[Path, str | None]:
    """Find the catalog files, each once, with the package that ships it."""
    files: dict[Path, str | None] = {_own_file(): "keras-zoo"}
    for shelf in map(EntryPointGroup, (ARCHITECTURES, DATASETS)):
        for name in shelf.names():
            for path in map(_catalog_path, shelf.locations(name)):
                if path.is_file():
                    files.setdefault(path.resolve(), shelf.packages(name))
    here, named = Path("registry.toml"), catalog_file()
    if here.exists():
        files.setdefault(here.resolve(), None)
    if named:
        files.setdefault(named, None)
    return files


def _own_file() -> Path:
    """Find registry.toml in the wheel, or in the checkout."""
    here = Path(__file__).resolve().parents[1]
    shipped = here / "registry.toml"
    return shipped if shipped.exists() else here.parent / "registry.toml"


def _catalog_path(module: Path) -> Path:
    """Say where the catalog of a package, or of a single module, would be."""
    return module.with_name("registry.toml" if module.stem == "__init__" else f"{module.stem}.toml")


@cache
def catalog() -> Catalog:
    """Read the catalog, once a process."""
    return Catalog(_catalog_files())


def list_models(pattern: str = "*", *, tag: str | None = None) -> list[str]:
    """List the names of the catalog's models that match a glob and carry a tag.

    Raises:
        CatalogError: your own registry.toml is broken.

    Example:
        >>> zoo.list_models("mlp.*", tag="offline")
        ['mlp.digits']
    """
    return [entry.name for entry in catalog().find(pattern, tag)]
