"""Training: everything around a plug-in's `train`.

The name is resolved to a recipe (architecture, complete config, data), a run is created, the model is built
and fitted, the weights are saved, and the model is measured. A killed run is resumed to the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.compute.kernels import compute_in_force, recorded_choice, use_threads
from zoo.errors import PluginError, TrainingError, UnsafeFile, UsageError, ZooError
from zoo.io.atomic import atomic_write, check_space
from zoo.io.recovery import drop_replaced
from zoo.registry.model_size import check_memory
from zoo.runs.callbacks import user_callbacks
from zoo.runs.display.choice import choose_progress
from zoo.runs.evaluation import finish_run
from zoo.runs.load import describe_start, load_finite_model, load_start_weights, resolve_start
from zoo.runs.progress import Observers, Progress, check_tensorboard
from zoo.runs.recipe import Data, Recipe
from zoo.runs.run import Run
from zoo.runs.run_directory import (
    create_run,
    find_unfinished_run,
    new_record,
    recipe_to_resume,
    run_info,
)
from zoo.runs.start.resumption import prepare_run_to_resume
from zoo.weights.transfer import freeze_layers

if TYPE_CHECKING:
    import keras

    from zoo.runs.callbacks.history import History


@dataclass(frozen=True)
class TrainedModel:
    """What a training hands on: its run, how the model is built, and the trained model in memory."""

    run: Run
    recipe: Recipe
    model: keras.Model


def train(
    name: str,
    *,
    data: Data | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    resume: bool = False,
    force: bool = False,
    tensorboard: bool = False,
    progress: Progress | bool | None = None,
    from_run: str | Path | Run | None = None,
    callbacks: Sequence[Any] = (),
    **settings: Any,
) -> Run:
    """Train a model of the catalog, or an architecture, and return its run.

    Args:
        name: a catalog name (`cnn.digits`) or an architecture (`cnn`), which then needs `data`.
        data: a dataset's name, tfds:NAME, a file, a folder of images, a Dataset, (x, y) or a DataFrame.
        out: the run's directory; `runs/NAME` if not given, with a number where that is taken.
        seed: of the weights, the order of examples and all other random numbers; 0 to 2147483647.
        resume: go on with the unfinished run. One that is trained is only measured.
        force: replace the run that is there.
        tensorboard: write the curves and the weights' histograms to RUN/tensorboard too.
        progress: False shows nothing, nor does ZOO_PROGRESS=off; None and True show a bar in a notebook
            and on a terminal, and a line for each epoch in a file. Or a Progress of your own.
        from_run: a run, or a model of the catalog, whose weights the training starts from. A layer of
            another shape starts from random weights, such as the last one where the classes differ.
        callbacks: Keras callbacks of your own, called before the zoo's (docs/runs.md).
        **settings: the settings that differ from the model's.

    Returns:
        The finished run.

    Raises:
        UsageError: a name, a setting or the data is wrong; nothing is written.
        TrainingError: the loss is no longer finite; the run is failed.
        PluginError: the plug-in fails. In `evaluate` or `preview`, the run stays trained.

    Example:
        >>> run = zoo.train("cnn.digits", epochs=5, seed=1)
        >>> run.metrics
    """
    return train_model(
        name,
        settings,
        data=data,
        out=out,
        seed=seed,
        resume=resume,
        force=force,
        tensorboard=tensorboard,
        progress=choose_progress(progress),
        from_run=from_run,
        callbacks=callbacks,
    ).run


def train_model(
    name: str,
    settings: Mapping[str, Any],
    *,
    data: Data | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    resume: bool | Run = False,
    force: bool = False,
    tensorboard: bool = False,
    progress: Progress | None = None,
    from_run: str | Path | Run | None = None,
    callbacks: Sequence[Any] = (),
    measure: bool = True,
) -> TrainedModel:
    """Train a model as `train` does, and return it in memory too.

    Args:
        name: as for `train`; so are data, out, seed, force, tensorboard, from_run and callbacks.
        settings: the settings that differ from the model's.
        resume: as for `train`, or the run to go on with.
        progress: is called at every step and epoch; None shows nothing.
        measure: whether the run is measured on the test split, and so finished; if not, it stays trained.

    Returns:
        The run, its recipe and the trained model.

    Raises:
        ZooError: as `train`.
    """
    out = Path(out) if out is not None else None
    own = user_callbacks.check_callbacks(callbacks)
    observers = Observers(progress or Progress(), tensorboard, own)
    if tensorboard:
        check_tensorboard()
    if resume:
        run = resume if isinstance(resume, Run) else find_unfinished_run(name, out)
        prepare_run_to_resume(run, own)
        recipe = recipe_to_resume(run, name, data, settings)
    else:
        start = None if from_run is None else Run.open(from_run)
        recipe = _new_recipe(name, settings, data, start)
        record = new_record(recipe, seed, settings, start) | describe_start(start)
        run = create_run(name, out, force, record | user_callbacks.describe_callbacks(own))
    with run.lock():
        recipe, model = _trained_model(run, recipe, observers, not resume)
        if measure:
            with observers.progress.status("measuring the model and drawing its pictures"):
                finish_run(run, recipe, model)
    return TrainedModel(run, recipe, model)


def _new_recipe(
    name: str, settings: Mapping[str, Any], data: Data | None, start: Run | None
) -> Recipe:
    """Return the recipe of a new run, with its data; `start` is the run that it starts from, or None."""
    recipe = resolve_start(name, settings, data, start)
    use_threads(recipe.config.threads)  # before the data is loaded: that may compute
    recipe = recipe.with_data()
    check_memory(recipe.name, recipe.parameters)
    return recipe


def _trained_model(
    run: Run, recipe: Recipe, observers: Observers, is_new: bool
) -> tuple[Recipe, keras.Model]:
    """Return the model of a run, trained now unless it is already, and the recipe that builds it."""
    if run.state == "trained" and run.weights.exists():
        return load_finite_model(run, recipe.load_data())
    return recipe, fit_and_save(run, recipe, observers, is_new)


def fit_and_save(run: Run, recipe: Recipe, observers: Observers, is_new: bool) -> keras.Model:
    """Fit the model, save its weights, and keep the run's state in run.json.

    Args:
        run, recipe, observers: what is trained, how, and what watches it.
        is_new: whether settings or data that are refused before the first step leave nothing of the run.
    """
    from zoo.runs.callbacks.checkpoint import finished_epochs
    from zoo.runs.callbacks.history import History

    compute = compute_in_force() | recorded_choice(run.record.get("compute", {}))
    resumed = {} if is_new else {"resumed": True}
    run.update(state="training", backend=compute["backend"], compute=compute, **resumed)
    history = History(run, finished_epochs(run))
    try:
        model = _fit(run, recipe, history, observers)
        with atomic_write(run.weights) as temporary:
            check_space(run.path, 4 * model.count_params() + 2**20)
            model.save_weights(temporary)
    except KeyboardInterrupt:
        run.update(state="interrupted")
        raise
    except ZooError as error:
        refused = isinstance(error, UsageError | UnsafeFile) and not history.has_begun
        if is_new and refused:
            run.clear()
        else:
            run.update(state="failed")
        raise
    finally:
        if (run.path / "run.json").exists():  # it has begun
            drop_replaced(run.path)
    run.update(state="trained")
    return model


def _fit(run: Run, recipe: Recipe, history: History, observers: Observers) -> keras.Model:
    """Build the model and train it from the last checkpoint on."""
    from zoo.compute.batch_normalization import fused_batch_normalization
    from zoo.compute.seeds import set_random_seed
    from zoo.compute.xla import remember_plugin_calls
    from zoo.runs.callbacks.best_epoch import is_over
    from zoo.runs.callbacks.checkpoint import finished_epochs
    from zoo.runs.callbacks.core import core_callbacks

    seed, config, architecture = int(run.record["seed"]), recipe.config, recipe.architecture
    set_random_seed(seed)
    model = architecture.build(config)
    if "from" in run.record:
        load_start_weights(run, model)
        set_random_seed(seed)  # what was loaded may have drawn random numbers
    freeze_layers(model, config.freeze)
    callbacks = core_callbacks(run, config, history, observers)
    first_epoch = config.epochs if is_over(history.rows, config) else finished_epochs(run)
    data = recipe.load_data().at(seed, first_epoch)
    try:
        with observers.progress, remember_plugin_calls(), fused_batch_normalization():
            architecture.train(model, config, data, callbacks, run_info(run))
    except PluginError as error:
        own = user_callbacks.callback_failure(error, observers.callbacks)
        if fault := data.train.decoding_error or own:  # TensorFlow wraps both in errors of its own
            raise fault from error
        raise
    epochs, is_stopped = finished_epochs(run), bool(observers.callbacks) and history.is_stopped
    if epochs < config.epochs and not is_stopped and not is_over(history.rows, config):
        raise TrainingError(
            f"train() of {architecture.name} ended after {epochs} of {config.epochs} epochs. It must "
            "pass the core's callbacks to model.fit."
        )
    return model
