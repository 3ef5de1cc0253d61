"""All callbacks of a training, in their order: a stop at NaN, history, best epoch, checkpoint, progress, XLA.

This module imports Keras at its top, since a callback is a class of Keras. `zoo.runs.training` imports
it when a training starts.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras

from zoo.compute.step_groups import steps_of_call
from zoo.compute.xla import Choice, xla_callbacks
from zoo.config import Config
from zoo.errors import TrainingError
from zoo.runs.callbacks.averaged_weights import ValidateAveragedWeights
from zoo.runs.callbacks.best_epoch import BestEpoch
from zoo.runs.callbacks.checkpoint import Checkpoint, RestoreCheckpoint
from zoo.runs.callbacks.history import History, Reporter
from zoo.runs.progress import Observers
from zoo.runs.run import Run


class TerminateOnNaN(keras.callbacks.Callback):
    """Stop at the first loss that is NaN or infinite, with an error.

    The callback of that name in Keras stops in silence, and `fit` returns as if training were complete.
    """

    def __init__(self, learning_rate: float) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Store the number of the epoch, for the message."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Check the loss of this step.

        Raises:
            TrainingError: it is NaN or infinite; says at which step, and what to try.
        """
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            step = self.epoch * self.params["steps"] + batch + 1
            several = steps_of_call(self.model.train_function)
            around = f"between the steps {step} and {step + several - 1}"
            raise TrainingError(
                f"The loss became {loss} {around if several > 1 else f'at step {step}'} (epoch "
                f"{self.epoch + 1}, step {batch + 1} of it). Try a smaller learning rate: "
                f"--set learning_rate={self.learning_rate / 10:g}"
            )


def core_callbacks(
    run: Run, config: Config, history: History, observers: Observers
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that every training has, with the user's own among them.

    Args:
        run: the run that is trained; its run.json has `compute`.
        config: the settings.
        history: the callback that writes the run's history.
        observers: the progress, TensorBoard, and the user's callbacks. These see the model as it is
            restored, and the callbacks after them see what they change.
    """
    best = BestEpoch(config, history)
    checkpoint = Checkpoint(run, best)
    callbacks = [
        RestoreCheckpoint(checkpoint),
        TerminateOnNaN(config.learning_rate),
        *observers.callbacks,
        history,  # before the checkpoint: a row too many is cut off on resuming
        best,
        checkpoint,
        ValidateAveragedWeights(),
        Reporter(observers.progress),
        *xla_callbacks(config.compile, run.record["compute"], partial(_record_choice, run)),
    ]
    if observers.tensorboard:
        callbacks.append(keras.callbacks.TensorBoard(run.path / "tensorboard", histogram_freq=1))
    return callbacks


def _record_choice(run: Run, choice: Choice) -> None:
    """Write to run.json how a training makes its steps, so that a resumed training does not choose again."""
    compute = {**run.record["compute"], "xla": choice.xla, "xla_reason": choice.reason}
    if choice.steps is not None:
        compute["steps_per_execution"] = choice.steps
    run.update(compute=compute)
