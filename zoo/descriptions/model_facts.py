"""Import a plug-in and build a model, to learn its settings, its parameters and its parts."""

from __future__ import annotations

from zoo.config import WithoutData
from zoo.config_schema import expected_type, field_description
from zoo.descriptions.description import ModelFacts, Setting
from zoo.exporters.parts.contract import Contract
from zoo.exporters.parts.part import prepare_part
from zoo.registry.model_size import parameter_count
from zoo.runs.compatibility import settings_from_data
from zoo.runs.recipe import Recipe


def build_model_facts(recipe: Recipe) -> ModelFacts:
    """Build the model of a recipe; return what that tells. Nothing is downloaded.

    Raises:
        PluginError: the plug-in is broken.
        SettingError: the model is too large for this machine.
    """
    parameters, parts = _parameters_and_contracts(recipe)
    architecture, settings = recipe.architecture, _describe_settings(recipe)
    return ModelFacts(architecture.package, architecture.summary, settings, parameters, parts)


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
