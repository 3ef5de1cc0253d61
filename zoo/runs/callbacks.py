"""What the core does while `model.fit` runs: checkpoints, the history, the watch for NaN, progress.

This is the one module of the core that imports Keras at its top, since a callback is a class of
Keras'; `zoo.runs.training` imports it when a training starts.
"""

from __future__ import annotations

import math
import time
from typing import Any

import keras
import numpy as np

from zoo.errors import RunError, TrainingError
from zoo.io.atomic import atomic_write, make_directory
from zoo.io.safe_load import read_arrays
from zoo.runs.progress import Progress
from zoo.runs.run import Run


class Checkpoint(keras.callbacks.Callback):
    """Keep the last whole epoch: every variable of the model (seeds included) and the optimizer.

    A weights file would leave out the seeds of dropout and noise, and resume with other bits.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore the checkpoint, now that the optimizer can be built."""
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        if self.run.checkpoint.exists():
            _assign(self._variables(), read_arrays(self.run.checkpoint), self.run)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the checkpoint of this epoch over the last one."""
        arrays = {f"{at}": _as_array(variable) for at, variable in enumerate(self._variables())}
        make_directory(self.run.checkpoint.parent)
        with atomic_write(self.run.checkpoint) as temporary, temporary.open("wb") as file:
            np.savez(file, epoch=np.int64(epoch + 1), **arrays)

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]


def finished_epochs(run: Run) -> int:
    """Count the whole epochs in a run's checkpoint."""
    return int(read_arrays(run.checkpoint)["epoch"]) if run.checkpoint.exists() else 0


def _as_array(variable: Any) -> Any:
    """Give a variable's value; bfloat16, which .npz cannot hold, fits into float32 exactly."""
    value = np.asarray(keras.ops.convert_to_numpy(variable.value))
    return value.astype(np.float32) if value.dtype.kind == "V" else value


def _assign(variables: list[Any], arrays: dict[str, Any], run: Run) -> None:
    if len(variables) != len(arrays) - 1:
        raise RunError(
            f"{run.path} was made by another version of the model: its checkpoint has "
            f"{len(arrays) - 1} variables, the model {len(variables)}."
        )
    for at, variable in enumerate(variables):
        if arrays[f"{at}"].shape != tuple(variable.shape):
            raise RunError(
                f"{run.path} was made by another version of the model: {variable.path} had the "
                f"shape {arrays[f'{at}'].shape} and has {tuple(variable.shape)}."
            )
        variable.assign(arrays[f"{at}"])


class History(keras.callbacks.Callback):
    """Write history.csv at the end of each epoch, the resumed ones before it kept."""

    def __init__(self, run: Run, epochs_done: int) -> None:
        super().__init__()
        self.run = run
        self.rows = run.history[:epochs_done]
        self.started = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the time."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Append this epoch's row."""
        seconds = round(time.perf_counter() - self.started, 3)
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"epoch": epoch + 1, "seconds": seconds, **numbers})
        self.run.write_history(self.rows)


class TerminateOnNaN(keras.callbacks.Callback):
    """Stop as soon as the loss is no longer a number."""

    def __init__(self, learning_rate: float) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss of every step.

        Raises:
            TrainingError: it is NaN or infinite; says at which step and what to try.
        """
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            step = self.epoch * self.params["steps"] + batch + 1
            raise TrainingError(
                f"The loss became {loss} at step {step} (epoch {self.epoch + 1}, step {batch + 1} of "
                f"it). Try a smaller learning rate: --set learning_rate={self.learning_rate / 10:g}"
            )


class ValidateAveragedWeights(keras.callbacks.Callback):
    """Validate with the averaged weights, where the optimizer averages: training ends with those.

    Keras writes them into the model when fit ends, and validates with the last step's until then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []

    def on_test_begin(self, logs: Any = None) -> None:
        """Keep the last step's weights, and put the averages in their place."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if optimizer.use_ema:
            variables = self.model.trainable_variables
            self.kept = _copied(variables)
            optimizer.finalize_variable_values(variables)
            for variable, value in zip(variables, _copied(variables), strict=True):
                variable.assign(
                    value
                )  # JAX would take the averages' own memory back after the test

    def on_test_end(self, logs: Any = None) -> None:
        """Put the last step's weights back, to the bit."""
        for variable, value in zip(
            self.model.trainable_variables, self.kept, strict=bool(self.kept)
        ):
            variable.assign(value)
        self.kept = []


def _copied(variables: list[Any]) -> list[Any]:
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


class Reporter(keras.callbacks.Callback):
    """Tell a Progress how far the training is."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the bar, the first time, at the epoch that it resumes from."""
        self.epoch = epoch
        self.progress.start(self.params["epochs"], self.params["steps"], epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar by one step."""
        self.progress.step(logs or {})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Leave a line for this epoch."""
        self.progress.epoch(epoch + 1, logs or {})
