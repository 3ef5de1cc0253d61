"""Comparison: names, then shapes, then dtypes, then values, each with a message of its own."""

from typing import Any

import numpy as np
import pytest

from zoo.exporters.comparison import compare_arrays, compare_outputs
from zoo.exporters.parts.probes import Probe

ONES = np.ones((3, 2), np.float32)


@pytest.mark.parametrize(
    ("received", "difference", "problem"),
    [
        (ONES, 0.0, ""),
        (ONES + np.float32(1e-5), pytest.approx(1e-5, rel=0.1), ""),
        (ONES[:1], None, "'y' has the shape (1, 2), expected (3, 2)"),
        (ONES.astype(np.float64), None, "'y' has the dtype float64, expected float32"),
        (ONES * np.nan, None, "'y' holds NaN or infinity where the other does not"),
        (ONES + 1, 1.0, "'y' is off by up to 1"),
    ],
)
def test_one_output(received: Any, difference: Any, problem: str) -> None:
    assert compare_arrays("y", received, ONES) == (difference, problem)


def test_nan_and_infinity_are_equal_to_themselves() -> None:
    special = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)
    assert compare_arrays("y", special, special) == (0.0, "")
    assert compare_arrays("y", -special, special)[1]


def test_all_outputs_of_all_probes() -> None:
    probes = [Probe({"x": ONES * at}, {"y": ONES * at}) for at in (1, 2)]
    assert compare_outputs(lambda inputs: {"y": inputs["x"]}, probes) == (0.0, "")
    _, problem = compare_outputs(lambda inputs: {"z": inputs["x"]}, probes)
    assert problem == "its outputs are ['z'], expected ['y']"
    _, problem = compare_outputs(lambda inputs: {"y": np.minimum(inputs["x"], 1)}, probes)
    assert problem == "'y' is off by up to 1 (inputs: x (3, 2))"
    assert compare_outputs(lambda inputs: {}, []) == (None, "there is no probe for it")
