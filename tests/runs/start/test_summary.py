"""What is said of data when a training starts."""

import numpy as np
import pytest

import zoo
from zoo.runs.start.summary import announce_data


@pytest.mark.parametrize(("held_out", "absent"), [([0, 1, 2], ""), ([0, 0, 2], "the class b.")])
def test_a_class_without_a_held_out_example_is_named(
    held_out: list[int], absent: str, caplog: pytest.LogCaptureFixture
) -> None:
    inputs, labels = np.zeros((3, 2), np.float32), np.arange(3)
    splits = (zoo.Split(inputs, labels), zoo.Split(inputs, np.array(held_out)))
    with caplog.at_level("INFO", "zoo"):
        announce_data(zoo.Dataset("mine", *splits, ("a", "b", "c")))
    assert ("no held-out example is of" in caplog.text) == bool(absent)
    assert absent in caplog.text
