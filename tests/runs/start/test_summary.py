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


def test_a_class_without_an_example_is_named(caplog: pytest.LogCaptureFixture) -> None:
    split = zoo.Split(np.zeros((3, 2), np.float32), np.array([1, 2, 2]))
    announce_data(zoo.Dataset("mine", split, split, ("0", "1", "2")))
    assert "no training example is of the class 0." in caplog.text


@pytest.mark.parametrize(("top", "warns"), [(15, True), (255, False)])
def test_images_of_twelve_bits_in_sixteen_are_warned_of(
    top: int, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    split = zoo.Split(np.full((3, 4, 4, 1), top, np.uint8))
    announce_data(zoo.Dataset("mine", split, split))
    assert ("nearly black: their brightest pixel is 0.0588" in caplog.text) == warns
