"""Train with XLA or without it, whichever is faster, and with the same bits as if nothing was measured.

XLA compiles a training step into one program. Whether the step is then faster depends on the network, and
compiling takes seconds. So `compile=auto` measures only a training that is long enough: at its first step,
both kinds of step run a few times on random batches (`step_trial`), then all variables are put back. Only
the training step is compiled. Validation, `evaluate` and `predict` are not. `step_groups` makes several such
steps in one call.

On JAX, Keras compiles every step, and there is nothing to choose.
"""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import keras

from zoo.compute import step_trial
from zoo.compute.batch_normalization import keras_batch_normalization
from zoo.compute.call_records import record_calls
from zoo.compute.step_groups import Place, StepGroups, remember_callbacks
from zoo.errors import format_error

SHORT_SECONDS = 60.0  # a shorter training does not measure
TRACES = 20.0  # nor one that takes less than so many times its first step, which is traced
CLEARLY_FASTER = 0.95  # XLA's share of the time without it, compilation included

_own_choices: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()  # by model


@dataclass(frozen=True)
class Choice:
    """Whether a training uses XLA, and why; and how many steps a call makes, once that is chosen."""

    xla: bool
    reason: str
    steps: int | None = None


@contextmanager
def remember_plugin_calls() -> Iterator[None]:
    """Remember how a plug-in calls `compile` and `fit`."""
    with (
        record_calls("compile", _remember_jit_compile),
        record_calls("fit", remember_callbacks),
    ):
        yield


def _remember_jit_compile(model: Any, arguments: Mapping[str, Any]) -> None:
    """Remember whether a plug-in compiles a model with a `jit_compile` of its own: `auto` does not change it.

    Keras does not keep whether `compile` was called with it, or resolved "auto" by itself.
    """
    choice = arguments.get("jit_compile", "auto")
    if choice == "auto":
        _own_choices.pop(model, None)
    else:
        _own_choices[model] = bool(choice)


def make_train_function(model: keras.Model, xla: bool) -> step_trial.TrainFunction:
    """Return Keras' function of one training step. The model's other functions will be without XLA."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the model does not support XLA: see below
        model.jit_compile = xla
    if xla and not model.jit_compile:
        raise ValueError("a layer does not support it, or TensorFlow is deterministic")
    model.make_train_function(force=True)
    function: step_trial.TrainFunction = model.train_function
    model.jit_compile = False
    return _traced_for_xla(function) if xla else function


def _traced_for_xla(function: step_trial.TrainFunction) -> step_trial.TrainFunction:
    """Return a train function that is traced, at its first call or later, as XLA computes it fast."""

    def call(batches: Any) -> Any:
        with keras_batch_normalization():
            return function(batches)

    return call


class ChooseXLA(keras.callbacks.Callback):
    """Choose at the first step whether the training step uses XLA, on TensorFlow.

    Args:
        setting: the setting `compile`.
        choice: that of the training which is resumed; None: choose.
        record: is called with the choice, before the first step.
    """

    def __init__(
        self,
        setting: Literal["auto", "xla", "none"],
        choice: Choice | None,
        record: Callable[[Choice], None],
    ) -> None:
        super().__init__()
        self.setting = setting
        self.choice: Any = choice  # a Choice, once it is made
        self.record = record
        self._calls = 0.0  # of the train function, until the training ends
        self._place = Place()
        self._is_resumed = False
        self._function: Any = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Count the calls of the train function that are left."""
        self._is_resumed = self._is_resumed or (epoch > 0 and self._function is None)
        place = self._place
        place.steps, place.epochs = self.params["steps"] or 0, self.params["epochs"] - epoch
        self._calls = place.epochs * place.steps / self.model.steps_per_execution

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Take over a train function that `fit`, or the plug-in, has made since the last step."""
        self._place.step, self._place.is_begun = batch, True
        function = self.model.train_function
        if function is None or function is self._function:
            return
        if self.model in _own_choices and self.setting == "auto":
            choice = Choice(self.model.jit_compile, "the architecture sets jit_compile")
            self._use(choice, _traced_for_xla(function) if choice.xla else function)
        elif self.model.run_eagerly:
            self._use(Choice(False, "the architecture sets run_eagerly"), function)
        elif self.choice is not None:
            self._use(self.choice, make_train_function(self.model, self.choice.xla))
        else:
            self._function = self.model.train_function = self._choose_and_step

    def on_train_end(self, logs: Any = None) -> None:
        """Record that a plug-in does not call Keras' train function, if so."""
        if self.choice is None:
            self._use(Choice(False, "the architecture has its own training loop"), None)

    def _use(self, choice: Choice, function: Any) -> None:
        if self.choice is None:
            self.choice = choice
            self.record(choice)
        self._function = self.model.train_function = function and self._in_groups(function)

    def _in_groups(self, function: Any) -> Any:
        """Return a train function that makes several steps in a call where that is chosen, now or later.

        Only `auto` chooses: the last bits may differ. A resumed training goes on as it began.
        """
        xla, steps = self.choice.xla, self.choice.steps
        if steps is None and (self.setting != "auto" or self._is_resumed):
            steps = 1
        make = functools.partial(make_train_function, self.model, xla)
        return StepGroups(self.model, function, make, self._place, steps, self._record_steps)

    def _record_steps(self, steps: int) -> None:
        self.choice = replace(self.choice, steps=steps)
        self.record(self.choice)

    def _choose_and_step(self, batches: Any) -> Any:
        """Choose a train function, and make the first step with it."""
        plain = make_train_function(self.model, False)
        if self.setting == "none":
            self._use(Choice(False, "compile=none"), plain)
        elif (random_batches := step_trial.random_batches(batches)) is None:
            self._use(*self._choose_untried(plain))
        else:
            with step_trial.restore_variables(self.model):
                choice, function = self._choose(plain, random_batches)
            self._use(choice, function)
        return self._function(batches)

    def _choose_untried(self, plain: Any) -> tuple[Choice, Any]:
        """Choose where no random batch can be made."""
        if self.setting == "xla":
            return Choice(True, "compile=xla"), make_train_function(self.model, True)
        return Choice(False, "auto: the batches have no fixed shapes"), plain

    def _choose(self, plain: Any, batches: Any) -> tuple[Choice, Any]:
        """Return the choice and its train function; the model's variables change."""
        if self.setting == "auto":
            try:
                first = step_trial.call_seconds(plain, batches)
                step = step_trial.call_seconds(plain, batches)
            except Exception:  # the training's own first step will raise it again, or not
                return Choice(False, "auto: a step on random numbers fails"), plain
            if step * self._calls < max(SHORT_SECONDS, TRACES * first):
                return Choice(False, "auto: the training is short"), plain
        try:
            compiled = make_train_function(self.model, True)
            compilation = step_trial.call_seconds(compiled, batches)
        except Exception as error:  # XLA's errors have no common class
            reason = f"XLA cannot compile the training step: {format_error(error)[:300]}"
            warnings.warn(f"{reason} The training goes on without XLA.", stacklevel=2)
            return Choice(False, reason), plain
        if self.setting == "xla":
            return Choice(True, "compile=xla"), compiled
        without, with_xla = step_trial.compare_seconds(
            plain, compiled, batches, step_trial.repeats(step)
        )
        times = f"{1e3 * with_xla:.1f} ms a step with XLA, {1e3 * without:.1f} ms without"
        faster = compilation + with_xla * self._calls < CLEARLY_FASTER * without * self._calls
        return Choice(faster, f"auto: {times}"), compiled if faster else plain


def xla_callbacks(
    setting: Literal["auto", "xla", "none"],
    compute: Mapping[str, Any],
    record: Callable[[Choice], None],
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that choose whether a training uses XLA; none where nothing can be chosen.

    Args:
        setting: the setting `compile`.
        compute: the entry `compute` of run.json; it has the choice of a training that is resumed.
        record: is called with the choice.
    """
    if compute["backend"] == "tensorflow":
        return [ChooseXLA(setting, _recorded_choice(compute), record)]
    if compute["backend"] == "jax":
        record(Choice(True, "Keras compiles every step on JAX"))
    else:
        record(Choice(False, f"{compute['backend']} has no XLA"))
    return []


def _recorded_choice(compute: Mapping[str, Any]) -> Choice | None:
    """Return the choice of a training that is resumed."""
    if compute.get("xla") is None:
        return None
    reason = compute.get("xla_reason", "as before")
    return Choice(compute["xla"], reason, compute.get("steps_per_execution"))
