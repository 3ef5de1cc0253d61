"""The averaged weights of an optimizer, while the model is validated or the best epoch is stored.

Keras writes the averages into the model when `fit` ends. Its callback SwapEMAWeights swaps them before: on
TensorFlow it swaps by adding and subtracting, which changes the last bits of the weights, and a resumed run
would end with others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np


class ValidateAveragedWeights(keras.callbacks.Callback):
    """Validate with the averaged weights where the optimizer averages: these are what training ends with."""

    def __init__(self) -> None:
        super().__init__()
        self._last_step: list[Any] = []

    def on_test_begin(self, logs: Any = None) -> None:
        """Copy the weights of the last step, and put the averages in their place."""
        self._last_step = _use_averages(self.model)

    def on_test_end(self, logs: Any = None) -> None:
        """Restore the weights of the last step, bit for bit."""
        _put_back(self.model, self._last_step)
        self._last_step = []


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Use the averaged weights in a model, if its optimizer averages; restore its own at the end."""
    last_step = _use_averages(model)
    try:
        yield
    finally:
        _put_back(model, last_step)


def copy_values(variables: list[Any]) -> list[Any]:
    """Return the values of variables as arrays that later steps do not change."""
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


def _use_averages(model: keras.Model) -> list[Any]:
    """Set the averages in a model, and return the weights that it had; nothing without averages."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if not optimizer.use_ema:
        return []
    variables = model.trainable_variables
    last_step = copy_values(variables)
    optimizer.finalize_variable_values(variables)
    # a copy: JAX would free the memory of the averages themselves after the test
    for variable, value in zip(variables, copy_values(variables), strict=True):
        variable.assign(value)
    return last_step


def _put_back(model: keras.Model, last_step: list[Any]) -> None:
    """Restore the weights that `_use_averages` returned."""
    if last_step:
        for variable, value in zip(model.trainable_variables, last_step, strict=True):
            variable.assign(value)
