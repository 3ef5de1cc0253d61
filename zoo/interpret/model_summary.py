"""Describing a model: what it is, what can be set, what goes in and what comes out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.config import WithoutData
from zoo.config_schema import expected_type, field_description
from zoo.errors import UnknownName
from zoo.exporters.parts.contract import Contract
from zoo.exporters.parts.part import prepare_part
from zoo.interpret import networks
from zoo.registry.architectures import registry
from zoo.registry.catalog import Entry, catalog
from zoo.runs.compatibility import settings_from_data
from zoo.runs.load import load_run_model
from zoo.runs.model_size import parameter_count
from zoo.runs.recipe import Recipe, resolve_without_loading
from zoo.runs.run import Run, list_runs

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Setting:
    """One setting: its type and range, its default, what this model sets, and what it means."""

    name: str
    type: str
    default: Any
    value: Any
    meaning: str


@dataclass(frozen=True)
class Description:
    """What is known of a model without training it.

    `parameters` is None and `parts` is empty where the data, or a network that is named, decides them.
    """

    name: str
    summary: str
    architecture: str
    package: str
    settings: tuple[Setting, ...]
    dataset: str | None = None
    tags: tuple[str, ...] = ()
    reference: str = ""
    results: dict[str, float] = field(default_factory=dict)
    measured: str = ""
    parameters: int | None = None
    parts: dict[str, Contract] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)


def describe(name: str) -> Description:
    """Describe a model of the catalog or an architecture; it is built, but nothing is downloaded.

    Raises:
        UnknownName: there is no such model.
        PluginError: its plug-in is broken.

    Example:
        >>> zoo.describe("cnn.digits").parameters
        66410
    """
    chosen = resolve_without_loading(name, {})
    entry = Entry(name, chosen.architecture.summary)
    if name not in registry().names():
        entry = catalog().get(name)
    parameters, parts = _measured(chosen)
    return Description(
        name,
        entry.summary,
        chosen.architecture.name,
        chosen.architecture.package,
        _settings(chosen),
        entry.dataset,
        entry.tags,
        entry.reference,
        dict(entry.results),
        entry.measured,
        parameters,
        parts,
    )


def describe_layers(name: str) -> dict[str, list[networks.LayerInfo]]:
    """List the layers of each part: of a run, a .keras file, a network of keras.applications, or a model.

    A model of the catalog and a network of keras.applications are built untrained; nothing is downloaded.

    Raises:
        UnknownName: there is nothing of that name.

    Example:
        >>> [layer.name for layer in zoo.interpret.model_summary.describe_layers("cnn.digits")["model"]]
    """
    return {part: networks.layers_of(graph) for part, graph in _graphs(name).items()}


def _graphs(name: str) -> dict[str, keras.Model]:
    """Open or build what a name stands for: the model where it is one graph, else its parts."""
    if Path(name).suffix in networks.SUFFIXES:
        return {"model": networks.open_network(name)}
    if name in networks.applications():
        built = networks.open_application(name, name, weights=None)
        return {"model": networks.renumber_layers(networks.flatten(built))}
    chosen, model = _built(name)
    made = {"model": model}
    if not hasattr(model, "operations"):
        made = chosen.architecture.export(model, chosen.config)
    return {part: networks.renumber_layers(networks.flatten(graph)) for part, graph in made.items()}


def _built(name: str) -> tuple[Recipe, keras.Model]:
    """Open a run, or build a model of the catalog or an architecture."""
    try:
        run = Run.open(name)
    except UnknownName:
        known = [*catalog().names(), *registry().names()]
        if name not in known:
            choices = [*known, *(run.path.name for run in list_runs())]
            raise UnknownName("run, model or .keras file", name, choices) from None
        chosen = resolve_without_loading(name, {})
        return chosen, chosen.build_model()
    return load_run_model(run)


def _settings(chosen: Recipe) -> tuple[Setting, ...]:
    defaults, kind = chosen.architecture.defaults(), type(chosen.config)
    return tuple(
        Setting(
            name,
            expected_type(kind, name),
            getattr(defaults, name),
            getattr(chosen.config, name),
            field_description(kind, name),
        )
        for name in kind.model_fields
    )


def _measured(chosen: Recipe) -> tuple[int | None, dict[str, Contract]]:
    """Build the model to count its parameters and to read its parts' contracts."""
    undecided = [
        name
        for name in settings_from_data(chosen.config)
        if getattr(chosen.config, name, 0) is None
    ]
    if undecided or isinstance(chosen.config, WithoutData):  # which may name a network to fetch
        return None, {}
    model = chosen.build_model()
    made = chosen.architecture.export(model, chosen.config)
    contracts = {role: prepare_part(role, part).contract for role, part in made.items()}
    return parameter_count(model), contracts
