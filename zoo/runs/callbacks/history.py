"""What a training writes and reports at the end of each epoch."""

from __future__ import annotations

import time
from typing import Any

import keras

from zoo.runs.progress import Progress
from zoo.runs.run import Run


class History(keras.callbacks.Callback):
    """Write history.csv at the end of each epoch; the rows of the epochs before a resume stay."""

    def __init__(self, run: Run, epochs_done: int) -> None:
        super().__init__()
        self.run = run
        self.rows = run.history[:epochs_done]
        self.has_begun = False
        self.is_stopped = False  # a callback ended the training before its last epoch
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

    def on_train_end(self, logs: Any = None) -> None:
        """Store whether a callback asked `fit` to stop."""
        self.is_stopped = bool(self.model.stop_training)


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
