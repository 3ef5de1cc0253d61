"""Comparison of what a file computes with what the original computes, within the gate's tolerance.

Two measures say how close a file comes. The first is the largest absolute difference, and the tolerance
decides. The second is the ratio

    R = |file - Keras in float64| / |Keras in float32 - Keras in float64|

of the largest differences, which needs no tolerance: near 1, the file rounds as Keras does; far above 10,
it computes something else. It is known where the probes have outputs in float64.

A file that changes the numbers on purpose does not round as Keras does, and R says nothing of it. Its
measure is the normalised root-mean-square error of an output over the probes,

    NRMSE = root mean square of (file - Keras) / standard deviation of Keras

which is 0 for a copy, and 1 for a file that returns the mean for every input.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from zoo.exporters.parts.probe_inputs import Array
from zoo.exporters.parts.probes import Probe, tolerance_scales
from zoo.exporters.report import ABSOLUTE, RELATIVE
from zoo.runtimes.protocol import Runner

_HALF_STEP = 2.0**-24  # the largest relative error of rounding to float32
_SMALLEST = float(np.finfo(np.float32).tiny)


class Comparison(NamedTuple):
    """The result of a comparison.

    `difference` is the largest absolute difference, None where there is none to measure. `problem` says
    what is wrong, and is empty where the outputs are equal. `ratio` is R; `nrmse` is the largest NRMSE of an
    output, for an approximate file. Either is None where it is not known.
    """

    difference: float | None
    problem: str
    ratio: float | None = None
    nrmse: float | None = None


def compare_outputs(
    runner: Runner,
    probes: Sequence[Probe],
    approximate: bool = False,
    tolerance: Sequence[float] | None = None,
) -> Comparison:
    """Run a file on all probes, on the first one twice, and compare its outputs with the original's.

    Args:
        runner: the function of an opened file, from inputs by name to outputs by name.
        probes: the inputs, and the outputs that the original computes from them.
        approximate: as `compare_results` has it.
        tolerance: as `compare_results` has it.
    """
    runs = probes_to_run(probes)
    copies = ({name: array.copy() for name, array in probe.inputs.items()} for probe in runs)
    return compare_results(map(runner, copies), runs, approximate, tolerance)


def probes_to_run(probes: Sequence[Probe]) -> list[Probe]:
    """Return the probes with the first one again at the end: a file must not remember what it computed."""
    return [*probes, *probes[:1]]


def compare_results(
    results: Iterable[Mapping[str, Any]],
    probes: Sequence[Probe],
    approximate: bool = False,
    tolerance: Sequence[float] | None = None,
) -> Comparison:
    """Compare the names of outputs, then their shapes and dtypes, then their values.

    Args:
        results: the outputs by name, for each probe.
        probes: the inputs, and the outputs that the original computes from them.
        approximate: whether the values may differ, as long as the root mean square of the differences
            is below the standard deviation of the output.
        tolerance: the absolute and the relative part of the tolerance that an approximate format
            declares; None if it declares none.
    """
    scales, largest = tolerance_scales(probes), 0.0
    if not probes:
        return Comparison(None, "there is no probe for it")
    received: dict[str, list[Any]] = {name: [] for name in probes[0].outputs}
    for outputs, probe in zip(results, probes, strict=True):
        if set(outputs) != set(probe.outputs):
            names = f"its outputs are {sorted(outputs)}, expected {sorted(probe.outputs)}"
            return Comparison(None, names)
        for name, expected in probe.outputs.items():
            scale = (1.0 if tolerance else math.inf) if approximate else scales[name]
            difference, problem = compare_arrays(
                name, outputs[name], expected, scale, tolerance or (ABSOLUTE, RELATIVE)
            )
            if problem:
                shapes = ", ".join(f"{key} {value.shape}" for key, value in probe.inputs.items())
                return Comparison(difference, f"{problem} (inputs: {shapes})")
            largest = max(largest, difference or 0.0)
            received[name].append(np.asarray(outputs[name]))
    if approximate:
        nrmse, problem = _approximation_error(received, probes)
        return Comparison(largest, problem, nrmse=nrmse)
    return Comparison(largest, "", _ratio(received, probes))


def compare_arrays(
    name: str,
    received: Any,
    expected: Any,
    scale: float = 1.0,
    tolerance: Sequence[float] = (ABSOLUTE, RELATIVE),
) -> tuple[float | None, str]:
    """Compare one output: its shape, then its dtype, then its values.

    Args:
        name: of the output, for the message.
        received: what the file computes.
        expected: what the original computes.
        scale: of the tolerance, at most 1; infinity where only NaN and infinity must agree.
        tolerance: its absolute and its relative part.

    Returns:
        The largest absolute difference, None where the arrays cannot be subtracted; and what is wrong,
        empty where they are equal: |received - expected| <= scale (absolute + relative |expected|).
    """
    received, expected = np.asarray(received), np.asarray(expected)
    if received.shape != expected.shape:
        return None, f"{name!r} has the shape {received.shape}, expected {expected.shape}"
    if received.dtype != expected.dtype:
        return None, f"{name!r} has the dtype {received.dtype}, expected {expected.dtype}"
    a, b = received.astype(np.float64), expected.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if not np.isfinite(np.where(same, 0.0, [a, b])).all():
        return None, f"{name!r} holds NaN or infinity where the other does not"
    difference = np.abs(np.subtract(a, b, out=np.zeros_like(a), where=~same))
    largest = float(difference.max(initial=0.0))
    absolute, relative = tolerance
    if (difference > scale * (absolute + relative * np.abs(b))).any():
        return largest, f"{name!r} is off by up to {largest:.3g}"
    return largest, ""


def _approximation_error(
    received: Mapping[str, Sequence[Array]], probes: Sequence[Probe]
) -> tuple[float, str]:
    """Return the largest NRMSE of an output of an approximate file, and which output exceeds the limit."""
    largest, problem = 0.0, ""
    for name, arrays in received.items():
        expected = np.concatenate([probe.outputs[name].ravel() for probe in probes]).astype(float)
        differences = np.concatenate([array.ravel() for array in arrays]).astype(float) - expected
        error, deviation = float(np.sqrt(np.mean(differences**2))), float(expected.std())
        largest = max(largest, error / max(deviation, _SMALLEST))
        if not error <= deviation and not problem:
            problem = (
                f"{name!r} is off by {error:.3g} on average, and varies by {deviation:.3g} alone"
            )
    return largest, problem


def _ratio(received: Mapping[str, Sequence[Array]], probes: Sequence[Probe]) -> float | None:
    """Return R, the largest of all outputs that are known in float64; None where none is."""
    ratios: list[float] = []
    for name, arrays in received.items():
        sets = [
            (array, probe.outputs[name], probe.exact[name])
            for array, probe in zip(arrays, probes, strict=True)
            if name in probe.exact
        ]
        if sets:
            of_file = max(_largest(array, exact) for array, _, exact in sets)
            of_keras = max(_largest(output, exact) for _, output, exact in sets)
            step = _HALF_STEP * max(float(np.abs(exact).max(initial=0.0)) for *_, exact in sets)
            ratios.append(of_file / max(of_keras, step, _SMALLEST))
    return max(ratios) if ratios else None


def _largest(one: Array, exact: Array) -> float:
    return float(np.abs(one.astype(np.float64) - exact).max(initial=0.0))
