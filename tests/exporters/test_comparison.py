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
    assert compare_outputs(lambda inputs: {"y": inputs["x"]}, probes) == (0.0, "", None, None)
    problem = compare_outputs(lambda inputs: {"z": inputs["x"]}, probes).problem
    assert problem == "its outputs are ['z'], expected ['y']"
    problem = compare_outputs(lambda inputs: {"y": np.minimum(inputs["x"], 1)}, probes).problem
    assert problem == "'y' is off by up to 1 (inputs: x (3, 2))"
    assert compare_outputs(lambda inputs: {}, []) == (None, "there is no probe for it", None, None)


def test_a_file_that_remembers_or_that_changes_its_inputs_is_different() -> None:
    total = np.zeros((3, 2), np.float32)

    def remember(inputs: Any) -> Any:
        total[...] += inputs["x"]
        return {"y": total.copy()}

    def change(inputs: Any) -> Any:
        inputs["x"] += 1
        return {"y": inputs["x"] - 1}

    probe = Probe({"x": ONES}, {"y": ONES})
    assert "off by up to 1" in compare_outputs(remember, [probe]).problem
    assert not compare_outputs(change, [probe]).problem
    assert (probe.inputs["x"] == 1).all()


def test_the_ratio_is_the_error_in_units_of_keras_own_error() -> None:
    exact = np.linspace(0, 1, 6).reshape(3, 2)
    keras = (exact + 1e-6).astype(np.float32)
    probe = Probe({"x": ONES}, {"y": keras}, {"y": exact})
    for factor in (1, 5):
        file = (exact - factor * 1e-6).astype(np.float32)
        ratio = compare_outputs(lambda inputs, y=file: {"y": y}, [probe]).ratio
        assert ratio == pytest.approx(factor, rel=0.1)


def test_the_ratio_of_an_exact_original_counts_in_steps_of_float32() -> None:
    probe = Probe({"x": ONES}, {"y": ONES}, {"y": np.ones((3, 2))})
    assert compare_outputs(lambda inputs: {"y": ONES}, [probe]).ratio == 0
    next_number = np.nextafter(ONES, np.float32(2))
    assert compare_outputs(lambda inputs: {"y": next_number}, [probe]).ratio == pytest.approx(2)


def test_an_output_that_varies_little_is_compared_more_strictly() -> None:
    output = np.array([[0.5], [0.5005]], np.float32)  # varies by 8 tolerances
    probe = Probe({"x": output}, {"y": output})
    assert not compare_outputs(lambda inputs: {"y": output}, [probe]).problem
    wrong = np.full_like(output, 0.5) + np.float32(2e-5)
    assert not compare_arrays("y", wrong[:1], output[:1])[1]
    assert (
        "off by"
        in compare_outputs(lambda inputs: {"y": output + np.float32(2e-5)}, [probe]).problem
    )


def test_an_approximate_file_must_be_near() -> None:
    output = np.linspace(0, 1, 50, dtype=np.float32).reshape(-1, 1)
    probe = Probe({"x": output}, {"y": output})
    near = compare_outputs(lambda inputs: {"y": output + np.float32(0.05)}, [probe], True)
    assert near[:2] == (pytest.approx(0.05, rel=1e-3), "")
    far = compare_outputs(lambda inputs: {"y": output[::-1].copy()}, [probe], True)
    assert far.problem.startswith("'y' is off by")
    nan = compare_outputs(lambda inputs: {"y": output * np.float32("nan")}, [probe], True)
    assert "NaN" in nan.problem


def test_an_approximate_file_has_its_error_in_deviations_of_the_output_and_no_ratio() -> None:
    y = np.array([[1.0], [-1.0], [1.0], [-1.0]], np.float32)
    probe = Probe({"x": y}, {"y": y}, {"y": y.astype(np.float64)})
    comparison = compare_outputs(lambda inputs: {"y": y + np.float32(0.25)}, [probe], True)
    assert comparison == (0.25, "", None, pytest.approx(0.25))
    assert compare_outputs(lambda inputs: {"y": y}, [probe], True).nrmse == 0
    worse = compare_outputs(lambda inputs: {"y": y + 3}, [probe], True)
    assert (worse.nrmse, worse.problem) == (
        pytest.approx(3),
        "'y' is off by 3 on average, and varies by 1 alone",
    )
    assert compare_outputs(lambda inputs: {"y": y}, [probe]).nrmse is None
