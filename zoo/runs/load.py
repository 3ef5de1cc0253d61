"""From a name to a model: what a name stands for, and a run's model rebuilt and used."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.config import Config, WithoutData, checked, fill
from zoo.data.dataset import PAIRED, Dataset, facts, nothing, open_dataset
from zoo.data.validation import check_fit, decided
from zoo.entry_points import DATASETS, Shelf
from zoo.errors import PluginError, RunError, SettingError, UnsafeFile, UsageError
from zoo.io.safe_load import RATIO, SLACK, check_model_file
from zoo.registry.architecture import Architecture
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

FLOAT = 4  # bytes of a parameter


@dataclass
class Recipe:
    """Everything that it takes to build and train one model."""

    name: str
    architecture: Architecture
    config: Config
    source: str | None = None
    data: Dataset | None = None

    def loaded(self) -> Dataset:
        """Load the data, once, and check that it fits the config.

        Raises:
            UsageError: no data was named.
            DataError: it cannot be read, or does not fit.
        """
        if self.data is None and self.source is None and isinstance(self.config, WithoutData):
            self.data = nothing()
        if self.data is None:
            if self.source is None:
                raise UsageError(
                    f"{self.name} needs data. Give a dataset's name "
                    f"({', '.join(Shelf(DATASETS).names())}), tfds:NAME, an .npz, .ts or .csv file, or a "
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
        self.config = fill(self.config, input_shape=input_shape, classes=classes, outputs=outputs)

    def built(self) -> keras.Model:
        """Build the untrained model, unless this machine could not hold it.

        Raises:
            SettingError: a setting that the data decides is still None, or the model is too large.
        """
        self.check_complete()
        check_memory(self)
        return self.architecture.build(self.config)

    def check_complete(self) -> None:
        """Refuse a config in which what the data decides is still None."""
        for name in decided(self.config):
            if getattr(self.config, name, 0) is None:
                raise SettingError(
                    f"{self.name} needs {name}: give it as a setting, or give data that decides it."
                )


def undressed(
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


def recipe(
    name: str, settings: Mapping[str, Any], data: str | Path | Dataset | None = None
) -> Recipe:
    """Resolve a name into a recipe with its data loaded, checked and fitted to the config.

    Raises:
        UsageError: a name, a setting or the data is wrong.
    """
    chosen = undressed(name, settings, data)
    loaded = chosen.loaded()
    chosen.fill(loaded.input_shape, loaded.classes, loaded.outputs)
    chosen.config = chosen.config.pinned()
    chosen.loaded()
    return chosen


def recorded(run: Run, data: str | Path | Dataset | None = None) -> Recipe:
    """Give the recipe that a run was trained with, on its own data or on other."""
    record = run.record
    architecture = registry().get(str(record["architecture"]))
    config = checked(type(architecture.defaults()), record["config"])
    if isinstance(data, Dataset):
        return Recipe(run.name, architecture, config, None, data)
    source = _absolute(data) or record["dataset"].get("source")
    return Recipe(run.name, architecture, config, source)


def create(name: str, **settings: Any) -> keras.Model:
    """Build an untrained model; nothing is loaded or downloaded.

    Raises:
        UnknownName: there is no such model or setting.
        SettingError: a setting is out of range, or one is missing that data would decide.

    Example:
        >>> zoo.create("mlp.digits").count_params()
        >>> zoo.create("mlp", input_shape=(28, 28, 1), classes=10)
    """
    return sketched(name, settings).built()


def sketched(name: str, settings: Mapping[str, Any]) -> Recipe:
    """Resolve a name, with what is known of its dataset without loading it filled in."""
    chosen = undressed(name, settings)
    if chosen.source in Shelf(DATASETS).names():
        known = facts(str(chosen.source))
        chosen.fill(known.input_shape, known.classes, known.outputs)
    return chosen


def load(run: str | Path | Run) -> keras.Model:
    """Rebuild the trained model of a run.

    Raises:
        UnknownName: there is no such run.
        RunError: it is not finished.
        UnsafeFile: its weights file or its config declares more than the file can hold.

    Example:
        >>> model = zoo.load("cnn.digits")
    """
    return loaded(Run.open(run))[1]


def loaded(run: Run, data: str | Path | Dataset | None = None) -> tuple[Recipe, keras.Model]:
    """Give a run's recipe and its trained model."""
    if not run.weights.exists():
        raise RunError(
            f"{run.path} has no trained weights yet (state: {run.state}). Go on with it: "
            f"zoo train {run.name} --out {run.path} --resume"
        )
    chosen = recorded(run, data)
    check_model_file(run.weights)
    _check_proportion(chosen, run.weights)
    model = chosen.built()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "error", UserWarning
            )  # Keras would leave out layers with a warning
            model.load_weights(run.weights)
    except (ValueError, KeyError, OSError, UserWarning) as error:
        raise RunError(
            f"{run.weights} does not fit the model that run.json describes: {str(error)[:300]}"
        ) from error
    return chosen, model


def evaluate(run: str | Path | Run, data: str | Path | Dataset | None = None) -> dict[str, float]:
    """Measure a run's model on the test split of its own data, or of other data.

    Raises:
        RunError: the run is not finished.
        DataError: the data does not fit the model.

    Example:
        >>> zoo.evaluate("cnn.digits")["accuracy"]
    """
    chosen, model = loaded(Run.open(run), data)
    return chosen.architecture.evaluate(model, chosen.config, chosen.loaded())


def apply(run: str | Path | Run, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Use a run's model on the user's own files or arrays.

    Raises:
        DataError: an item cannot be read, or does not fit the model.
        PluginError: the architecture has no `apply`.

    Example:
        >>> zoo.apply("cnn.digits", ["seven.png"])[0]["class"]
    """
    chosen, model = loaded(Run.open(run))
    return chosen.architecture.apply(model, chosen.config, list(items))


def parameters(model: keras.Model) -> int:
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
            return parameters(architecture.build(config))

    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(count).result()
    except PluginError:
        return None


def check_memory(chosen: Recipe) -> None:
    """Refuse a model whose parameters alone would not fit into this machine's memory."""
    count = count_parameters(chosen.architecture, chosen.config)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if count is not None and count * FLOAT > memory:
        raise SettingError(
            f"{chosen.name} would have {count:,} parameters ({count * FLOAT / 2**30:,.0f} GiB) with "
            f"these settings; this machine has {memory / 2**30:.0f} GiB of memory."
        )


def _check_proportion(chosen: Recipe, weights: Path) -> None:
    """Refuse a config that asks for far more parameters than the weights file holds."""
    count = count_parameters(chosen.architecture, chosen.config) or 0
    if count * FLOAT > SLACK + RATIO * weights.stat().st_size:
        raise UnsafeFile(
            f"The config beside {weights} asks for {count:,} parameters, and the file has "
            f"{weights.stat().st_size:,} bytes. It was not opened."
        )


def _absolute(data: str | Path | Dataset | None) -> str | None:
    """Keep a dataset's name as it is, and make a path absolute."""
    if data is None or isinstance(data, Dataset):
        return None
    if str(data) in Shelf(DATASETS).names():
        return str(data)
    paired = PAIRED if str(data).startswith(PAIRED) else ""
    path = Path(str(data).removeprefix(PAIRED)).expanduser()
    return f"{paired}{path.resolve()}" if path.exists() else str(data)
