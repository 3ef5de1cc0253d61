"""A recipe: a name, its settings and its data resolved to what builds and trains one model."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.config import Config, WithoutData, fill_missing, validate_config
from zoo.data.dataset import Dataset, empty_dataset
from zoo.data.load import dataset_info, open_dataset
from zoo.data.readers.image_pairs import PREFIX
from zoo.entry_points import DATASETS, EntryPointGroup
from zoo.errors import PluginError, SettingError, UsageError
from zoo.registry.architecture import Architecture
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.runs.compatibility import check_fit, settings_from_data
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras


FLOAT_BYTES = 4  # bytes of a parameter


@dataclass
class Recipe:
    """Everything that it takes to build and train one model."""

    name: str
    architecture: Architecture
    config: Config
    source: str | None = None
    data: Dataset | None = None

    def load_data(self) -> Dataset:
        """Load the data, once, and check that it fits the config.

        Raises:
            UsageError: no data was named.
            DataError: it cannot be read, or does not fit.
        """
        if self.data is None and self.source is None and isinstance(self.config, WithoutData):
            self.data = empty_dataset()
        if self.data is None:
            if self.source is None:
                raise UsageError(
                    f"{self.name} needs data. Give a dataset's name "
                    f"({', '.join(EntryPointGroup(DATASETS).names())}), tfds:NAME, an .npz, .ts or .csv file, or a "
                    "folder of images."
                )
            self.data = open_dataset(self.source, getattr(self.config, "input_shape", None))
        check_fit(self.data, self.config)
        return self.data

    def fill(
        self,
        input_shape: tuple[int, ...],
        classes: tuple[str, ...] | None,
        outputs: int | None = None,
    ) -> None:
        """Set the settings that the data decides and that are still None."""
        self.config = fill_missing(
            self.config, input_shape=input_shape, classes=classes, outputs=outputs
        )

    def build_model(self) -> keras.Model:
        """Build the untrained model, unless this machine could not hold it.

        Raises:
            SettingError: a setting that the data decides is still None, or the model is too large.
        """
        self.check_complete()
        check_memory(self)
        return self.architecture.build(self.config)

    def check_complete(self) -> None:
        """Refuse a config in which what the data decides is still None."""
        for name in settings_from_data(self.config):
            if getattr(self.config, name, 0) is None:
                raise SettingError(
                    f"{self.name} needs {name}: give it as a setting, or give data that decides it."
                )


def resolve(
    name: str, settings: Mapping[str, Any], data: str | Path | Dataset | None = None
) -> Recipe:
    """Resolve a name into a recipe without loading its data.

    Raises:
        UnknownName: there is no such model or setting.
        SettingError: a setting is of the wrong type or out of range.
    """
    if name in registry().names():
        architecture, chosen, source = registry().get(name), dict(settings), None
    else:
        entry = catalog().get(name)
        architecture, source = registry().get(entry.architecture), entry.dataset
        chosen = {**entry.settings, **settings}
    config = architecture.defaults().replace(**chosen)
    if isinstance(data, Dataset):
        return Recipe(name, architecture, config, None, data)
    return Recipe(name, architecture, config, _absolute(data) or source)


def resolve_with_data(
    name: str, settings: Mapping[str, Any], data: str | Path | Dataset | None = None
) -> Recipe:
    """Resolve a name into a recipe with its data loaded, checked and fitted to the config.

    Raises:
        UsageError: a name, a setting or the data is wrong.
    """
    chosen = resolve(name, settings, data)
    loaded = chosen.load_data()
    chosen.fill(loaded.input_shape, loaded.classes, loaded.outputs)
    chosen.config = chosen.config.with_content_hashes()
    chosen.load_data()
    return chosen


def recipe_from_run(run: Run, data: str | Path | Dataset | None = None) -> Recipe:
    """Give the recipe that a run was trained with, on its own data or on other."""
    record = run.record
    architecture = registry().get(str(record["architecture"]))
    config = validate_config(type(architecture.defaults()), record["config"])
    if isinstance(data, Dataset):
        return Recipe(run.name, architecture, config, None, data)
    source = _absolute(data) or record["dataset"].get("source")
    return Recipe(run.name, architecture, config, source)


def resolve_without_loading(name: str, settings: Mapping[str, Any]) -> Recipe:
    """Resolve a name, with what is known of its dataset without loading it filled in."""
    chosen = resolve(name, settings)
    if chosen.source in EntryPointGroup(DATASETS).names():
        known = dataset_info(str(chosen.source))
        chosen.fill(known.input_shape, known.classes, known.outputs)
    return chosen


def parameter_count(model: keras.Model) -> int:
    """Count the numbers in a model's weights, also where only its parts were ever called."""
    return sum(math.prod(weight.shape) for weight in model.weights)


def count_parameters(architecture: Architecture, config: Config) -> int | None:
    """Count a model's parameters without allocating them; None where `build` looks at their values.

    Keras gives variables shapes but no values inside a StatelessScope. A thread of its own keeps
    those valueless variables, and the counters behind layer names, away from everybody else's.
    """

    def count() -> int:
        import keras

        with keras.StatelessScope(initialize_variables=False):
            return parameter_count(architecture.build(config))

    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(count).result()
    except PluginError:
        return None


def check_memory(chosen: Recipe) -> None:
    """Refuse a model whose parameters alone would not fit into this machine's memory."""
    count = count_parameters(chosen.architecture, chosen.config)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if count is not None and count * FLOAT_BYTES > memory:
        raise SettingError(
            f"{chosen.name} would have {count:,} parameters ({count * FLOAT_BYTES / 2**30:,.0f} GiB) with "
            f"these settings; this machine has {memory / 2**30:.0f} GiB of memory."
        )


def _absolute(data: str | Path | Dataset | None) -> str | None:
    """Keep a dataset's name as it is, and make a path absolute."""
    if data is None or isinstance(data, Dataset):
        return None
    if str(data) in EntryPointGroup(DATASETS).names():
        return str(data)
    paired = PREFIX if str(data).startswith(PREFIX) else ""
    path = Path(str(data).removeprefix(PREFIX)).expanduser()
    return f"{paired}{path.resolve()}" if path.exists() else str(data)
