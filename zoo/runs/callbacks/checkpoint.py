"""The checkpoint of a run: the last whole epoch, from which an interrupted training goes on."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from zoo.errors import RunError
from zoo.io.atomic import atomic_write, make_directory
from zoo.io.safe_load import read_arrays
from zoo.runs.callbacks.best_epoch import BestEpoch
from zoo.runs.run import Run

_MOST_EPOCHS = 10**9
BEST = "best_"  # of the names of the best epoch's weights in the file


class Checkpoint(keras.callbacks.Callback):
    """Save the last whole epoch: every variable of the model (seeds included) and of the optimizer.

    The weights of the best epoch are in the same file, so both are always of one moment.

    A weights file does not have the seeds of dropout and noise: training would resume with other bits.
    """

    def __init__(self, run: Run, best: BestEpoch) -> None:
        super().__init__()
        self.run = run
        self.best = best

    def restore(self) -> None:
        """Restore the last whole epoch, once `fit` has begun: only then the optimizer can be built."""
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        if self.run.checkpoint.exists():
            arrays = _read(self.run)
            self.best.weights = _take_best(arrays)
            _assign(self._variables(), arrays, self.run)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Replace the checkpoint by one of this epoch."""
        values = [keras.ops.convert_to_numpy(variable.value) for variable in self._variables()]
        arrays = {f"{at}": _as_array(value) for at, value in enumerate(values)}
        arrays |= {f"{BEST}{at}": _as_array(value) for at, value in enumerate(self.best.weights)}
        make_directory(self.run.checkpoint.parent)
        with atomic_write(self.run.checkpoint) as temporary, temporary.open("wb") as file:
            np.savez(file, epoch=np.int64(epoch + 1), **arrays)

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]


class RestoreCheckpoint(keras.callbacks.Callback):
    """Restore a checkpoint before any other callback sees the model."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.checkpoint = checkpoint

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore it."""
        self.checkpoint.restore()


def finished_epochs(run: Run) -> int:
    """Return the number of whole epochs in a run's checkpoint."""
    return int(_read(run)["epoch"]) if run.checkpoint.exists() else 0


def _read(run: Run) -> dict[str, Any]:
    """Return the arrays of a checkpoint, which is not compressed: it holds what it declares.

    Raises:
        RunError: it is no checkpoint.
        UnsafeFile: it unpacks to more bytes than it has, or is no plain file.
        DataError: it is no .npz, or a broken one.
    """
    most = run.checkpoint.stat().st_size
    arrays = read_arrays(run.checkpoint, run.path, most)
    epoch = arrays.get("epoch")
    if (
        epoch is None
        or epoch.shape
        or epoch.dtype.kind not in "iu"
        or not 0 <= epoch < _MOST_EPOCHS
    ):
        raise RunError(
            f"{run.checkpoint} is no checkpoint: it does not hold the number of an epoch."
        )
    names = {name.removeprefix(BEST) for name in arrays if name != "epoch"}
    if names != {str(at) for at in range(len(names))}:
        raise RunError(f"{run.checkpoint} is no checkpoint: its arrays are not numbered.")
    return arrays


def _as_array(value: Any) -> Any:
    """Return a value as an array; bfloat16 becomes float32, which holds it exactly and fits an .npz."""
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def _take_best(arrays: dict[str, Any]) -> list[Any]:
    """Return the weights of the best epoch, and take them out of a checkpoint's arrays."""
    count = sum(name.startswith(BEST) for name in arrays)
    return [arrays.pop(f"{BEST}{at}") for at in range(count) if f"{BEST}{at}" in arrays]


def _assign(variables: list[Any], arrays: dict[str, Any], run: Run) -> None:
    if len(variables) != len(arrays) - 1:
        raise RunError(
            f"{run.path} was made by another version of the model: its checkpoint has "
            f"{len(arrays) - 1} variables, and the model has {len(variables)}."
        )
    for at, variable in enumerate(variables):
        if f"{at}" not in arrays:
            raise RunError(f"{run.checkpoint} is no checkpoint: it lacks {variable.path}.")
        if arrays[f"{at}"].shape != tuple(variable.shape):
            raise RunError(
                f"{run.path} was made by another version of the model: {variable.path} has the shape "
                f"{arrays[f'{at}'].shape} in the checkpoint, and {tuple(variable.shape)} in the model."
            )
        kinds = "biufc" if "complex" in str(variable.dtype) else "biuf"
        if arrays[f"{at}"].dtype.kind not in kinds:
            raise RunError(f"{run.checkpoint} is no checkpoint: {variable.path} holds no numbers.")
        variable.assign(arrays[f"{at}"])
