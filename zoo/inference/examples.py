"""Arrays of examples in, arrays out: what `Run.predict` does once the parts of a model are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import (
    Array,
    Shape,
    as_array,
    as_float,
    check_numbers,
    check_range,
    format_shape,
    is_picture,
    shape_fits,
)
from zoo.errors import DataError, UnknownName, UsageError
from zoo.inference.parts import PartFunction, Parts


def predict_examples(
    parts: Parts,
    inputs: Any,
    part: str | None,
    batch_size: int,
    input_shape: Shape | None,
) -> Array | dict[str, Any]:
    """Return what the parts that take some inputs compute from them.

    Args:
        parts: the parts by role.
        inputs: an array (n, ...); for a part with several inputs a list of arrays, or a dictionary.
        part: the role of the part; None for all parts that take such inputs.
        batch_size: examples that are computed at a time, at least 1.
        input_shape: the shape of one of the model's examples; images of that shape are checked for
            the range [0, 1]. None where it is unknown.

    Returns:
        The output; a dictionary of outputs where there are several, and a dictionary of parts where
        several take the inputs.

    Raises:
        UnknownName: there is no such part.
        UsageError: the batch size is below 1.
        DataError: no part takes inputs of that shape, or they hold something else than finite numbers.
    """
    check_batch_size(batch_size)
    if part is not None and part not in parts:
        raise UnknownName("part", part, list(parts))
    _check_no_files(inputs)
    found = {}
    for role in [part] if part is not None else parts:
        arrays = _arrays_for(parts[role], inputs)
        if arrays is not None:
            found[role] = arrays
    if not found:
        raise _misfit({role: parts[role] for role in ([part] if part else parts)}, inputs)
    results = {
        role: _predict_part(parts[role], arrays, batch_size, input_shape)
        for role, arrays in found.items()
    }
    return next(iter(results.values())) if len(results) == 1 else results


def check_batch_size(batch_size: int | None) -> None:
    """Refuse a batch size below 1; None is the architecture's own.

    Raises:
        UsageError: it is no whole number, or below 1.
    """
    if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
        raise UsageError(f"batch_size must be a whole number from 1 on. Received: {batch_size!r}")


def _check_no_files(inputs: Any) -> None:
    """Refuse names of files, which other functions read.

    Raises:
        DataError: it says which.
    """
    first = inputs[0] if isinstance(inputs, list | tuple) and inputs else inputs
    if isinstance(first, str | Path):
        raise DataError(
            f"predict takes arrays. Received: {str(first)!r}. For files use zoo.apply, or read one with "
            "zoo.read_image."
        )


def _arrays_for(part: PartFunction, inputs: Any) -> list[Array] | None:
    """Return one array for each input of a part, or None if the inputs do not fit it."""
    if isinstance(inputs, Mapping):
        if set(inputs) != set(part.inputs):
            return None
        arrays = [as_array(inputs[name]) for name in part.inputs]
    elif len(part.inputs) == 1:
        arrays = [as_array(inputs)]
    elif isinstance(inputs, list | tuple) and len(inputs) == len(part.inputs):
        arrays = [as_array(value) for value in inputs]
    else:
        return None
    shapes = zip(arrays, part.inputs.values(), strict=True)
    if not all(array.ndim and shape_fits(array.shape[1:], shape) for array, shape in shapes):
        return None
    return arrays if len({len(array) for array in arrays}) == 1 else None


def _predict_part(
    part: PartFunction, arrays: Sequence[Array], batch_size: int, input_shape: Shape | None
) -> Array | dict[str, Array]:
    for name, array in zip(part.inputs, arrays, strict=True):
        if 0 in array.shape:
            raise DataError(f"The array for {name} is empty: its shape is {array.shape}.")
        check_numbers(f"The array for {name}", array)
        shape = array.shape[1:]
        if input_shape is not None and shape_fits(shape, input_shape) and is_picture(shape):
            check_range(f"The array for {name}", array)
    batches = [
        part(*(as_float(each[at : at + batch_size]) for each in arrays), batch_size=batch_size)
        for at in range(0, len(arrays[0]), batch_size)
    ]
    outputs = [np.concatenate(pieces) for pieces in zip(*batches, strict=True)]
    return outputs[0] if len(outputs) == 1 else dict(zip(part.outputs, outputs, strict=True))


def _misfit(parts: Parts, inputs: Any) -> DataError:
    """Return the error that no part takes some inputs: what each takes, and what was received."""
    wanted = "; ".join(
        f"{role}: {', '.join(_batch_shape(name, part) for name in part.inputs)}"
        for role, part in parts.items()
    )
    if isinstance(inputs, Mapping):
        received = ", ".join(f"{name} {np.shape(value)}" for name, value in inputs.items())
    elif isinstance(inputs, list | tuple):
        received = ", ".join(str(np.shape(value)) for value in inputs[:4])
        received = f"{len(inputs)} of shape {received}"
    else:
        received = f"shape {np.shape(inputs)}"
    single = any(
        shape_fits(np.shape(inputs), shape)
        for part in parts.values()
        for shape in part.inputs.values()
        if isinstance(inputs, np.ndarray)
    )
    hint = " It is one example: add the axis of examples, array[None]." if single else ""
    return DataError(
        f"No part of the model takes such inputs. Expected: {wanted}. Received: {received}.{hint}"
    )


def _batch_shape(name: str, part: PartFunction) -> str:
    sizes = format_shape(part.inputs[name])
    return f"{name} (n, {sizes[1:]}".replace(",)", ")")
