"""Tracking in MLflow: each training is a run of MLflow, which goes on when the training is resumed.

MLflow's own variables choose the server and the experiment: MLFLOW_TRACKING_URI (mlflow.db in the working
directory if it is not set), MLFLOW_EXPERIMENT_NAME.
The id of MLflow's run is in RUN/mlflow.json.
"""

import warnings
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import keras

import zoo
from zoo_mlflow.tracking import TrackedRun

__all__ = ["on_export_end", "on_run_end", "train"]


@zoo.hookimpl(wrapper=True)
def train(
    config: zoo.Config, data: zoo.Dataset, callbacks: list[Any], run: zoo.RunInfo | None
) -> Generator[None, Any, Any]:
    """Start a run of MLflow, or go on with the one of a resumed training, and write its curves."""
    if run is None or run.worker:  # a model in memory, or one of several processes
        return (yield)
    try:
        tracked = TrackedRun.open(run, config.model_dump(mode="json"), data)
    except Exception as error:  # whatever MLflow raises where its store cannot be opened
        raise zoo.UsageError(
            f"MLflow's store cannot be opened: {str(error).rstrip('.')}. Set MLFLOW_TRACKING_URI to one "
            "that can, or train without MLflow: ZOO_DISABLE=mlflow"
        ) from error
    callbacks.insert(0, _curves(tracked))  # before the checkpoint: a resume begins after it
    try:
        history = yield
    except BaseException as error:
        _go_on(tracked.end, "FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    return history


@zoo.hookimpl
def on_run_end(run: zoo.RunInfo, metrics: Mapping[str, float]) -> None:
    """Log the measures and the pictures, and end the run of MLflow."""
    if tracked := TrackedRun.of(run):
        _go_on(tracked.log_results, metrics)


@zoo.hookimpl
def on_export_end(run: zoo.RunInfo, folder: Path) -> None:
    """Log the exported files with their report."""
    if tracked := TrackedRun.of(run):
        _go_on(tracked.log_folder, folder, "export")


def _curves(tracked: TrackedRun) -> keras.callbacks.Callback:
    """Return a callback that logs the losses and measures of each epoch."""
    return keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: _go_on(tracked.log_epoch, epoch + 1, logs or {})
    )


def _go_on(function: Callable[..., None], *arguments: Any) -> None:
    """Call a function; where MLflow fails, warn and go on: a tracker stops no training."""
    try:
        function(*arguments)
    except Exception as error:  # a server that does not answer, a full disk, ...
        warnings.warn(f"MLflow: {type(error).__name__}: {error}. It goes on without.", stacklevel=2)
