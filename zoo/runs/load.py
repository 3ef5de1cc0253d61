"""From a name to a model: a model is built untrained, or a run's model is rebuilt."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.dataset import Dataset
from zoo.errors import RunError, SettingError, UnsafeFile, UsageError
from zoo.io.console import quiet_logger
from zoo.io.digest import file_digest
from zoo.io.foreign.plain_file import check_plain
from zoo.io.safe_load import LARGEST_RATIO, SMALL_FILE, check_model_file
from zoo.registry.deferred_values import build_without_values, fill_values
from zoo.registry.model_size import FLOAT_BYTES
from zoo.registry.shipped_weights import PREFIX, log
from zoo.runs.compatibility import check_fit, describe_weight_mismatch, settings_from_data
from zoo.runs.recipe import Data, Recipe, recipe_from_run, resolve, resolve_without_loading
from zoo.runs.run import Run
from zoo.runs.start.amounts import STEPS
from zoo.weights.finite import find_not_finite, weight_name
from zoo.weights.transfer import transfer_weights

if TYPE_CHECKING:
    import keras


def open(name: str | Path | Run) -> Run:
    """Open a trained model: a run, or a model of the catalog with weights.

    It has `config`, `classes`, `metrics`, `pictures`, `predict` and `card`; a notebook shows it as a table.

    Args:
        name: a run, its path or its name, or a name of the catalog. A run of the user's comes first;
            `weights:NAME` is always the catalog's model.

    Raises:
        UnknownName: there is no such run, and no such model with weights.
        WeightsError: the catalog's weights are not on this machine and cannot be fetched.
        UnsafeFile: the file of the weights is not the one of the catalog.

    Example:
        >>> zoo.open("cnn.digits").metrics["accuracy"]
    """
    return Run.open(name)


def create(name: str, *, weights: bool = False, **settings: Any) -> keras.Model:
    """Build an untrained model, or a trained one with the weights of the catalog.

    Args:
        name: a name of the catalog, or an architecture's.
        weights: whether the model has the catalog's trained weights. Nothing is downloaded without them.
        **settings: what differs from the model's settings; none with `weights`.

    Raises:
        UnknownName: there is no such model or setting.
        SettingError: a setting is out of range, or one is missing that data would decide; or trained
            weights are asked for with other settings.
        WeightsError: the weights are not on this machine and cannot be fetched.

    Example:
        >>> zoo.create("mlp.digits").count_params()
        >>> zoo.create("mlp", input_shape=(28, 28, 1), classes=10)
    """
    if not weights:
        return resolve_without_loading(name, settings).build_model()
    if settings:
        raise SettingError(
            f"The weights of {name} fit its own settings. Remove {', '.join(settings)} or weights=True."
        )
    return load_run_model(Run.open(f"{PREFIX}{name}"))[1]


def load(run: str | Path | Run) -> keras.Model:
    """Rebuild the trained model of a run, or of a model of the catalog with weights.

    Raises:
        UnknownName: there is no such run.
        RunError: it has no weights yet, its plug-in is not installed, or its weights do not fit.
        UnsafeFile: its weights file or its config declares more than the file can hold.

    Example:
        >>> model = zoo.load("cnn.digits")
    """
    return load_run_model(Run.open(run))[1]


def resolve_start(
    name: str, settings: Mapping[str, Any], data: Data | None, source: Run | None
) -> Recipe:
    """Resolve a name into a recipe whose training starts from the weights of a run, or from none.

    Args:
        name: a name of the catalog, or the architecture of the run, which then has the run's settings.
        settings: what differs from these settings.
        data: where the data comes from, or the data itself.
        source: the run to start from, or None.

    Raises:
        UsageError: the run is of another architecture; or a name, a setting or the data is wrong.
    """
    if source is None:
        return resolve(name, settings, data)
    own = recipe_from_run(source)
    recipe = resolve(name, settings if name != own.architecture.name else {}, data)
    if recipe.architecture.name != own.architecture.name:
        raise UsageError(
            f"{source} is a run of {own.architecture.name}; a training of {name} cannot start from it."
        )
    if name != own.architecture.name:
        return recipe
    from_data = {key: None for key in settings_from_data(own.config) if key != "input_shape"}
    config = own.config.replace(**{**from_data, "freeze": (), **settings})
    if isinstance(data, Dataset):
        check_fit(data, config)
    return dataclasses.replace(recipe, config=config, free=STEPS - settings.keys())


def describe_start(source: Run | None) -> dict[str, dict[str, str]]:
    """Return what run.json says about the run that a training starts from; nothing if there is none.

    Raises:
        UnsafeFile: its weights are no plain file.
    """
    if source is None:
        return {}
    check_plain(source.weights)
    reference = str(source) if source.shipped else str(source.path.resolve())
    digest = file_digest(source.weights)
    return {"from": {"run": reference, "model": source.name, "sha256": digest}}


def load_start_weights(run: Run, model: keras.Model) -> None:
    """Copy the weights that a training starts from into its model, unless there is a checkpoint.

    Raises:
        RunError: the weights have changed since the training was started, they are not finite, or the
            network is another one.
    """
    if run.checkpoint.exists():
        return
    start = run.record["from"]
    with quiet_logger("zoo"):  # the line below names the weights
        source = Run.open(start["run"])
    if file_digest(source.weights) != start["sha256"]:
        raise RunError(f"The weights of {source} have changed since the training was started.")
    new = transfer_weights(load_finite_model(source)[1], model, str(source))
    log.info("weights of %s; new: %s", source, ", ".join(new) or "none")


def load_finite_model(
    run: Run, data: str | Path | Dataset | None = None
) -> tuple[Recipe, keras.Model]:
    """Return what `load_run_model` does, for a use that NaN would spoil: to measure it, or to start from it.

    Raises:
        RunError: a weight is NaN or infinite, and not because the architecture starts with such a value; or
            as `load_run_model`.
        UnsafeFile: as `load_run_model`.
        DataError: as `load_run_model`.
    """
    recipe, model = load_run_model(run, data)
    if found := find_not_finite(model):
        first = find_not_finite(recipe.architecture.build(recipe.config))
        if wrong := [place for place in found if place not in first]:
            raise RunError(
                f"{run if run.shipped else run.weights} holds NaN or infinite numbers in "
                f"{weight_name(model, wrong[0])}. The training that wrote it has diverged, or the file was "
                "changed since. Train the model again."
            )
    return recipe, model


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
    check_model_file(run.weights, run.path)
    recipe = recipe_from_run(run, data)
    _check_proportion(recipe, run.weights)
    return recipe, _build_with_weights(run, recipe)


def _build_with_weights(run: Run, recipe: Recipe) -> keras.Model:
    """Build a run's model and load its weights; initial values are computed only where they are needed."""
    recipe.check_buildable()
    unset = build_without_values(recipe.architecture, recipe.config)
    model, variables = unset or (recipe.architecture.build(recipe.config), [])
    _load_weights(run, recipe, model)
    fill_values(variables)
    return model


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
            f"{run if run.shipped else run.weights} does not fit the model that run.json describes: "
            f"{problem}{versions}"
        ) from error


def _check_proportion(recipe: Recipe, weights: Path) -> None:
    """Refuse a config that asks for far more parameters than the weights file holds."""
    count, size = recipe.parameters or 0, weights.stat().st_size
    if count * FLOAT_BYTES > SMALL_FILE + LARGEST_RATIO * size:
        raise UnsafeFile(
            f"The config beside {weights} asks for {count:,} parameters, and the file has "
            f"{size:,} bytes. It was not opened."
        )
