"""Calls of methods of keras.Model, recorded while a plug-in trains: what it passes to `compile` and `fit`."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras

__all__ = ["record_calls"]

_recorders: weakref.WeakSet[Any] = (
    weakref.WeakSet()
)  # functions that stand for methods of keras.Model


@contextmanager
def record_calls(name: str, record: Callable[[Any, Mapping[str, Any]], None]) -> Iterator[None]:
    """Call a function before each call of a method of keras.Model.

    Args:
        name: of the method.
        record: is called with the model and the arguments, by their names.
    """
    original = getattr(keras.Model, name)
    if original in _recorders:  # another training in this process records already
        yield
        return
    parameters = inspect.signature(original)

    @functools.wraps(original)
    def record_and_call(model: Any, *arguments: Any, **named: Any) -> Any:
        record(model, parameters.bind(model, *arguments, **named).arguments)
        return original(model, *arguments, **named)

    _recorders.add(record_and_call)
    setattr(keras.Model, name, record_and_call)
    try:
        yield
    finally:
        setattr(keras.Model, name, original)
