"""Training: everything around a plug-in's `train`.

A run is prepared (data checked, config resolved, directory made), trained with the core's
callbacks, and finished (weights, measures, pictures). Killed at any moment it can be resumed, and
ends with the same bits as a run that was left alone.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.dataset import Dataset
from zoo.errors import PluginError, RunError, SettingError, TrainingError, UsageError, ZooError
from zoo.io.atomic import atomic_write, write_json
from zoo.runs.progress import Progress
from zoo.runs.recipe import Recipe, check_memory, recipe_from_run, resolve_with_data
from zoo.runs.run import Run, find_unfinished_run, new_run

if TYPE_CHECKING:
    import keras

_PACKAGES = ("keras-zoo", "keras", "tensorflow", "jax", "numpy")


def train(
    name: str,
    *,
    data: str | Path | Dataset | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    resume: bool = False,
    force: bool = False,
    tensorboard: bool = False,
    progress: Progress | None = None,
    **settings: Any,
) -> Run:
    """Train a model of the catalog, or an architecture, and leave a run behind.

    Args:
        name: a catalog name (`cnn.digits`) or an architecture (`cnn`), which then needs `data`.
        data: a dataset's name, tfds:NAME, an .npz, .ts or .csv file, a folder of images, or a Dataset.
        out: the run's directory; `runs/NAME` if not given, with a number where that is taken.
        seed: of the weights, the order of examples and every other chance.
        resume: go on with the unfinished run instead.
        force: replace the run that is there.
        tensorboard: write the curves and the weights' histograms to RUN/tensorboard too.
        progress: what is told of every step and epoch.
        **settings: what differs from the model's config.

    Raises:
        UsageError: a name, a setting or the data is wrong; nothing was written.
        TrainingError: the loss is no longer a number.

    Example:
        >>> run = zoo.train("cnn.digits", epochs=5, seed=1)
        >>> run.metrics
    """
    out = Path(out) if out is not None else None
    if tensorboard:
        check_tensorboard()
    if resume:
        run = find_unfinished_run(name, out)
        chosen = _resumed(run, name, data, settings)
        seed = int(run.record["seed"])
    else:
        chosen = resolve_with_data(name, settings, data)
        check_memory(chosen)
        run = new_run(name, out, force, _record(chosen, seed))
    with run.lock():
        _train_into(run, chosen, seed, progress or Progress(), tensorboard)
    return run


def check_tensorboard() -> None:
    """Refuse before anything long begins where TensorBoard is not installed.

    Raises:
        UsageError: says how to install it.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise UsageError("TensorBoard is not installed. pip install 'keras-zoo[tensorboard]'")


def _train_into(run: Run, chosen: Recipe, seed: int, progress: Progress, tensorboard: bool) -> None:
    """Train, and say in run.json how it ended."""
    import keras

    run.update(state="training", backend=keras.backend.backend())
    try:
        model = _fitted(run, chosen, seed, progress, tensorboard)
        with atomic_write(run.weights) as temporary:
            model.save_weights(temporary)
    except KeyboardInterrupt:
        run.update(state="interrupted")
        raise
    except ZooError:
        run.update(state="failed")
        raise
    run.update(state="finished", finished=_now())
    measure(run, chosen, model)


def _fitted(
    run: Run, chosen: Recipe, seed: int, progress: Progress, tensorboard: bool
) -> keras.Model:
    import keras

    from zoo.runs import callbacks

    done = callbacks.finished_epochs(run)
    keras.utils.set_random_seed(seed)
    model = chosen.architecture.build(chosen.config)
    watchers = [
        callbacks.TerminateOnNaN(chosen.config.learning_rate),
        callbacks.History(
            run, done
        ),  # before the checkpoint: a row too many is cut off on resuming
        callbacks.Checkpoint(run),
        callbacks.ValidateAveragedWeights(),
        callbacks.Reporter(progress),
    ]
    if tensorboard:
        watchers.append(keras.callbacks.TensorBoard(run.path / "tensorboard", histogram_freq=1))
    data = chosen.load_data().at(seed, done)
    try:
        with progress:
            chosen.architecture.train(model, chosen.config, data, watchers)
    except PluginError as error:
        if fault := data.train.fault:  # a broken file, which tf.data made an error of its own of
            raise fault from error
        raise
    if callbacks.finished_epochs(run) < chosen.config.epochs:
        raise TrainingError(
            f"train() of {chosen.architecture.name} ended after {callbacks.finished_epochs(run)} of "
            f"{chosen.config.epochs} epochs. It must pass the core's callbacks to model.fit."
        )
    return model


def measure(run: Run, chosen: Recipe, model: keras.Model) -> None:
    """Evaluate and draw a trained model into its run."""
    from zoo.io import pictures

    data = chosen.load_data().at(int(run.record["seed"]))
    metrics = chosen.architecture.evaluate(model, chosen.config, data)
    if metrics:
        write_json(run.path / "metrics.json", metrics)
    drawn: dict[str, pictures.Picture] = {"curve": pictures.plot_history(run.history)}
    drawn |= chosen.architecture.preview(model, chosen.config, data)
    for name, picture in drawn.items():
        pictures.save(picture, run.path / "pictures" / name)


def _resumed(run: Run, name: str, data: Any, settings: Mapping[str, Any]) -> Recipe:
    """Rebuild what a run was trained with, and refuse anything that would change it."""
    if run.name != name:
        raise RunError(f"{run.path} is a run of {run.name}, not of {name}.")
    chosen = recipe_from_run(run, data)
    for key, value in settings.items():
        wanted = chosen.config.replace(**{key: value})
        if wanted != chosen.config:
            raise SettingError(
                f"{run.path} was started with {key}={getattr(chosen.config, key)!r}; a resumed run "
                f"cannot change it. Received: {value!r}"
            )
    if chosen.load_data().fingerprint != run.record["dataset"]["fingerprint"]:
        raise RunError(f"The data of {run.path} has changed since it was started.")
    return chosen


def _record(chosen: Recipe, seed: int) -> dict[str, Any]:
    data = chosen.load_data()
    if not 0 <= seed < 2**31:
        raise UsageError(f"A seed is a whole number from 0 to 2147483647. Received: {seed}")
    return {
        "name": chosen.name,
        "architecture": chosen.architecture.name,
        "package": chosen.architecture.package,
        "config": chosen.config.model_dump(mode="json"),
        "dataset": {
            "source": chosen.source,
            "fingerprint": data.fingerprint,
            "input_shape": list(data.input_shape),
            "classes": list(data.classes) if data.classes else None,
            "preprocessing": data.preprocessing,
        },
        "seed": seed,
        "versions": _versions(),
        "started": _now(),
        "state": "training",
    }


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
