"""Probes: seeded inputs of a part, and the outputs that the original computes from them.

Every file is run on the same probes: a batch that equals no other dimension and a batch of one, each at
sizes of its own for every free axis; and a batch of two with inputs of another kind, where the original
takes them. The outputs of the original must be finite and must vary, since a model with constant outputs
agrees with every broken copy of itself. An output that varies little is compared more strictly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
# kind of inputs varies it less than GOOD_VARIATION, the other kinds are tried too, and where it varies less
# for all of them, the tolerance shrinks with it.
LEAST_VARIATION, GOOD_VARIATION = 1, 100
SMALLEST_SCALE = 0.02  # of the tolerance; below it, rounding would count as a difference


@dataclass(frozen=True)
class Probe:
    """Inputs, outputs of the original, and those that it computes in float64 where known, all by name."""

    inputs: dict[str, Array]
    outputs: dict[str, Array]
    exact: dict[str, Array] = field(default_factory=dict)


class ConstantOutput(ExportError):
    """An output of a part is the same for every input that was tried."""


def make_probes(part: Part) -> list[Probe]:
    """Return the probes of a part, with finite outputs that vary.

    Raises:
        ConstantOutput: the part returns the same for all inputs.
        ExportError: the part fails on all inputs, or returns NaN or infinity.
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
        raise ConstantOutput(
            f"The output {output!r} of the part {part.role!r} is the same for every input tried, up to "
            "rounding, so no copy of it could be told from a broken one. Is it trained, and are its "
            "activations alive?"
        )
    return [*probes, *_another_probe(part, probes)]


def _another_probe(part: Part, probes: Sequence[Probe]) -> list[Probe]:
    """Return one more probe: two examples of the last kind; none where the original does not take them."""
    sizes = {
        axis: size
        for tensor in part.contract.inputs
        for axis, size in enumerate(probes[0].inputs[tensor.name].shape)
        if axis and tensor.sizes[axis] is None
    }
    batch = part.contract.inputs[0].sizes[0] or 2
    try:
        probe = _probe(part, draw_inputs(part, fillers(part)[-1], 2, sizes, batch))
        _check_finite(part, [probe])
    except Exception:  # nobody promised that the part takes these values
        return []
    return [probe]


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
            arrays |= {
                f"{role}/{number}/exact/{name}": array for name, array in probe.exact.items()
            }
    np.savez(file, **arrays)


def load_probes(arrays: dict[str, Array], role: str) -> list[Probe]:
    """Return the probes of one part from the arrays that `save_probes` wrote."""
    numbers = sorted({int(key.split("/")[1]) for key in arrays if key.startswith(f"{role}/")})

    def side(number: int, which: str) -> dict[str, Array]:
        prefix = f"{role}/{number}/{which}/"
        return {key[len(prefix) :]: arrays[key] for key in arrays if key.startswith(prefix)}

    return [Probe(*(side(number, which) for which in ("in", "out", "exact"))) for number in numbers]


def find_weakness(probes: Sequence[Probe], may_be_constant: bool = False) -> str:
    """Return why probes from elsewhere could not tell a copy from a broken one; empty where they can.

    With `may_be_constant`, the outputs may be the same for all inputs: the export had another proof.
    """
    if not probes or not all(probe.outputs for probe in probes):
        return "there is no probe for it"
    values = [
        value for probe in probes for value in (*probe.inputs.values(), *probe.outputs.values())
    ]
    if not all(np.isfinite(value).all() for value in values if value.dtype.kind == "f"):
        return "its probe holds NaN or infinity, which compares with nothing"
    if {*probes[0].outputs} != {name for probe in probes for name in probe.outputs}:
        return "its probes have different outputs"
    variation, name = _least_variation(list(probes))
    if variation < LEAST_VARIATION / 10 and not may_be_constant:
        return f"the output {name!r} is the same for every input of its probe, so it compares with nothing"
    return ""


def tolerance_scales(probes: Sequence[Probe]) -> dict[str, float]:
    """Return for each output the factor of the gate's tolerance, at most 1.

    It is below 1 for an output that varies by less than GOOD_VARIATION tolerances over the probes: the
    smaller the variation, the smaller a difference that matters.
    """
    if not probes:
        return {}
    scales = {}
    for name in probes[0].outputs:
        variation = _variation([np.atleast_1d(probe.outputs[name]) for probe in probes])
        varies = variation >= LEAST_VARIATION  # else it is an inner tensor, which may be constant
        scale = min(1.0, max(SMALLEST_SCALE, variation / GOOD_VARIATION))
        scales[name] = scale if varies else 1.0
    return scales


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
