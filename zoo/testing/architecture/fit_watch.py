"""A watch on one training: the model that `train` leaves, and optimizer steps after `fit`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from zoo.registry.architecture import Architecture

if TYPE_CHECKING:
    import keras


class FitWatch:
    """Watches `train` of one architecture while it is entered as a context.

    Attributes:
        model: the model that `train` left in memory.
        fits: how often a `fit` with the core's callbacks ended.
        later_steps: optimizer steps that `train` made after that, or in traces of a later `fit`.

    Args:
        architecture: whose `train` is watched.
    """

    model: keras.Model

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture
        self.fits = 0
        self.later_steps = 0
        self._optimizer: Any = None
        self._steps = 0
        self._train = architecture.train
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        import keras

        optimizers = keras.optimizers.Optimizer
        self._stack.enter_context(mock.patch.object(self.architecture, "train", self.train))
        self._stack.enter_context(mock.patch.object(optimizers, "apply", self._counted_apply()))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def train(
        self, model: keras.Model, config: Any, data: Any, callbacks: list[Any], run: Any = None
    ) -> Any:
        """Call the architecture's `train` with one more callback, and count the steps after `fit`.

        Args:
            model: as for `train`; so are `config`, `data`, `callbacks` and `run`.
            config: the settings.
            data: the data set.
            callbacks: the core's.
            run: the run.
        """
        import keras

        watch = keras.callbacks.LambdaCallback()
        watch.on_train_end = lambda logs=None: self._end_fit(watch.model)
        history = self._train(model, config, data, [*callbacks, watch], run)
        self.model = model
        if self._optimizer is not None:
            self.later_steps += int(self._optimizer.iterations) - self._steps
        return history

    def _end_fit(self, model: keras.Model) -> None:
        self.fits += 1
        self._optimizer = model.optimizer
        self._steps = int(model.optimizer.iterations)

    def _counted_apply(self) -> Any:
        """Return Optimizer.apply, which also counts its calls once a `fit` has ended."""
        import keras

        original = keras.optimizers.Optimizer.apply

        def apply(optimizer: Any, *arguments: Any, **named: Any) -> Any:
            self.later_steps += self.fits > 0
            return original(optimizer, *arguments, **named)

        return apply
