"""The callbacks of every training: checkpoints, history, a stop at NaN, averaged weights, progress, XLA.

This module imports Keras at its top, since a callback is a class of Keras. `zoo.runs.training` imports
it when a training starts.
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Any

import keras
import numpy as np

from zoo.compute.xla import Choice, xla_callbacks
from zoo.config import Config
from zoo.errors import RunError, TrainingError
from zoo.io.atomic import atomic_write, make_directory
from zoo.io.safe_load import read_arrays
from zoo.runs.progress import Progress
from zoo.runs.run import Run


class Checkpoint(keras.callbacks.Callback):
    """Save the last whole epoch: every variable of the model (seeds included) and of the optimizer.

    A weights file does not have the seeds of dropout and noise: training would resume with other bits.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore the checkpoint; only now the optimizer can be built."""
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        if self.run.checkpoint.exists():
            _assign(self._variables(), read_arrays(self.run.checkpoint), self.run)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Replace the checkpoint by one of this epoch."""
        arrays = {f"{at}": _as_array(variable) for at, variable in enumerate(self._variables())}
        make_directory(self.run.checkpoint.parent)
        with atomic_write(self.run.checkpoint) as temporary, temporary.open("wb") as file:
            np.savez(file, epoch=np.int64(epoch + 1), **arrays)

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]


def finished_epochs(run: Run) -> int:
    """Return the number of whole epochs in a run's checkpoint."""
    return int(read_arrays(run.checkpoint)["epoch"]) if run.checkpoint.exists() else 0


def _as_array(variable: Any) -> Any:
    """Return a variable's value; bfloat16 becomes float32, which holds it exactly and fits an .npz."""
    value = np.asarray(keras.ops.convert_to_numpy(variable.value))
    return value.astype(np.float32) if value.dtype.kind == "V" else value


def _assign(variables: list[Any], arrays: dict[str, Any], run: Run) -> None:
    if len(variables) != len(arrays) - 1:
        raise RunError(
            f"{run.path} was made by another version of the model: its checkpoint has "
            f"{len(arrays) - 1} variables, and the model has {len(variables)}."
        )
    for at, variable in enumerate(variables):
        if arrays[f"{at}"].shape != tuple(variable.shape):
            raise RunError(
                f"{run.path} was made by another version of the model: {variable.path} has the shape "
                f"{arrays[f'{at}'].shape} in the checkpoint, and {tuple(variable.shape)} in the model."
            )
        variable.assign(arrays[f"{at}"])


class History(keras.callbacks.Callback):
    """Write history.csv at the end of each epoch; the rows of the epochs before a resume stay."""

    def __init__(self, run: Run, epochs_done: int) -> None:
        super().__init__()
        self.run = run
        self.rows = run.history[:epochs_done]
        self.has_begun = False
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock of this epoch."""
        self.has_begun = True
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Append this epoch's row."""
        seconds = round(time.perf_counter() - self._start, 3)
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"epoch": epoch + 1, "seconds": seconds, **numbers})
        self.run.write_history(self.rows)


class TerminateOnNaN(keras.callbacks.Callback):
    """Stop at the first loss that is NaN or infinite, with an error.

    The callback of that name in Keras stops in silence, and `fit` returns as if training were complete.
    """

    def __init__(self, learning_rate: float) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Keep the number of the epoch, for the message."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Check the loss of this step.

        Raises:
            TrainingError: it is NaN or infinite; says at which step, and what to try.
        """
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            step = self.epoch * self.params["steps"] + batch + 1
            raise TrainingError(
                f"The loss became {loss} at step {step} (epoch {self.epoch + 1}, step {batch + 1} of "
                f"it). Try a smaller learning rate: --set learning_rate={self.learning_rate / 10:g}"
            )


class ValidateAveragedWeights(keras.callbacks.Callback):
    """Validate with the averaged weights where the optimizer averages: these are what training ends with.

    Keras writes the averages into the model when `fit` ends, and until then validates with the weights
    of the last step. Its callback SwapEMAWeights does not help: on TensorFlow it swaps by adding and
    subtracting, which changes the last bits of the weights, and a resumed run would end with others.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last_step: list[Any] = []

    def on_test_begin(self, logs: Any = None) -> None:
        """Copy the weights of the last step, and put the averages in their place."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if optimizer.use_ema:
            variables = self.model.trainable_variables
            self._last_step = _copy_values(variables)
            optimizer.finalize_variable_values(variables)
            # a copy: JAX would free the memory of the averages themselves after the test
            for variable, value in zip(variables, _copy_values(variables), strict=True):
                variable.assign(value)

    def on_test_end(self, logs: Any = None) -> None:
        """Put the weights of the last step back, bit for bit."""
        if self._last_step:
            variables = self.model.trainable_variables
            for variable, value in zip(variables, self._last_step, strict=True):
                variable.assign(value)
        self._last_step = []


def _copy_values(variables: list[Any]) -> list[Any]:
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


class Reporter(keras.callbacks.Callback):
    """Report each step and epoch to a Progress."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Report the first epoch, or the one that training resumes from, and each after it."""
        self.epoch = epoch
        self.progress.start(self.params["epochs"], self.params["steps"], epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Report a step."""
        self.progress.step(logs or {})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Report the end of an epoch."""
        self.progress.epoch(epoch + 1, logs or {})


def core_callbacks(
    run: Run, config: Config, history: History, progress: Progress, tensorboard: bool
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that every training has.

    Args:
        run: the run that is trained; its run.json has `compute`.
        config: the settings.
        history: the callback that writes the run's history.
        progress: is called at every step and epoch.
        tensorboard: write curves and histograms for TensorBoard too.
    """
    callbacks = [
        TerminateOnNaN(config.learning_rate),
        history,  # before the checkpoint: a row too many is cut off on resuming
        Checkpoint(run),
        ValidateAveragedWeights(),
        Reporter(progress),
        *xla_callbacks(config.compile, run.record["compute"], partial(_record_choice, run)),
    ]
    if tensorboard:
        callbacks.append(keras.callbacks.TensorBoard(run.path / "tensorboard", histogram_freq=1))
    return callbacks


def _record_choice(run: Run, choice: Choice) -> None:
    """Write to run.json whether a training uses XLA, so that a resumed training does not choose again."""
    compute = {**run.record["compute"], "xla": choice.xla, "xla_reason": choice.reason}
    run.update(compute=compute)
