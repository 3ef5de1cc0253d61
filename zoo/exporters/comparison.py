"""Comparison of what a file computes with what the original computes, within the gate's tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.exporters.formats.protocol import Runner
from zoo.exporters.parts.probes import Probe
from zoo.exporters.report import ABSOLUTE, RELATIVE


def compare_outputs(runner: Runner, probes: Sequence[Probe]) -> tuple[float | None, str]:
    """Compare the names of outputs, then their shapes and dtypes, then their values.

    Args:
        runner: the function of an opened file, from inputs by name to outputs by name.
        probes: the inputs, and the outputs that the original computes from them.

    Returns:
        The largest absolute difference, None where there is none to measure; and what is wrong, empty
        where the outputs are equal within the tolerance.
    """
    largest = 0.0
    if not probes:
        return None, "there is no probe for it"
    for probe in probes:
        outputs = runner(probe.inputs)
        if set(outputs) != set(probe.outputs):
            return None, f"its outputs are {sorted(outputs)}, expected {sorted(probe.outputs)}"
        for name, expected in probe.outputs.items():
            difference, problem = compare_arrays(name, outputs[name], expected)
            if problem:
                shapes = ", ".join(f"{key} {value.shape}" for key, value in probe.inputs.items())
                return difference, f"{problem} (inputs: {shapes})"
            largest = max(largest, difference or 0.0)
    return largest, ""


def compare_arrays(name: str, received: Any, expected: Any) -> tuple[float | None, str]:
    """Compare one output: its shape, then its dtype, then its values.

    Args:
        name: of the output, for the message.
        received: what the file computes.
        expected: what the original computes.

    Returns:
        The largest absolute difference, None where the arrays cannot be subtracted; and what is wrong,
        empty where they are equal: |received - expected| <= ABSOLUTE + RELATIVE |expected|.
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
    if (difference > ABSOLUTE + RELATIVE * np.abs(b)).any():
        return largest, f"{name!r} is off by up to {largest:.3g}"
    return largest, ""
