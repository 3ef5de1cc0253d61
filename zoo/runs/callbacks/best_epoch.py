"""The epoch with the best validation: its weights are kept, and training stops when no better one comes.

Which epoch is the best follows from history.csv alone, so a resumed training decides as the whole one:
epoch e is the best of the rows 1 ... n if its measure is better than that of every row before it, and no
later one is better. Training stops after row n if n - e reaches the setting `early_stopping`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from zoo.config import Config
from zoo.errors import SettingError, nearest
from zoo.runs.callbacks.averaged_weights import averaged_weights, copy_values
from zoo.runs.callbacks.history import History

Rows = Sequence[dict[str, float]]

# parts of the names of measures that are better if they are larger; every other one is an error or a loss
LARGER_IS_BETTER = {
    "acc", "accuracy", "auc", "auroc", "f1", "precision", "psnr", "r2", "recall", "ssim",
}  # fmt: skip


class BestEpoch(keras.callbacks.Callback):
    """Keep the weights of the best epoch, and stop where it lies too far back.

    Args:
        config: the settings `best_epoch`, `early_stopping` and `monitor`.
        history: the callback that collects the rows; it is called before this one.
    """

    def __init__(self, config: Config, history: History) -> None:
        super().__init__()
        self.config = config
        self.history = history
        self.weights: list[
            Any
        ] = []  # of the best epoch so far, averaged where the optimizer averages

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Copy the weights if this epoch is the best so far, and ask `fit` to stop if training is over.

        Raises:
            SettingError: training has no measure of the name `monitor`.
        """
        config, rows = self.config, self.history.rows
        if not watches_validation(config):
            return
        if config.monitor not in rows[-1]:
            names = [name for name in rows[-1] if name.startswith("val_")]
            raise SettingError(
                f"monitor={config.monitor}: validation has no such measure. "
                f"{nearest(config.monitor, names)}"
            )
        if config.best_epoch and best_epoch(rows, config.monitor) == len(rows):
            with averaged_weights(self.model):
                self.weights = copy_values(self.model.weights)
        if is_over(rows, config):
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Load the weights of the best epoch into the model, and write its number to run.json."""
        if self.weights:
            for variable, value in zip(self.model.weights, self.weights, strict=True):
                variable.assign(value)
            number = best_epoch(self.history.rows, self.config.monitor)
            self.history.run.update(best_epoch=number)


def watches_validation(config: Config) -> bool:
    """Return whether a setting needs validation in each epoch."""
    return bool(config.best_epoch or config.early_stopping)


def best_epoch(rows: Rows, monitor: str) -> int:
    """Return the number of the epoch with the best measure, the first of equal ones; 0 if there is none.

    Args:
        rows: of the history, one for each epoch.
        monitor: the measure. One that is not finite is no measure.
    """
    larger = not LARGER_IS_BETTER.isdisjoint(monitor.split("_"))
    best, number = -math.inf, 0
    for at, row in enumerate(rows, 1):
        value = row.get(monitor, math.nan) * (1 if larger else -1)
        if math.isfinite(value) and value > best:
            best, number = value, at
    return number


def is_over(rows: Rows, config: Config) -> bool:
    """Return whether the last `early_stopping` epochs were no better than the best one before them."""
    patience = config.early_stopping
    return bool(patience) and len(rows) - best_epoch(rows, config.monitor) >= patience
