"""From a name to a model: a model is built untrained, or a run's model is rebuilt and applied."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.dataset import Dataset
from zoo.data.inputs import expand_items
from zoo.errors import RunError, UnsafeFile
from zoo.io.safe_load import LARGEST_RATIO, SMALL_FILE, check_model_file
from zoo.registry.model_size import FLOAT_BYTES
from zoo.runs.compatibility import describe_weight_mismatch
from zoo.runs.recipe import Recipe, recipe_from_run, resolve_without_loading
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras


def create(name: str, **settings: Any) -> keras.Model:
    """Build an untrained model; nothing is loaded or downloaded.

    Raises:
        UnknownName: there is no such model or setting.
        SettingError: a setting is out of range, or one is missing that data would decide.

    Example:
        >>> zoo.create("mlp.digits").count_params()
        >>> zoo.create("mlp", input_shape=(28, 28, 1), classes=10)
    """
    return resolve_without_loading(name, settings).build_model()


def load(run: str | Path | Run) -> keras.Model:
    """Rebuild the trained model of a run.

    Raises:
        UnknownName: there is no such run.
        RunError: it has no weights yet, its plug-in is not installed, or its weights do not fit.
        UnsafeFile: its weights file or its config declares more than the file can hold.

    Example:
        >>> model = zoo.load("cnn.digits")
    """
    return load_run_model(Run.open(run))[1]


def load_run_model(
    run: Run, data: str | Path | Dataset | None = None
) -> tuple[Recipe, keras.Model]:
    """Return a run's recipe, on its own data or on other data, and its trained model.

    Raises:
        RunError: it has no weights yet, its plug-in is not installed, or its weights do not fit.
        UnsafeFile: its weights file or its config declares more than the file can hold.
        DataError: a Dataset does not fit the config.
    """
    if not run.weights.exists():
        raise RunError(
            f"{run} has no trained weights yet (state: {run.state}). Go on with it: "
            f"zoo train {run.name} --out {run.path} --resume"
        )
    recipe = recipe_from_run(run, data)
    check_model_file(run.weights)
    _check_proportion(recipe, run.weights)
    model = recipe.build_model()
    _load_weights(run, recipe, model)
    return recipe, model


def apply(run: str | Path | Run, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Apply a run's model to the user's own files or arrays.

    Args:
        run: a run, its path or its name.
        items: what the architecture takes, such as paths of images, or arrays of its input shape. A
            folder stands for the files in it, and a .ts or .csv file for the series in it.

    Returns:
        One dictionary for each item, for each file of a folder and for each series of a file.

    Raises:
        DataError: an item cannot be read, or does not fit the model.
        PluginError: the architecture has no `apply`.

    Example:
        >>> zoo.apply("cnn.digits", ["seven.png"])[0]["class"]
    """
    recipe, model = load_run_model(Run.open(run))
    files = expand_items(items, getattr(recipe.config, "input_shape", None))
    return recipe.architecture.apply(model, recipe.config, files)


def _load_weights(run: Run, recipe: Recipe, model: keras.Model) -> None:
    """Load a run's weights, all of them: Keras only warns where a file fits in part."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            model.load_weights(run.weights)
    except (ValueError, KeyError, OSError, UserWarning) as error:
        problem = describe_weight_mismatch(model, run.weights) or str(error)[:300]
        package = recipe.architecture.package
        versions = "" if package == run.package else f" The run was made with {run.package}; "
        versions += f"{package} is installed." if versions else ""
        raise RunError(
            f"{run.weights} does not fit the model that run.json describes: {problem}{versions}"
        ) from error


def _check_proportion(recipe: Recipe, weights: Path) -> None:
    """Refuse a config that asks for far more parameters than the weights file holds."""
    count, size = recipe.parameters or 0, weights.stat().st_size
    if count * FLOAT_BYTES > SMALL_FILE + LARGEST_RATIO * size:
        raise UnsafeFile(
            f"The config beside {weights} asks for {count:,} parameters, and the file has "
            f"{size:,} bytes. It was not opened."
        )
