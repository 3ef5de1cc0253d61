"""From a name to a model: what a name stands for, and a run's model rebuilt and used."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.dataset import Dataset
from zoo.errors import RunError, UnsafeFile
from zoo.io.safe_load import RATIO, SLACK, check_model_file
from zoo.runs.recipe import (
    FLOAT_BYTES,
    Recipe,
    count_parameters,
    recipe_from_run,
    resolve_without_loading,
)
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
        RunError: it is not finished.
        UnsafeFile: its weights file or its config declares more than the file can hold.

    Example:
        >>> model = zoo.load("cnn.digits")
    """
    return load_run_model(Run.open(run))[1]


def load_run_model(
    run: Run, data: str | Path | Dataset | None = None
) -> tuple[Recipe, keras.Model]:
    """Give a run's recipe and its trained model."""
    if not run.weights.exists():
        raise RunError(
            f"{run.path} has no trained weights yet (state: {run.state}). Go on with it: "
            f"zoo train {run.name} --out {run.path} --resume"
        )
    chosen = recipe_from_run(run, data)
    check_model_file(run.weights)
    _check_proportion(chosen, run.weights)
    model = chosen.build_model()
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
    chosen, model = load_run_model(Run.open(run), data)
    return chosen.architecture.evaluate(model, chosen.config, chosen.load_data())


def apply(run: str | Path | Run, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Use a run's model on the user's own files or arrays.

    Raises:
        DataError: an item cannot be read, or does not fit the model.
        PluginError: the architecture has no `apply`.

    Example:
        >>> zoo.apply("cnn.digits", ["seven.png"])[0]["class"]
    """
    chosen, model = load_run_model(Run.open(run))
    return chosen.architecture.apply(model, chosen.config, list(items))


def _check_proportion(chosen: Recipe, weights: Path) -> None:
    """Refuse a config that asks for far more parameters than the weights file holds."""
    count = count_parameters(chosen.architecture, chosen.config) or 0
    if count * FLOAT_BYTES > SLACK + RATIO * weights.stat().st_size:
        raise UnsafeFile(
            f"The config beside {weights} asks for {count:,} parameters, and the file has "
            f"{weights.stat().st_size:,} bytes. It was not opened."
        )
