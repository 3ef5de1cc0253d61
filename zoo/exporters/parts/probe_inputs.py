"""The inputs of a probe: seeded random arrays of the shapes, dtypes and ranges that a part takes.

Whole numbers point into the part's smallest embedding. Real numbers lie around the mean of the
training data where the part standardises its input first, and between 0 and 255 where it divides by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from zoo.exporters.parts.canonical import layers_of
from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.parts.part import Part

Array = np.ndarray[Any, np.dtype[Any]]
Filler = Callable[[np.random.Generator, tuple[int, ...], int], Array]
"""A function from a generator, a shape and a number of rows to an array."""

# Pairs of sizes to try for free axes, by rank, the first that the original takes; one of each is odd
# and no multiple of a stride. Volumes are small: 32 cubed is 32,768 positions.
_SIZES = {5: ((16, 21), (32, 43)), "else": ((32, 51), (96, 139), (224, 299))}
NO_FREE_SIZES = ((0, 0),)
_LARGEST = {"uint8": 256}  # an image that is not scaled yet
_BATCHES = (3, 5, 7, 11, 13, 17, 19, 23)


def size_pairs(contract: Contract) -> tuple[tuple[int, int], ...]:
    """Return the pairs of sizes to try for the free axes, `NO_FREE_SIZES` where there are none."""
    free = [tensor for tensor in contract.inputs if None in tensor.sizes[1:]]
    if not free:
        return NO_FREE_SIZES
    rank = max(len(tensor.shape) for tensor in free)
    return _SIZES.get(rank, _SIZES["else"])


def sizes_and_batches(
    contract: Contract, pair: tuple[int, int]
) -> Iterator[tuple[dict[int, int], int]]:
    """Yield two times the size of each axis and the size of the batch.

    The second time the two sizes change places. The first batch equals no other size of the part,
    so that no axis is mistaken for it; the second has one example.
    """
    tensors = contract.inputs
    both = [{axis: pair[(axis + turn) % 2] for axis in range(1, 8)} for turn in (0, 1)]
    fixed = next((tensor.sizes[0] for tensor in tensors if tensor.sizes[0] is not None), None)
    others = {size for tensor in tensors + contract.outputs for size in tensor.sizes} | {*pair}
    many = fixed or next(batch for batch in _BATCHES if batch not in others)
    yield both[0], many
    yield both[1], fixed or 1


def fillers(part: Part) -> tuple[Filler, ...]:
    """Return the ways to fill inputs, in the order in which they are tried."""
    if _smallest_embedding(part):
        return (_uniform, _indices)
    return (_uniform, _normal, _wide_normal, _blocks)


def draw_inputs(
    part: Part, fill: Filler, seed: int, sizes: dict[int, int], batch: int
) -> dict[str, Array]:
    """Return the inputs of a part by name.

    Args:
        part: whose contract has the inputs.
        fill: one of `fillers(part)`, for real numbers.
        seed: of the random numbers.
        sizes: the size of each free axis but the batch.
        batch: the number of examples.
    """
    generator = np.random.default_rng(seed)
    rows, indices = _smallest_embedding(part), _embedding_inputs(part)
    statistics = _standardised_inputs(part)
    inputs = {}
    for tensor in part.contract.inputs:
        shape = tuple(size or sizes.get(axis, batch) for axis, size in enumerate(tensor.sizes))
        array = _fill(generator, _indices if tensor.name in indices else fill, tensor, shape, rows)
        if tensor.name in statistics:
            mean, deviation = statistics[tensor.name]
            array = (mean + deviation * array).astype(tensor.dtype)
        inputs[tensor.name] = array
    return inputs


def _fill(
    generator: np.random.Generator,
    fill: Filler,
    tensor: Tensor,
    shape: tuple[int, ...],
    rows: int | None,
) -> Array:
    if tensor.dtype == "bool":
        return generator.random(shape) > 0.5
    if "int" in tensor.dtype:
        largest = rows or _LARGEST.get(tensor.dtype, 2)
        return _indices(generator, shape, largest).astype(tensor.dtype)
    return np.asarray(fill(generator, shape, rows or 2), tensor.dtype)


def _uniform(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    return np.asarray(generator.random(shape))


def _indices(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    """Return whole numbers below `rows`, each about equally often, in random order."""
    count = int(np.prod(shape))
    return generator.permutation(np.arange(count) * rows // max(count, 1)).reshape(shape)


def _normal(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    return np.asarray(generator.normal(size=shape))


def _wide_normal(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    return np.asarray(10 * generator.normal(size=shape))


def _blocks(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    """Return a few large blocks of one value in each example, between 0 and 1, with a little noise.

    The mean and the contrast differ from example to example, as they do in data: after pooling over a
    volume, all examples of noise alone look the same.
    """
    grid = generator.random((shape[0], *(min(size, 3) for size in shape[1:])))
    for axis, size in enumerate(shape[1:], 1):
        grid = np.take(grid, np.arange(size) * grid.shape[axis] // max(size, 1), axis)
    levels = generator.permutation(np.linspace(0.1, 1, shape[0])).reshape(
        -1, *[1] * (len(shape) - 1)
    )
    return np.asarray(np.clip(levels * grid + 0.1 * generator.random(shape), 0, 1))


def _smallest_embedding(part: Part) -> int | None:
    """Return the number of rows of the smallest embedding, None where there is none."""
    kinds = ("input_dim", "num_tokens")
    rows = [getattr(layer, kind, None) for layer in layers_of(part.original) for kind in kinds]
    return min([int(row) for row in rows if row], default=None)


def _embedding_inputs(part: Part) -> set[str]:
    """Return the names of inputs that an embedding takes: whole numbers, whatever their dtype."""
    import keras

    return {
        tensor._keras_history.operation.name
        for layer in part.model.operations
        if hasattr(layer, "input_dim")
        for tensor in keras.tree.flatten(layer.input)
    }


def _standardised_inputs(part: Part) -> dict[str, tuple[Array, Array]]:
    """Return the mean and the standard deviation of each input that a Normalization or Rescaling takes.

    A Rescaling to less than a tenth stands behind pixels from 0 to 255, whatever it then subtracts.
    """
    import keras

    statistics: dict[str, tuple[Any, Any]] = {}
    for layer in part.model.operations:
        if isinstance(layer, keras.layers.Normalization) and not layer.invert:
            found = (np.asarray(layer.mean), np.sqrt(layer.variance))
        elif isinstance(layer, keras.layers.Rescaling) and 0 < np.max(layer.scale) < 0.1:
            found = (np.zeros(1), 1 / np.asarray(layer.scale))
        else:
            continue
        for tensor in keras.tree.flatten(layer.input):
            statistics[tensor._keras_history.operation.name] = found
    return statistics
