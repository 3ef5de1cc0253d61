"""The user's own callbacks of Keras, in a training of the zoo.

They are called before the zoo's, so what they add to `logs` is in history.csv, and what they change of the
model and of the optimizer at the end of an epoch is in the checkpoint. What they keep in themselves is not.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zoo.errors import RunError, TrainingError, UsageError, brief, format_error
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras


def check_callbacks(callbacks: Sequence[Any]) -> list[keras.callbacks.Callback]:
    """Return the callbacks as a list.

    Raises:
        UsageError: it is no list, or one of it is no callback of Keras.
    """
    if not isinstance(callbacks, list | tuple):
        raise UsageError(f"callbacks must be a list. Received: {brief(callbacks)}")
    if not callbacks:
        return []
    import keras

    for each in callbacks:
        if not isinstance(each, keras.callbacks.Callback):
            raise UsageError(f"Expected keras.callbacks.Callback. Received: {brief(each)}")
    return list(callbacks)


def describe_callbacks(callbacks: Sequence[Any]) -> dict[str, list[str]]:
    """Return what run.json says about the user's callbacks; nothing where there are none."""
    names = [f"{type(each).__module__}.{type(each).__qualname__}" for each in callbacks]
    return {"callbacks": names} if names else {}


def check_same_callbacks(run: Run, callbacks: Sequence[Any]) -> None:
    """Refuse to resume a run with other callbacks than it was started with.

    Raises:
        RunError: the message names the run's.
    """
    own: Mapping[str, Any] = {key: run.record[key] for key in ("callbacks",) if key in run.record}
    given = describe_callbacks(callbacks)
    if given != own:
        names = ", ".join(own.get("callbacks", ())) or "no callbacks"
        raise RunError(
            f"{run.path} was started with {names}; a resumed run needs the same. In Python: "
            f"zoo.train({run.name!r}, resume=True, callbacks=[...]). "
            f"Received: {', '.join(given.get('callbacks', ())) or 'none'}"
        )


def callback_failure(
    error: BaseException, callbacks: Sequence[keras.callbacks.Callback]
) -> TrainingError | None:
    """Return the error that names the user's callback that raised; None if none of them did."""
    cause: BaseException | None = error
    while cause is not None:
        for frame, _ in traceback.walk_tb(cause.__traceback__):
            for each in callbacks:
                if frame.f_locals.get("self") is each:
                    name, hook = type(each).__name__, frame.f_code.co_name
                    root = error.__cause__ or error
                    return TrainingError(
                        f"The callback {name} failed in {hook}(): {format_error(root)}"
                    )
        cause = cause.__cause__
    return None
