"""The weights of the best epoch, stored in variables of the model.

An epoch is the better, the smaller the error of the restored examples that are held out. If no examples
are held out, the last epoch is the best. A checkpoint holds the variables, so a resumed training keeps the
best epoch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops


class BestWeights:
    """The weights of some networks at their best epoch.

    Args:
        model: the model, which gets the variables.
        error: the name of the error in the history.
        networks: the networks.
    """

    def __init__(self, model: keras.Model, error: str, networks: Sequence[keras.Model]) -> None:
        self.error = error
        self.variables = [weight for network in networks for weight in network.weights]
        self.least = model.add_weight((), _largest, trainable=False, name=f"least_{error}")
        self.best = [
            model.add_weight(weight.shape, "zeros", trainable=False, name="best")
            for weight in self.variables
        ]

    def update(self, logs: Mapping[str, float]) -> None:
        """Store the weights as they are now, if their error is the least, or if there is no error."""
        error = logs.get(self.error, 0.0)
        if error <= float(self.least) or self.error not in logs:
            self.least.assign(error)
            _assign(self.best, self.variables)

    def restore(self) -> None:
        """Set the networks to their best weights."""
        _assign(self.variables, self.best)


class BestWeightsWriter(keras.callbacks.Callback):
    """Update the model's best weights at the end of each epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Store the weights of this epoch, if it is the best one."""
        for best in self.model.best_weights:
            best.update(logs or {})


def _largest(shape: Any, dtype: Any = None) -> Any:
    """Return a number above every error."""
    return ops.full(shape, 3e38, dtype=dtype)


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(ops.convert_to_numpy(value))
