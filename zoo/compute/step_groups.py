"""Several training steps in one call of TensorFlow, with the same numbers as one by one but for rounding.

Between two calls, Python runs Keras' loop and its callbacks, and the threads of TensorFlow wait: 1 to 3 ms
for each step. Keras' `steps_per_execution` loops inside of TensorFlow. It must divide the steps of an epoch,
and is set before the training begins. Here the first epoch tells how long a step takes. If minutes are left,
both ways run a few times on random batches, and the faster one is kept. The steps that are left at the end
of an epoch are made one by one.

A callback that sees each step would see several at once. Such a training makes its steps one by one.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from zoo.compute import step_trial
from zoo.compute.step_trial import TrainFunction

__all__ = ["Place", "StepGroups", "remember_callbacks", "steps_of_call"]

LONG_SECONDS = 240.0  # a training that has less left makes its steps one by one
CALL_SECONDS = 0.5  # of one call, about: Ctrl-C and progress wait for its end
MOST_STEPS = 32  # of one call
_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")

_watched: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()  # by model


def remember_callbacks(model: Any, arguments: Mapping[str, Any]) -> None:
    """Remember whether a plug-in fits a model with a callback that sees each step.

    Args:
        model: the model.
        arguments: those of its `fit`, by name.
    """
    _watched[model] = sees_each_step(arguments.get("callbacks") or ())


def sees_each_step(callbacks: Any) -> bool:
    """Return whether one of the callbacks has a method that `fit` calls at each step.

    Those of the zoo do not count: they show progress, and look for NaN.

    Args:
        callbacks: a list, or a CallbackList of Keras.
    """
    found: Iterable[Any] = getattr(callbacks, "callbacks", callbacks)
    return any(
        getattr(getattr(each, name), "__func__", None)
        is not getattr(keras.callbacks.Callback, name)
        for each in found
        for name in _BATCH_HOOKS
        if not type(each).__module__.startswith("zoo.")
    )


def steps_of_call(function: Any) -> int:
    """Return how many steps a call of a train function may make."""
    return function.count or 1 if isinstance(function, StepGroups) else 1


@dataclass
class Place:
    """Where a training is: the step of the epoch, the steps of an epoch, and the epochs from here on.

    `is_begun` says that `fit` has begun this step: another call of the train function, as by
    `train_on_batch` or by a second `fit` without the core's callbacks, is no step of the training.
    """

    step: int = 0
    steps: int = 0
    epochs: int = 0
    is_begun: bool = False


class StepGroups:
    """A train function that `fit` calls for each step, and that may make several at the first of them.

    Args:
        model: it is in `fit`, and `remember_callbacks` was called.
        one: Keras' train function of one step.
        make: returns a new one. It reads the model's `steps_per_execution` when it is traced.
        place: where the training is; its owner updates it before each call.
        count: how many steps a call makes; None: choose.
        record: is called with the number if more than one is chosen.
    """

    def __init__(
        self,
        model: Any,
        one: TrainFunction,
        make: Callable[[], TrainFunction],
        place: Place,
        count: int | None,
        record: Callable[[int], None],
    ) -> None:
        self.model, self.one, self.make, self.place = model, one, make, place
        self.count, self.record = count, record
        is_several = count is not None and count > 1 and not _watched.get(model, True)
        self._several = self._several_steps(count) if count and is_several else None
        self._times: dict[int, float] = {}  # when a step of the first epoch began
        self._end = 0  # the step of the epoch before which all are made
        self._logs: Any = None

    def __call__(self, batches: Any) -> Any:
        """Return the logs after this step, or after the last step of its group."""
        step, is_begun = self.place.step, self.place.is_begun
        self.place.is_begun = False
        if not is_begun:
            return self.one(batches)
        if 0 < step < self._end:
            return self._logs
        if self.count is None:
            self._choose_or_measure(batches)
        count = self.count or 1
        if self._several is not None and self.place.steps - step >= count:
            self._logs, self._end = self._several(batches), step + count
        else:
            self._logs, self._end = self.one(batches), step + 1
        return self._logs

    def _choose_or_measure(self, batches: Any) -> None:
        """Store the time of a step; at the start of the next epoch, choose the steps of a call."""
        if self.place.step or len(self._times) < 3:
            self._times[self.place.step] = time.perf_counter()
            return
        (_, _), (second, start), *_, (last, end) = self._times.items()
        seconds = (end - start) / (last - second)
        self.count = 1
        count = self._largest_count(seconds)
        random_batches = step_trial.random_batches(batches) if count > 1 else None
        if random_batches is not None:
            with step_trial.restore_variables(self.model):
                self._try(count, random_batches)

    def _largest_count(self, seconds: float) -> int:
        """Return how many steps a call may make; 1 where they are made one by one.

        Args:
            seconds: of a step.
        """
        place, model = self.place, self.model
        if seconds * place.steps * place.epochs < LONG_SECONDS or _watched.get(model, True):
            return 1
        if model.steps_per_execution != 1 or model.run_eagerly or model.optimizer is None:
            return 1
        return max(1, min(MOST_STEPS, place.steps, int(CALL_SECONDS / max(seconds, 1e-9))))

    def _try(self, count: int, batches: Any) -> None:
        """Make several steps in a call from now on if that is faster; the model's variables change."""
        several = self._several_steps(count)
        try:
            if self._updates(several, batches) != count * self._updates(self.one, batches):
                return  # the architecture has its own train function
            without, together = step_trial.compare_seconds(
                lambda batches: [self.one(batches) for _ in range(count)][-1], several, batches, 1
            )
        except Exception:  # the training's own step will raise it again, or not
            return
        if together < without:
            self.count, self._several = count, several
            self.record(count)

    def _updates(self, function: TrainFunction, batches: Any) -> int:
        """Return by how much a call of a train function raises the optimizer's count of steps."""
        before = int(self.model.optimizer.iterations)
        function(batches)
        return int(self.model.optimizer.iterations) - before

    def _several_steps(self, count: int) -> TrainFunction:
        """Return a train function that makes several steps in one call of TensorFlow."""
        in_use = self.model.train_function
        function = self.make()  # which also stores it
        self.model.train_function = in_use

        def call(batches: Any) -> Any:
            self.model.steps_per_execution = count
            try:
                return function(batches)
            finally:
                self.model.steps_per_execution = 1

        return call
