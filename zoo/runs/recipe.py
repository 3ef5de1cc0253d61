"""A recipe: a name, its settings and its data, resolved to what builds and trains one model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from zoo.config import Config, WithoutData, fill_missing, validate_config
from zoo.data.dataset import Dataset, empty_dataset
from zoo.data.load import absolute_source, dataset_info, open_dataset
from zoo.data.tables.memory import MemoryData, dataset_from_memory
from zoo.entry_points import DATASETS, EntryPointGroup, disabled_plugins
from zoo.errors import RunError, SettingError, UnknownName
from zoo.registry.architecture import Architecture
from zoo.registry.architectures import THIS_PROCESS, registry
from zoo.registry.catalog import catalog
from zoo.registry.catalog_settings import entry_config
from zoo.registry.model_size import check_memory, count_parameters
from zoo.runs.compatibility import check_fit, settings_from_data
from zoo.runs.run import Run
from zoo.runs.start.amounts import free_settings, log_choice, settings_by_amount
from zoo.runs.start.missing_data import missing_data_error

if TYPE_CHECKING:
    import keras

Data: TypeAlias = str | Path | Dataset | MemoryData
BEFORE_RESIZE = {"resize": "crop"}  # what a run without this setting was trained with


@dataclass
class Recipe:
    """All that it takes to build and train one model.

    Args:
        name: the model's name in the catalog, or its architecture's.
        architecture: the plug-in's hooks.
        config: the settings; where data decides one that is not given, it is None until then.
        source: where the data comes from, as run.json keeps it: a dataset's name or a path.
        data: the data, once it is loaded.
        hold_out: whether a fifth is held out for testing where the source has no test split; if not, the
            test split is all of it.
        free: settings that the amount of data decides, since neither the user nor the catalog sets them.
        download: whether data of tensorflow_datasets may be downloaded; not if a run alone names it.
    """

    name: str
    architecture: Architecture
    config: Config
    source: str | None = None
    data: Dataset | None = None
    hold_out: bool = True
    free: frozenset[str] = frozenset()
    trained_in_memory: bool = False
    download: bool = True
    _counts: list[int | None] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def parameters(self) -> int | None:
        """The number of parameters, counted without memory for them; None where that is not possible.

        They are counted once. In Python 3.11 a cached_property has one lock for all recipes: a `build`
        that opens another run in a thread, as that of cnn-vis does, would wait for itself.
        """
        if not self._counts:
            self._counts.append(count_parameters(self.architecture, self.config))
        return self._counts[0]

    def load_data(self) -> Dataset:
        """Return the data; the first call loads it and checks that it fits the config.

        Raises:
            UsageError: no data is named.
            DataError: it cannot be read, or does not fit.
        """
        if self.data is None:
            self.data = self._open_data()
            check_fit(self.data, self.config)
        return self.data

    def _open_data(self) -> Dataset:
        if self.source is not None:
            shape = getattr(self.config, "input_shape", None)
            resize = self.config.resize
            return open_dataset(self.source, shape, self.hold_out, resize, self.download)
        if isinstance(self.config, WithoutData):
            return empty_dataset()
        raise missing_data_error(self.name, self.trained_in_memory)

    def with_data(self) -> Recipe:
        """Return this recipe with its data loaded and its config complete.

        Raises:
            UsageError: a setting or the data is wrong.
        """
        data = self.load_data()
        config = _fill_config(self.config, data)
        chosen = settings_by_amount(config, data, self.free)
        log_choice(data, chosen)
        config = config.replace(**chosen).with_content_hashes()
        return dataclasses.replace(self, config=config, free=frozenset())

    def build_model(self) -> keras.Model:
        """Build the untrained model, unless the memory of this machine is too small for it.

        Raises:
            SettingError: a setting that the data decides is still None, or the model is too large.
        """
        self.check_buildable()
        return self.architecture.build(self.config)

    def check_buildable(self) -> None:
        """Check that every setting is known, and that the memory of this machine holds the parameters.

        Raises:
            SettingError: a setting that the data decides is still None, or the model is too large.
        """
        for name in settings_from_data(self.config):
            if getattr(self.config, name, 0) is None:
                raise SettingError(
                    f"{self.name} needs {name}: give it as a setting, or give data that decides it."
                )
        check_memory(self.name, self.parameters)


def resolve(name: str, settings: Mapping[str, Any], data: Data | None = None) -> Recipe:
    """Resolve a name into a recipe without loading its data.

    Args:
        name: a name of the catalog, or an architecture's.
        settings: what differs from the model's settings.
        data: where the data comes from, or the data itself; the catalog's dataset if not given.

    Raises:
        UnknownName: there is no such model or setting.
        SettingError: a setting is of the wrong type or out of range.
        DataError: a Dataset does not fit the config.
    """
    source, free = None, frozenset[str]()
    if name in registry().names():
        architecture = registry().get(name)
        config = architecture.defaults()
        free = free_settings(config, settings)
    else:
        entry = catalog().get(name)
        architecture, source = registry().get(entry.architecture), entry.dataset
        config = entry_config(entry)
    recipe = _recipe(name, architecture, config.replace(**settings), data, source)
    return dataclasses.replace(recipe, free=free)


def resolve_with_data(name: str, settings: Mapping[str, Any], data: Data | None = None) -> Recipe:
    """Resolve a name into a recipe with its data loaded and its config complete.

    Args:
        name: a name of the catalog, or an architecture's.
        settings: what differs from the model's settings.
        data: where the data comes from, or the data itself; the catalog's dataset if not given.

    Raises:
        UsageError: a name, a setting or the data is wrong.
    """
    return resolve(name, settings, data).with_data()


def resolve_without_loading(name: str, settings: Mapping[str, Any]) -> Recipe:
    """Resolve a name into a recipe, its config filled from what its dataset declares.

    Raises:
        UnknownName: there is no such model or setting.
        SettingError: a setting is of the wrong type or out of range.
    """
    recipe = resolve(name, settings)
    if recipe.source not in EntryPointGroup(DATASETS).names():
        return recipe
    config = _fill_config(recipe.config, dataset_info(str(recipe.source)))
    return dataclasses.replace(recipe, config=config)


def recipe_from_run(run: Run, data: Data | None = None) -> Recipe:
    """Return the recipe of a run, on its own data or on other data.

    Raises:
        RunError: the architecture is not installed, or takes other settings than the run's.
        PluginError: the plug-in is broken.
        DataError: a Dataset does not fit the config.
    """
    architecture = _architecture_of(run)
    try:
        settings = BEFORE_RESIZE | run.record["config"]
        config = validate_config(type(architecture.defaults()), settings)
    except (UnknownName, SettingError) as error:
        raise RunError(
            f"{run}: run.json does not fit the architecture {architecture.name!r} of "
            f"{architecture.package}; the run was made with {run.package}. {error}"
        ) from error
    source = run.record["dataset"].get("source")
    recipe = _recipe(run.name, architecture, config, data, source, run.classes)
    download = data is not None
    return dataclasses.replace(recipe, trained_in_memory=source is None, download=download)


def has_own_data(run: Run, recipe: Recipe) -> bool:
    """Return whether a recipe's data is that which a run is trained on, by its fingerprint."""
    return bool(recipe.load_data().fingerprint == run.record["dataset"].get("fingerprint"))


def _recipe(
    name: str,
    architecture: Architecture,
    config: Config,
    data: Data | None,
    source: str | None,
    classes: Sequence[str] | None = None,
) -> Recipe:
    """Return a recipe on the data that is given, or on `source`."""
    if data is not None and not isinstance(data, str | Path | Dataset):
        shape = getattr(config, "input_shape", None)
        data = dataset_from_memory(data, shape, classes=classes)
    if isinstance(data, Dataset):
        check_fit(data, config)
        return Recipe(name, architecture, config, None, data)
    return Recipe(name, architecture, config, source if data is None else absolute_source(data))


def _architecture_of(run: Run) -> Architecture:
    """Return a run's architecture, or say which package has it."""
    name = str(run.record["architecture"])
    try:
        return registry().get(name)
    except UnknownName as error:
        if name in disabled_plugins():
            raise
        if run.package == THIS_PROCESS:
            hint = "It was registered by hand: register it again in this process."
        else:
            hint = f"Install it: pip install '{run.package.replace(' ', '==')}'"
        raise RunError(
            f"{run} needs the architecture {name!r} of {run.package}, which is not installed. {hint}"
        ) from error


def _fill_config(config: Config, facts: Any) -> Config:
    """Set the settings that are None and that the data decides."""
    return fill_missing(
        config, input_shape=facts.input_shape, classes=facts.classes, outputs=facts.outputs
    )
