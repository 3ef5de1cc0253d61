from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.split import Split
from zoo.data.validation import check_split

INPUTS = np.zeros((4, 3), np.float32)


@pytest.mark.parametrize(
    ("inputs", "targets", "problem"),
    [
        (np.zeros(4), None, r"an array of examples, .* Received: shape \(4,\)"),
        (np.zeros((4, 0)), None, r"each of at least one number. Received: shape \(4, 0\)"),
        (np.zeros((0, 3)), None, "Mine is empty"),
        (INPUTS * np.nan, None, "not a finite number, in example 0"),
        (np.full((4, 2, 2, 1), 7.0), None, "values from 7 to 7"),
        (INPUTS, [0, 1, 0], "Mine has 4 inputs and 3 targets"),
        (INPUTS, 1, "4 inputs and a single number as targets"),
        (INPUTS, [0, 1, 0, 2], "the label 2 in example 3. Expected: 0 to 1, for 2 classes"),
        (INPUTS, [0.5, 1, 0, 1], "one whole number as the label"),
        (INPUTS, None, "has no labels, and there are 2 classes"),
    ],
)
def test_a_split_that_nothing_can_be_learnt_from_is_refused(
    inputs: Any, targets: Any, problem: str
) -> None:
    classes = ("a", "b") if targets is not None or "no labels" in problem else None
    with pytest.raises(zoo.DataError, match=problem):
        check_split("Mine", Split(inputs, targets), classes)


def test_a_good_split_is_taken() -> None:
    check_split("Mine", Split(INPUTS, [0, 1, 1, 0]), ("a", "b"))
    check_split("Mine", Split(INPUTS, [0.5, 1, 1, 0]), None)
    check_split("Mine", Split(INPUTS), None)
