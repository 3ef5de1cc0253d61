"""A predictor reads the user's items and applies a model to them, batch by batch."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zoo.data.inputs import item_name
from zoo.errors import DataError, UnsafeFile, ZooError
from zoo.inference.parts import Parts
from zoo.inference.read_ahead import BatchSize, read_batches
from zoo.inference.unusual_inputs import Ranges, describe_difference

Result = dict[str, Any]


@dataclass(frozen=True)
class Predictor:
    """A model that is ready for the user's items.

    Args:
        parts: the parts of the model by role.
        read: reads one item; returns None where `apply` reads the items itself.
        apply: returns a result for each of some items and what was read for them.
        input_shape: the input shape of the model; None where it is unknown.
    """

    parts: Parts
    read: Callable[[Any], Any]
    apply: Callable[[Sequence[Any], Sequence[Any]], list[Result]]
    input_shape: Any = None


@dataclass(frozen=True)
class Answer:
    """The result for one item, or the error that reading or using it raised.

    `difference` is how the item differs from the training data; it is empty where nothing is known of it.
    """

    item: Any
    result: Result | None = None
    error: DataError | None = None
    difference: str = ""


def iterate_answers(
    predictor: Predictor, items: Sequence[Any], ranges: Ranges | None = None
) -> Iterator[Answer]:
    """Yield an answer for each item, in order; an item that cannot be used stops nothing.

    Items are read beside the computation, and the memory does not grow with their number.

    Args:
        predictor: what reads the items and applies the model.
        items: files, arrays, or what else the architecture takes.
        ranges: of the training data; an item out of them is answered with its difference.

    Raises:
        ZooError: the architecture's `apply` fails for an item, with another error than a DataError.
    """
    size = BatchSize()
    for batch in read_batches(predictor.read, items, size):
        readable = [(item, value) for item, value in batch if not isinstance(value, DataError)]
        start = time.perf_counter()
        results = iter(_apply(predictor, readable))
        size.adapt(time.perf_counter() - start)
        for item, value in batch:
            if isinstance(value, DataError):
                yield Answer(item, None, value)
                continue
            difference = describe_difference(value, ranges) if ranges else ""
            answer = next(results)
            yield replace(answer, difference=difference) if difference else answer


def call_with(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Return what a function returns for those of the arguments that it takes."""
    taken = inspect.signature(function).parameters
    return function(**{name: value for name, value in arguments.items() if name in taken})


def _apply(predictor: Predictor, batch: Sequence[tuple[Any, Any]]) -> list[Answer]:
    """Return the answers for a batch; where it fails, the items are tried one by one."""
    if not batch:
        return []
    items, inputs = [item for item, _ in batch], [value for _, value in batch]
    try:
        results = predictor.apply(items, inputs)
    except ZooError as error:
        if len(batch) > 1:
            return [_apply(predictor, [pair])[0] for pair in batch]
        if isinstance(error, UnsafeFile):
            error = DataError(str(error))
        if not isinstance(error, DataError):
            raise
        return [Answer(items[0], None, error)]
    return [
        Answer(item, {"item": item_name(item)} | result)
        for item, result in zip(items, results, strict=True)
    ]
