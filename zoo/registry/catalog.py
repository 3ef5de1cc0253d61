"""The catalog: the models that we offer, as pure data in registry.toml.

    [cnn.digits]                    # architecture.tag
    summary = "..."                 # required: one line
    dataset = "digits"              # a name of the group zoo.datasets
    settings = { epochs = 20 }      # the settings that differ from the architecture's defaults
    tags = ["image"]
    reference = "..."               # the paper or page that it follows
    baseline = "..."                # what others report for the same task
    results = { accuracy = 0.99 }   # measured on the test split ...
    examples = { accuracy = 360 }   # ... on so many test examples ...
    measured = "zoo train ..."      # ... by this command

    [cnn.digits.weights]            # optional: zoo.weights.description has the keys

A file of the user's may begin with `disable = ["tracker", "onnx"]`: these plug-ins are switched off, as by
ZOO_DISABLE.

Sources; a later one replaces entries of an earlier one: our own file; the file of each installed
plug-in, which is registry.toml in its package's folder, or NAME.toml beside a single module NAME.py (it
is read without importing either); registry.toml of each installed distribution of weights;
`./registry.toml`; and the file that ZOO_REGISTRY names. A broken file
of the user's is an error. A broken file of a package is a problem that is reported; only the models in
it are missing.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from zoo.entry_points import (
    ARCHITECTURES,
    DATASETS,
    WEIGHTS,
    EntryPointGroup,
    disabled_plugins,
    why_disabled,
)
from zoo.environment import catalog_file
from zoo.errors import CatalogError, DisabledName, UnknownName
from zoo.io.cache.parsed_files import Parse, remember_tables
from zoo.registry.catalog_reader import Entry, parse_catalog, read_entries

OUR_PACKAGE = "keras-zoo"
MANY_FILES = 20  # catalog files above which their tables are kept in the user's cache


class Catalog:
    """Every entry by name, and the problems of packages whose file is broken or whose module is missing.

    Args:
        files: the catalog files in order, each with the package that ships it, or None for the user's.
        problems: sentences about packages whose module is missing.

    Raises:
        CatalogError: a file of the user's is broken.
    """

    def __init__(self, files: Mapping[Path, str | None], problems: Iterable[str] = ()) -> None:
        self.problems = list(problems)
        self._entries: dict[str, Entry] = {}
        self._claims: dict[str, str] = {}
        self._architectures = EntryPointGroup(ARCHITECTURES)
        many = len(files) > MANY_FILES
        with remember_tables(parse_catalog) if many else nullcontext(parse_catalog) as parse:
            for path, package in files.items():
                try:
                    self._add(path, package, parse if package else parse_catalog)
                except CatalogError as error:
                    if package is None:
                        raise
                    self.problems.append(f"{package}: {error}")

    def names(self) -> list[str]:
        """Return the name of every model, sorted; models of disabled architectures are left out."""
        return sorted(self._entries)

    def get(self, name: str) -> Entry:
        """Return one model.

        Raises:
            UnknownName: there is no such model, or its architecture is switched off.
            CatalogError: two packages offer a model of that name.
            PluginError: the module of its architecture is missing, and its catalog with it.
        """
        if name in self._claims:
            raise CatalogError(self._claims[name])
        if name in self._entries:
            return self._entries[name]
        architecture = name.partition(".")[0]
        if architecture in self._architectures:
            if architecture in disabled_plugins():
                raise DisabledName("architecture", architecture, why_disabled(architecture))
            if not self._architectures.has_module(architecture):
                self._architectures.load(architecture)  # raises an error that names the package
        hint = f"Broken catalogs: {'; '.join(self.problems)}" if self.problems else ""
        raise UnknownName("model", name, {*self._entries, *self._architectures.names()}, hint)

    def tags(self) -> list[str]:
        """Return every tag that a model has, sorted."""
        return sorted({tag for entry in self._entries.values() for tag in entry.tags})

    def find(
        self, pattern: str = "*", tag: str | None = None, weights: bool | None = None
    ) -> list[Entry]:
        """Return the models that fit, sorted by name.

        Args:
            pattern: a glob for the name.
            tag: a tag that they have; None: any.
            weights: True for those that have weights, False for those that have none, None for all.
        """
        return [
            entry
            for name, entry in sorted(self._entries.items())
            if fnmatchcase(name, pattern)
            and (tag is None or tag in entry.tags)
            and weights in (None, entry.weights is not None)
        ]

    def _add(self, path: Path, package: str | None, parse: Parse) -> None:
        disabled = disabled_plugins()
        for name, entry in read_entries(path, package, parse).items():
            if entry.architecture in disabled:
                continue
            other = self._entries.get(name)
            if package is not None and other is not None:
                self._claims[name] = (
                    f"The model {name!r} is offered by two packages, in {other.source} and {path}. "
                    "Uninstall one of them."
                )
            else:
                self._claims.pop(name, None)
            self._entries[name] = entry


def _catalog_files() -> tuple[dict[Path, str | None], list[str]]:
    """Return the catalog files in order, each once, with the package that ships it; and what is missing.

    One sentence is returned for each architecture and data set whose module does not exist.
    """
    files: dict[Path, str | None] = {_our_file(): OUR_PACKAGE}
    missing: list[str] = []
    for group in map(EntryPointGroup, (ARCHITECTURES, DATASETS)):
        on = set(group.names())
        for name in group.installed_names():
            specs = group.specs(name)
            for file in [_file_beside(spec.origin) for spec in specs if spec.origin]:
                if os.path.isfile(file):
                    files.setdefault(Path(os.path.realpath(file)), group.packages(name))
            if not specs and name in on:
                package = group.packages(name)
                missing.append(
                    f"{package}: the module of the {group.kind} {name!r} does not exist."
                )
    distributions = EntryPointGroup(WEIGHTS)
    for name in distributions.names():
        for folder in distributions.folders(name):
            if (folder / "registry.toml").is_file():
                files.setdefault((folder / "registry.toml").resolve(), distributions.packages(name))
    here, named = Path("registry.toml"), catalog_file()
    if os.path.lexists(here):  # a link that leads nowhere is an error, too
        files.setdefault(Path(os.path.realpath(here)), None)
    if named:
        files.setdefault(named, None)
    return files, missing


def _our_file() -> Path:
    """Return the path of our registry.toml, in the wheel or in the checkout."""
    package = Path(__file__).resolve().parents[1]
    in_wheel = package / "registry.toml"
    return in_wheel if in_wheel.exists() else package.parent / "registry.toml"


def _file_beside(module: str) -> str:
    """Return where the catalog of a package, or of a single module, is if there is one."""
    stem = os.path.splitext(module)[0]
    folder, name = os.path.split(stem)
    return os.path.join(folder, "registry.toml") if name == "__init__" else f"{stem}.toml"


@cache
def catalog() -> Catalog:
    """Return the catalog; it is read once a process."""
    collects = gc.isenabled()
    gc.disable()  # it would look at thousands of small tables again and again
    try:
        return Catalog(*_catalog_files())
    finally:
        if collects:
            gc.enable()


def list_models(
    pattern: str = "*", *, tag: str | None = None, weights: bool | None = None
) -> list[str]:
    """Return the names of the catalog's models that match a glob and have a tag.

    Args:
        pattern: a glob; all models if not given.
        tag: only models with this tag.
        weights: True for the models that have trained weights, False for those that have none.

    Raises:
        CatalogError: your own registry.toml is broken.

    Example:
        >>> zoo.list_models("mlp.*", tag="offline")
        ['mlp.diabetes', 'mlp.digits']
    """
    return [entry.name for entry in catalog().find(pattern, tag, weights)]
