"""Probes: seeded inputs of a part, and the outputs that the original computes from them.

Every file is run on the same probes: a batch that equals no other dimension and a batch of one, each at
sizes of its own for every free axis. The outputs of the original must be finite and must vary, since a
model with constant outputs agrees with every broken copy of itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo.errors import ExportError, format_cause
from zoo.exporters.parts.part import Part, call_part
from zoo.exporters.parts.probe_inputs import (
    NO_FREE_SIZES,
    Array,
    Filler,
    draw_inputs,
    fillers,
    size_pairs,
    sizes_and_batches,
)
from zoo.exporters.report import ABSOLUTE, RELATIVE

# An output must vary by LEAST_VARIATION tolerances over a batch to tell copies apart. Where the first
# kind of inputs varies it less than GOOD_VARIATION, the other kinds are tried too.
LEAST_VARIATION, GOOD_VARIATION = 4, 100


@dataclass(frozen=True)
class Probe:
    """Inputs by name, and the outputs of the original by name."""

    inputs: dict[str, Array]
    outputs: dict[str, Array]


def make_probes(part: Part) -> list[Probe]:
    """Return the probes of a part, with finite outputs that vary.

    Raises:
        ExportError: the part fails on all inputs, returns NaN or infinity, or returns the same for all.
    """
    best: tuple[float, str, list[Probe]] = (-1.0, "", [])
    for fill in fillers(part):
        try:
            probes = _probes_of_fitting_sizes(part, fill)
            _check_finite(part, probes)
        except ExportError:
            if best[2]:
                continue  # nobody promised that the part takes these values too
            raise
        variation, output = _least_variation(probes)
        best = max(best, (variation, output, probes), key=lambda attempt: attempt[0])
        if variation > GOOD_VARIATION:
            break
    variation, output, probes = best
    if variation < LEAST_VARIATION:
        raise ExportError(
            f"The output {output!r} of the part {part.role!r} is the same for every input tried, so no "
            "copy of it could be told from a broken one. Is it trained, and are its activations alive?"
        )
    return probes


def draw_probes(part: Part) -> list[Probe]:
    """Return the probes of a part; their outputs may be constant, NaN or infinite."""
    return _probes_of_fitting_sizes(part, fillers(part)[0])


def save_probes(probes: dict[str, list[Probe]], file: Any) -> None:
    """Write the probes of all parts, by role, into an .npz file that is open."""
    arrays: dict[str, Any] = {}
    for role, items in probes.items():
        for number, probe in enumerate(items):
            arrays |= {f"{role}/{number}/in/{name}": array for name, array in probe.inputs.items()}
            arrays |= {
                f"{role}/{number}/out/{name}": array for name, array in probe.outputs.items()
            }
    np.savez(file, **arrays)


def load_probes(arrays: dict[str, Array], role: str) -> list[Probe]:
    """Return the probes of one part from the arrays that `save_probes` wrote."""
    numbers = sorted({int(key.split("/")[1]) for key in arrays if key.startswith(f"{role}/")})

    def side(number: int, which: str) -> dict[str, Array]:
        prefix = f"{role}/{number}/{which}/"
        return {key[len(prefix) :]: arrays[key] for key in arrays if key.startswith(prefix)}

    return [Probe(side(number, "in"), side(number, "out")) for number in numbers]


def _probes_of_fitting_sizes(part: Part, fill: Filler) -> list[Probe]:
    """Return the probes of the first pair of sizes that the original takes."""
    pairs = size_pairs(part.contract)
    for pair in pairs:
        try:
            plan = enumerate(sizes_and_batches(part.contract, pair))
            return [_probe(part, draw_inputs(part, fill, seed, *sizes)) for seed, sizes in plan]
        except Exception as error:  # whatever the layers of a foreign model raise
            fault = format_cause(error)
    tried = " nor ".join(map(str, pairs)) if pairs != NO_FREE_SIZES else ""
    raise ExportError(
        f"The part {part.role!r} itself fails on its own declared shapes"
        f"{f', with free sizes neither {tried}' if tried else ''}: {fault}. "
        "Fix the sizes, or pad and crop inside the graph."
    )


def _probe(part: Part, inputs: dict[str, Array]) -> Probe:
    """Return the inputs with the outputs that the original computes from them."""
    values = call_part(part.original, [inputs[tensor.name] for tensor in part.contract.inputs])
    names = [tensor.name for tensor in part.contract.outputs]
    outputs = {name: np.asarray(value) for name, value in zip(names, values, strict=True)}
    return Probe(inputs, outputs)


def _check_finite(part: Part, probes: list[Probe]) -> None:
    for probe in probes:
        for name, value in probe.outputs.items():
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise ExportError(
                    f"The part {part.role!r} itself returns NaN or infinity in {name!r}. "
                    "Look at its weights: the training may have diverged."
                )


def _least_variation(probes: list[Probe]) -> tuple[float, str]:
    """Return the smallest variation of an output, in tolerances, and the output's name."""
    variations = [
        (_variation([np.atleast_1d(probe.outputs[name]) for probe in probes]), name)
        for name in probes[0].outputs
    ]
    return min(variations)


def _variation(values: list[Array]) -> float:
    """Return the largest range of an element over a batch, in tolerances of the gate."""
    values = [value.astype(np.float64) for value in values]
    if len({value.shape[1:] for value in values}) == 1:
        values = [np.concatenate(values)]
    ranges = [np.ptp(value, axis=0) for value in values if len(value) > 1]
    ranges = ranges or [np.ptp(value) for value in values]
    tolerance = ABSOLUTE + RELATIVE * max(float(np.abs(value).max(initial=0)) for value in values)
    return max(float(np.max(each, initial=0)) for each in ranges) / tolerance
