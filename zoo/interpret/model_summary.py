"""`zoo show`: what a model is, its settings, the inputs and outputs of its parts, and its layers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.config import WithoutData
from zoo.config_schema import expected_type, field_description
from zoo.exporters.parts.contract import Contract
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.sources import is_graph, open_source
from zoo.interpret.networks import LayerInfo, flatten, layers_of, renumber_layers
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import Entry
from zoo.runs.compatibility import settings_from_data
from zoo.runs.model_size import parameter_count
from zoo.runs.recipe import Recipe, resolve_without_loading
from zoo.runs.run import Run

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

    `parameters` is None and `parts` is empty if the data, or a network that a setting names, decides them.
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
        """Return it as plain data."""
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
    recipe = resolve_without_loading(name, {})
    entry = Entry(name, recipe.architecture.summary)
    if name not in registry().names():
        entry = catalog().get(name)
    parameters, parts = _parameters_and_contracts(recipe)
    return Description(
        name,
        entry.summary,
        recipe.architecture.name,
        recipe.architecture.package,
        _describe_settings(recipe),
        entry.dataset,
        entry.tags,
        entry.reference,
        dict(entry.results),
        entry.measured,
        parameters,
        parts,
    )


def describe_layers(name: str | Path | Run | keras.Model) -> dict[str, list[LayerInfo]]:
    """Return the layers of each part of a model; a model of one graph is one part, `model`.

    Args:
        name: a run, a part of a run, a .keras or .h5 file, a network of keras.applications, a model of the
            catalog, an architecture, or a model. The first two kinds have trained weights; a network of
            keras.applications and a model of the catalog are built untrained, and nothing is downloaded.

    Raises:
        UnknownName: nothing has this name.
        SettingError: a part is no graph of layers.

    Example:
        >>> [layer.name for layer in describe_layers("cnn.digits")["model"]]
    """
    source = open_source(name, untrained=True)
    parts = {"model": source.model}
    if source.part is not None or not is_graph(source.model):
        parts = source.parts()
    layers = {}
    for part, graph in parts.items():
        model = flatten(graph)
        if source.kind not in ("file", "model"):
            renumber_layers(model)
        layers[part] = layers_of(model)
    return layers


def _describe_settings(recipe: Recipe) -> tuple[Setting, ...]:
    defaults, kind = recipe.architecture.defaults(), type(recipe.config)
    return tuple(
        Setting(
            name,
            expected_type(kind, name),
            getattr(defaults, name),
            getattr(recipe.config, name),
            field_description(kind, name),
        )
        for name in kind.model_fields
    )


def _parameters_and_contracts(recipe: Recipe) -> tuple[int | None, dict[str, Contract]]:
    """Build a model; return the number of its parameters, and the contracts of its parts."""
    undecided = [
        name
        for name in settings_from_data(recipe.config)
        if getattr(recipe.config, name, 0) is None
    ]
    if undecided or isinstance(recipe.config, WithoutData):  # which may name a network to fetch
        return None, {}
    model = recipe.build_model()
    exported = recipe.architecture.export(model, recipe.config)
    contracts = {role: prepare_part(role, part).contract for role, part in exported.items()}
    return parameter_count(model), contracts
