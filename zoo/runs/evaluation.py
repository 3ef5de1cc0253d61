"""The end of a training: the model is measured, its pictures are drawn, and the run is finished."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.dataset import Dataset, has_no_data
from zoo.data.tables.memory import dataset_from_memory
from zoo.errors import TrainingError, ZooError
from zoo.inference.examples import check_batch_size
from zoo.runs.files.measures import examples_by_measure
from zoo.runs.files.predictions import check_table_file, write_predictions
from zoo.runs.files.run_pictures import draw_pictures
from zoo.runs.load import load_finite_model
from zoo.runs.predict import evaluate_model
from zoo.runs.predictors import check_runtime, onnx_parts
from zoo.runs.recipe import Data, Recipe, has_own_data, recipe_from_run
from zoo.runs.run import Run
from zoo.runs.run_directory import run_info

if TYPE_CHECKING:
    import keras

    from zoo.inference.parts import Parts


@dataclass(frozen=True)
class Measurement:
    """What `evaluate` returned, the data's name, the number of examples (0 without data), also by measure."""

    metrics: dict[str, float]
    dataset: str
    examples: int
    counts: dict[str, int] = field(default_factory=dict)


def evaluate(
    run: str | Path | Run,
    data: Data | None = None,
    *,
    batch_size: int | None = None,
    runtime: str = "keras",
    predictions: str | Path | None = None,
) -> dict[str, float]:
    """Measure a run's model on the test split of its own data, or on other data.

    A run that is trained but not finished becomes finished: its metrics and pictures are written. That
    needs Keras, and its own data, which is known by its fingerprint.

    Args:
        run: a run, its path or its name.
        data: other data; a file or a folder without a test split of its own is measured as a whole.
        batch_size: examples that are computed at a time; the architecture's own if not given.
        runtime: `keras`, or `onnx` for the run's exported files in ONNX Runtime.
        predictions: a .csv or .parquet file for the prediction of each example, of a classifier or a
            regression.

    Raises:
        RunError: the run has no weights yet, or another process trains into it.
        DataError: the data does not fit the model.
        UsageError: the batch size is below 1, or the architecture takes none; or its measures need the
            Keras model, and the runtime is another.
        PluginError: a measure fails, or is not finite.

    Warns:
        UserWarning: the run's own data is not the data that it was trained on; or the model is trained on
            most of the examples of `data`.

    Example:
        >>> zoo.evaluate("cnn.digits")["accuracy"]
    """
    run, path = Run.open(run), None if predictions is None else Path(predictions)
    return measure(run, data, batch_size=batch_size, runtime=runtime, predictions=path).metrics


def measure(
    run: str | Path | Run,
    data: Data | None = None,
    *,
    batch_size: int | None = None,
    runtime: str = "keras",
    predictions: Path | None = None,
) -> Measurement:
    """Measure a run's model as `evaluate` does, and return what it is measured on, too.

    Args:
        run: the run or its directory.
        data: measure on other data than the run's; None is the run's own.
        batch_size: examples that are computed at a time.
        runtime: keras or onnx.
        predictions: the file for the prediction of each example.
    """
    run = Run.open(run)
    if predictions:
        check_table_file(predictions)
    check_batch_size(batch_size)
    data = _measured_data(run, data)
    recipe, model, parts = _open(run, data, runtime)
    own = (run.state == "trained" or data is None) and has_own_data(run, recipe)
    if data is None and not own:
        _warn_of_changed_data(run, recipe)
    if own and run.state == "trained" and model is not None:
        with run.lock():
            metrics = finish_run(run, recipe, model, batch_size)
    else:
        if data is not None:
            recipe = _on_all_examples(run, recipe)
        options: dict[str, Any] = {"parts": parts, "batch_size": batch_size, "run": run_info(run)}
        data_of_run = _positioned_data(run, recipe)
        metrics = evaluate_model(recipe.architecture, recipe.config, model, data_of_run, **options)
    measured = recipe.load_data()
    if predictions:
        write_predictions(run, predictions, measured, batch_size=batch_size, runtime=runtime)
    count = 0 if has_no_data(measured) else len(measured.test)
    return Measurement(metrics, measured.name, count, examples_by_measure(metrics, measured))


def _warn_of_changed_data(run: Run, recipe: Recipe) -> None:
    cause = f"{recipe.source} has another fingerprint than run.json says"
    text = f"The data of {run} has changed since the run was trained: {cause}."
    warnings.warn(f"{text} The run stays {run.state}.", stacklevel=4)


def _measured_data(run: Run, data: Data | None) -> str | Path | Dataset | None:
    """Return data in memory as a dataset, all of which is measured; other data as it is."""
    if data is None or isinstance(data, str | Path | Dataset):
        return data
    shape = run.record["config"].get("input_shape")
    return dataset_from_memory(data, shape and tuple(shape), hold_out=False, classes=run.classes)


def _open(
    run: Run, data: str | Path | Dataset | None, runtime: str
) -> tuple[Recipe, keras.Model | None, Parts | None]:
    """Return the recipe, and the Keras model or the exported parts."""
    check_runtime(runtime)
    if runtime == "keras":
        return *load_finite_model(run, data), None
    return recipe_from_run(run, data), None, onnx_parts(run)


def _on_all_examples(run: Run, recipe: Recipe) -> Recipe:
    """Return a recipe whose test split is all of its data where the source has no test split.

    Its training split is then the run's: some measures compare the test examples with the training
    examples.

    Warns:
        UserWarning: the model is trained on most of these examples; or the run's training examples are
            not there to be compared with.
    """
    if recipe.source is None:
        return recipe
    recipe = dataclasses.replace(recipe, data=None, hold_out=False)
    data = recipe.load_data()
    if data.test is not data.train:
        return recipe
    if recipe.source == run.record["dataset"].get("source"):
        warnings.warn(
            f"{run} is trained on {recipe.source}: most of the examples that are measured now are "
            "training examples. Leave the data out to measure on the held-out examples alone.",
            stacklevel=4,
        )
    return dataclasses.replace(recipe, data=_with_training_split(run, data))


def _with_training_split(run: Run, data: Dataset) -> Dataset:
    """Return data with the training split of a run in place of its own.

    Warns:
        UserWarning: the run's data cannot be opened, or has other inputs; `data` is returned as it is.
    """
    own = recipe_from_run(run)
    try:
        training_data = own.load_data()
        if has_no_data(training_data):
            return data
        return dataclasses.replace(data, train=training_data.train)
    except ZooError as error:
        reason = str(error) if own.source else "it was a Dataset in memory."
        warnings.warn(
            f"The data that {run} is trained on cannot be opened: {reason} Metrics that compare "
            f"with training examples compare {data.name} with itself.",
            stacklevel=5,
        )
        return data


def finish_run(
    run: Run, recipe: Recipe, model: keras.Model, batch_size: int | None = None
) -> dict[str, float]:
    """Measure a trained model, draw its pictures, and mark its run as finished.

    Args:
        run: a run of the state "trained"; the caller holds its lock.
        recipe: its architecture, config and own data.
        model: its trained model.
        batch_size: examples that `evaluate` computes at a time; None leaves it to the plug-in.

    Returns:
        The metrics, as metrics.json keeps them.

    Raises:
        ZooError: `evaluate` or `preview` fails. The run stays trained, and `zoo evaluate` completes it.
    """
    data, architecture = _positioned_data(run, recipe), recipe.architecture
    with _stays_trained(run, "evaluate", data):
        metrics = evaluate_model(
            architecture, recipe.config, model, data, batch_size=batch_size, run=run_info(run)
        )
        run.write_metrics(metrics)
    with _stays_trained(run, "preview", data):
        draw_pictures(run, recipe, model, data)
    examples = examples_by_measure(metrics, data)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    run.update(state="finished", finished=now, **({"examples": examples} if examples else {}))
    architecture.notify("on_run_end", run=run_info(run), config=recipe.config, metrics=metrics)
    return metrics


def _positioned_data(run: Run, recipe: Recipe) -> Dataset:
    """Return the data, with the validation split that training has."""
    return recipe.load_data().at(int(run.record.get("seed", 0)))


@contextmanager
def _stays_trained(run: Run, hook: str, data: Dataset) -> Iterator[None]:
    """Add to an error of a hook that the run stays trained, and how it is completed."""
    try:
        yield
    except ZooError as error:
        cause = data.train.decoding_error or data.test.decoding_error or error  # of a broken file
        kind = type(cause) if cause.exit_code == ZooError.exit_code else TrainingError
        raise kind(
            f"{run.path} is trained but not finished: {hook}() failed. {str(cause).rstrip('.')}. "
            f"Complete the run: zoo evaluate {run.path}"
        ) from error
