"""Probes: seeded inputs for a part, and what the original makes of them.

Every file is fed the same: a batch of one and a batch that equals no other dimension, each at
sizes of its own for every free axis. Reference outputs must be finite and must vary, since a model
that answers everything alike agrees with every broken copy of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo.errors import ExportError
from zoo.parts import Part, Tensor, called, layers_of

Array = np.ndarray[Any, np.dtype[Any]]

# Pairs of sizes to try for free axes, by rank, the first that the original takes; one of each is odd
# and no multiple of a stride. Volumes are kept small: 32 cubed is 32,768 positions.
_SIZES = {5: ((16, 21), (32, 43)), "else": ((32, 51), (96, 139), (224, 299))}
_BATCHES = (3, 5, 7, 11, 13, 17, 19, 23)
VARIES = 1e-6  # smallest spread of an output over a batch that still tells copies apart


@dataclass(frozen=True)
class Probe:
    """Inputs by name, and the reference outputs by name."""

    inputs: dict[str, Array]
    outputs: dict[str, Array]


def make(part: Part) -> list[Probe]:
    """Make the probes of one part.

    Raises:
        ExportError: the part fails on them, or answers with NaN, or with the same to everything.
    """
    attempts = []
    for draw in (_uniform, _normal, _wide):
        probes = _sized(part, draw)
        _check_finite(part, probes)
        spread = _least_spread(probes)
        attempts.append((spread, probes))
        if spread > 1e3 * VARIES:
            return probes
    spread, probes = max(attempts, key=lambda attempt: attempt[0])
    if spread < VARIES:
        raise ExportError(
            f"The part {part.role!r} gives the same output for every input tried, so no copy of it "
            "could be told from a broken one. Is it trained, and are its activations alive?"
        )
    return probes


def draw(part: Part) -> list[Probe]:
    """Make probes without asking that the outputs be finite or vary."""
    return _sized(part, _uniform)


def save(probes: dict[str, list[Probe]], file: Any) -> None:
    """Write all parts' probes as one .npz."""
    arrays: dict[str, Any] = {}
    for role, items in probes.items():
        for number, probe in enumerate(items):
            arrays |= {f"{role}/{number}/in/{name}": array for name, array in probe.inputs.items()}
            arrays |= {
                f"{role}/{number}/out/{name}": array for name, array in probe.outputs.items()
            }
    np.savez(file, **arrays)


def load(arrays: dict[str, Array], role: str) -> list[Probe]:
    """Take one part's probes out of the arrays of an .npz."""
    numbers = sorted({int(key.split("/")[1]) for key in arrays if key.startswith(f"{role}/")})

    def side(number: int, which: str) -> dict[str, Array]:
        prefix = f"{role}/{number}/{which}/"
        return {key[len(prefix) :]: arrays[key] for key in arrays if key.startswith(prefix)}

    return [Probe(side(number, "in"), side(number, "out")) for number in numbers]


def _sized(part: Part, draw: Callable[..., Array]) -> list[Probe]:
    """Try pairs of sizes until the original takes one of them whole."""
    faults = []
    for pair in _pairs(part):
        try:
            return [_probe(part, draw, sizes, batch) for sizes, batch in _plan(part, pair)]
        except Exception as error:  # whatever the layers of a foreign model raise
            faults.append(f"{pair}: {' '.join(str(error).split())[:160]}")
    raise ExportError(
        f"The part {part.role!r} itself fails on its own declared shapes, tried with sizes "
        f"{'; '.join(faults)}. Fix the sizes, or pad and crop inside the graph."
    )


def _pairs(part: Part) -> tuple[tuple[int, int], ...]:
    free = [tensor for tensor in part.contract.inputs if None in tensor.sizes[1:]]
    if not free:
        return ((0, 0),)
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


def _probe(part: Part, draw: Callable[..., Array], sizes: dict[int, int], batch: int) -> Probe:
    generator = np.random.default_rng(0)
    top = _largest_index(part)
    inputs = {
        tensor.name: _drawn(generator, draw, tensor, sizes, batch, top)
        for tensor in part.contract.inputs
    }
    flat = called(part.original, [inputs[tensor.name] for tensor in part.contract.inputs])
    names = [tensor.name for tensor in part.contract.outputs]
    outputs = {name: np.asarray(value) for name, value in zip(names, flat, strict=True)}
    return Probe(inputs, outputs)


def _drawn(
    generator: np.random.Generator,
    draw: Callable[..., Array],
    tensor: Tensor,
    sizes: dict[int, int],
    batch: int,
    top: int,
) -> Array:
    shape = [size or (sizes[axis] if axis else batch) for axis, size in enumerate(tensor.sizes)]
    if tensor.dtype == "bool":
        return generator.random(shape) > 0.5
    if "int" in tensor.dtype:
        return generator.integers(0, top, shape).astype(tensor.dtype)
    if "float" not in tensor.dtype:
        raise ExportError(f"An input of dtype {tensor.dtype} cannot be probed: {tensor.name!r}.")
    return np.asarray(draw(generator, shape), tensor.dtype)


def _uniform(generator: np.random.Generator, shape: Any) -> Array:
    return np.asarray(generator.random(shape))


def _normal(generator: np.random.Generator, shape: Any) -> Array:
    return np.asarray(generator.normal(size=shape))


def _wide(generator: np.random.Generator, shape: Any) -> Array:
    return np.asarray(10 * generator.normal(size=shape))


def _largest_index(part: Part) -> int:
    """Give the number of rows of the smallest embedding, which whole numbers may point into."""
    rows = [
        int(layer.input_dim) for layer in layers_of(part.original) if hasattr(layer, "input_dim")
    ]
    return min([row for row in rows if row] or [2])


def _check_finite(part: Part, probes: list[Probe]) -> None:
    for probe in probes:
        for name, value in probe.outputs.items():
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise ExportError(
                    f"The part {part.role!r} itself answers with NaN or infinity in {name!r}. "
                    "Look at its weights: the training may have diverged."
                )


def _least_spread(probes: list[Probe]) -> float:
    """Measure how far the least moving output moves over a batch."""
    spreads = []
    for name in probes[0].outputs:
        values = [probe.outputs[name].astype(np.float64) for probe in probes]
        if all(len(value) < 2 for value in values):
            spreads.append(max(float(np.ptp(value)) for value in values))
        else:
            spreads.append(max(float(np.ptp(value, axis=0).max(initial=0)) for value in values))
    return min(spreads)
