"""Probes: seeded inputs for a part, and what the original makes of them.

Every file is fed the same: a batch of one and a batch that equals no other dimension, each at sizes of
its own for every free axis, and around the mean of the training where the part standardises. Reference
outputs must be finite and must vary, since a model that answers everything alike agrees with every
broken copy of itself; and they must be the same twice, since nothing can be compared with a model
that draws lots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo.errors import ExportError, format_cause
from zoo.exporters.canonical import layers_of
from zoo.exporters.parts import Part, Tensor, call_part
from zoo.exporters.report import ABSOLUTE, RELATIVE

Array = np.ndarray[Any, np.dtype[Any]]
Draw = Callable[[np.random.Generator, tuple[int, ...], int], Array]

# Pairs of sizes to try for free axes, by rank, the first that the original takes; one of each is odd
# and no multiple of a stride. Volumes are kept small: 32 cubed is 32,768 positions.
_SIZES = {5: ((16, 21), (32, 43)), "else": ((32, 51), (96, 139), (224, 299))}
_LARGEST = {"uint8": 256}  # an image that was not scaled yet
_BATCHES = (3, 5, 7, 11, 13, 17, 19, 23)
# An output must move this many tolerances over a batch to tell copies apart; where one draw of
# inputs moves it less than PLENTY, others are tried.
VARIES, PLENTY = 4, 100


@dataclass(frozen=True)
class Probe:
    """Inputs by name, and the reference outputs by name."""

    inputs: dict[str, Array]
    outputs: dict[str, Array]


def make_probes(part: Part) -> list[Probe]:
    """Make the probes of one part.

    Raises:
        ExportError: the part fails on them, or answers with NaN, or with the same to everything.
    """
    best: tuple[float, str, list[Probe]] = (-1.0, "", [])
    for draw in _draws(part):
        try:
            probes = _sized(part, draw)
            _check_finite(part, probes)
        except ExportError:
            if best[2]:
                continue  # nobody promised that the part takes these values too
            raise
        spread, output = _least_spread(probes)
        best = max(best, (spread, output, probes), key=lambda attempt: attempt[0])
        if spread > PLENTY:
            break
    spread, output, probes = best
    if spread < VARIES:
        raise ExportError(
            f"The output {output!r} of the part {part.role!r} is the same for every input tried, so no "
            "copy of it could be told from a broken one. Is it trained, and are its activations alive?"
        )
    return probes


def draw_probes(part: Part) -> list[Probe]:
    """Make probes without asking that the outputs be finite or vary."""
    return _sized(part, _draws(part)[0])


def save_probes(probes: dict[str, list[Probe]], file: Any) -> None:
    """Write all parts' probes as one .npz."""
    arrays: dict[str, Any] = {}
    for role, items in probes.items():
        for number, probe in enumerate(items):
            arrays |= {f"{role}/{number}/in/{name}": array for name, array in probe.inputs.items()}
            arrays |= {
                f"{role}/{number}/out/{name}": array for name, array in probe.outputs.items()
            }
    np.savez(file, **arrays)


def load_probes(arrays: dict[str, Array], role: str) -> list[Probe]:
    """Take one part's probes out of the arrays of an .npz."""
    numbers = sorted({int(key.split("/")[1]) for key in arrays if key.startswith(f"{role}/")})

    def side(number: int, which: str) -> dict[str, Array]:
        prefix = f"{role}/{number}/{which}/"
        return {key[len(prefix) :]: arrays[key] for key in arrays if key.startswith(prefix)}

    return [Probe(side(number, "in"), side(number, "out")) for number in numbers]


def _sized(part: Part, draw: Draw) -> list[Probe]:
    """Try pairs of sizes until the original takes one of them whole."""
    pairs = _pairs(part)
    for pair in pairs:
        try:
            plan = enumerate(_plan(part, pair))
            return [_probe(part, draw, seed, sizes, batch) for seed, (sizes, batch) in plan]
        except Exception as error:  # whatever the layers of a foreign model raise
            fault = format_cause(error)
    tried = " nor ".join(map(str, pairs)) if pairs != _NO_PAIRS else ""
    raise ExportError(
        f"The part {part.role!r} itself fails on its own declared shapes"
        f"{f', with free sizes neither {tried}' if tried else ''}: {fault}. "
        "Fix the sizes, or pad and crop inside the graph."
    )


_NO_PAIRS = ((0, 0),)


def _pairs(part: Part) -> tuple[tuple[int, int], ...]:
    free = [tensor for tensor in part.contract.inputs if None in tensor.sizes[1:]]
    if not free:
        return _NO_PAIRS
    rank = max(len(tensor.shape) for tensor in free)
    return _SIZES.get(rank, _SIZES["else"])


def _plan(part: Part, pair: tuple[int, int]) -> Iterator[tuple[dict[int, int], int]]:
    """Give each axis a size, the other way round the second time, and both batch sizes."""
    tensors = part.contract.inputs
    ways = [{axis: pair[(axis + turn) % 2] for axis in range(1, 8)} for turn in (0, 1)]
    fixed = next((tensor.sizes[0] for tensor in tensors if tensor.sizes[0] is not None), None)
    others = {size for tensor in tensors + part.contract.outputs for size in tensor.sizes} | {*pair}
    many = fixed or next(batch for batch in _BATCHES if batch not in others)
    yield ways[0], many
    yield ways[1], fixed or 1


def _probe(part: Part, draw: Draw, seed: int, sizes: dict[int, int], batch: int) -> Probe:
    generator = np.random.default_rng(seed)
    rows, tokens, units = _rows(part), _tokens(part), _units(part)
    inputs = {}
    for tensor in part.contract.inputs:
        shape = tuple(size or sizes.get(axis, batch) for axis, size in enumerate(tensor.sizes))
        filled = _indices if tensor.name in tokens else draw
        inputs[tensor.name] = _drawn(generator, filled, tensor, shape, rows)
        if tensor.name in units:
            mean, spread = units[tensor.name]
            inputs[tensor.name] = (mean + spread * inputs[tensor.name]).astype(tensor.dtype)
    flat = call_part(part.original, [inputs[tensor.name] for tensor in part.contract.inputs])
    names = [tensor.name for tensor in part.contract.outputs]
    outputs = {name: np.asarray(value) for name, value in zip(names, flat, strict=True)}
    return Probe(inputs, outputs)


def _drawn(
    generator: np.random.Generator,
    draw: Draw,
    tensor: Tensor,
    shape: tuple[int, ...],
    rows: int | None,
) -> Array:
    if tensor.dtype == "bool":
        return generator.random(shape) > 0.5
    if "int" in tensor.dtype:
        return _indices(generator, shape, rows or _LARGEST.get(tensor.dtype, 2)).astype(
            tensor.dtype
        )
    return np.asarray(draw(generator, shape, rows or 2), tensor.dtype)


def _uniform(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    return np.asarray(generator.random(shape))


def _indices(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    """Spread whole numbers below `rows` evenly, in any order."""
    count = int(np.prod(shape))
    return generator.permutation(np.arange(count) * rows // max(count, 1)).reshape(shape)


def _normal(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    return np.asarray(generator.normal(size=shape))


def _wide(generator: np.random.Generator, shape: tuple[int, ...], rows: int) -> Array:
    return np.asarray(10 * generator.normal(size=shape))


def _draws(part: Part) -> tuple[Draw, ...]:
    """Order the ways to fill inputs; only whole numbers can point into an embedding."""
    return (_uniform, _indices) if _rows(part) else (_uniform, _normal, _wide)


def _rows(part: Part) -> int | None:
    """Count the rows of the smallest embedding, which whole numbers may point into."""
    kinds = ("input_dim", "num_tokens")
    rows = [getattr(layer, kind, None) for layer in layers_of(part.original) for kind in kinds]
    return min([int(row) for row in rows if row], default=None)


def _tokens(part: Part) -> set[str]:
    """Name the inputs that lead straight into an embedding: whole numbers, whatever their dtype."""
    import keras

    return {
        tensor._keras_history.operation.name
        for layer in part.model.operations
        if hasattr(layer, "input_dim")
        for tensor in keras.tree.flatten(layer.input)
    }


def _units(part: Part) -> dict[str, tuple[Array, Array]]:
    """Give the mean and the deviation of each input that the part standardises first."""
    import keras

    return {
        tensor._keras_history.operation.name: (np.asarray(layer.mean), np.sqrt(layer.variance))
        for layer in part.model.operations
        if isinstance(layer, keras.layers.Normalization) and not layer.invert
        for tensor in keras.tree.flatten(layer.input)
    }


def _check_finite(part: Part, probes: list[Probe]) -> None:
    for probe in probes:
        for name, value in probe.outputs.items():
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise ExportError(
                    f"The part {part.role!r} itself answers with NaN or infinity in {name!r}. "
                    "Look at its weights: the training may have diverged."
                )


def _least_spread(probes: list[Probe]) -> tuple[float, str]:
    """Find the output that moves least over a batch, and how many tolerances it moves."""
    spreads = [
        (_spread([np.atleast_1d(probe.outputs[name]) for probe in probes]), name)
        for name in probes[0].outputs
    ]
    return min(spreads)


def _spread(values: list[Array]) -> float:
    values = [value.astype(np.float64) for value in values]
    if len({value.shape[1:] for value in values}) == 1:
        values = [np.concatenate(values)]
    moved = [np.ptp(value, axis=0) for value in values if len(value) > 1] or [
        np.ptp(value) for value in values
    ]
    tolerance = ABSOLUTE + RELATIVE * max(float(np.abs(value).max(initial=0)) for value in values)
    return max(float(np.max(move, initial=0)) for move in moved) / tolerance
