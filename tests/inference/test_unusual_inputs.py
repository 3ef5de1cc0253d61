"""Inputs that are unlike the training data are named, those of the data itself are not."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.conftest import Shell
from zoo.data.arrays import Array
from zoo.errors import DataError
from zoo.inference.unusual_inputs import (
    describe_difference,
    has_several_frames,
    input_ranges,
    warnings_of,
)

IMAGES = ("digits", "mnist", "fashion-mnist")
SERIES = ("gunpoint", "italy-power", "basic-motions")


def examples(name: str) -> Array:
    """Return 500 test examples of a data set in [0, 1], or skip where it is not here."""
    try:
        return zoo.open_dataset(name).test.take(slice(500)).inputs
    except DataError as reason:
        pytest.skip(str(reason))


def share(name: str, inputs: Array) -> float:
    """Return which share of inputs is out of the ranges of a data set."""
    ranges = input_ranges(name)
    assert ranges
    return float(np.mean([bool(describe_difference(each, ranges)) for each in inputs]))


@pytest.mark.parametrize("name", [*IMAGES, *SERIES])
def test_a_data_sets_own_examples_are_usual(name: str) -> None:
    assert share(name, examples(name)) <= 0.01


@pytest.mark.parametrize("name", IMAGES)
def test_inverted_and_faint_images_are_unusual(name: str) -> None:
    images = examples(name)
    assert share(name, 1 - images) >= 0.99
    assert share(name, images / 2) >= 0.99


@pytest.mark.parametrize("name", SERIES[:2])
def test_series_on_another_scale_are_unusual(name: str) -> None:
    series = examples(name)
    assert share(name, 20 + series) == share(name, 3 * series) == 1


def test_other_data_and_other_inputs_have_no_ranges() -> None:
    assert input_ranges(None) == input_ranges("diabetes") == input_ranges("mine.npz") == {}
    assert describe_difference("an image", {"mean": (0, 1)}) == ""
    assert describe_difference(np.ones((1, 1, 1)), {"corners": (0, 1)}) == ""
    assert warnings_of([], "digits") == []


def test_a_few_items_are_named_and_the_others_counted() -> None:
    lines = warnings_of([(f"{at}.png", "its mean is 1.") for at in range(7)], "digits")
    assert lines[0] == (
        "Warning: 0.png is unlike the training data, digits: its mean is 1. The answer may be wrong."
    )
    assert lines[-1] == "Warning: 2 more items are unlike the training data."
    assert len(lines) == 6


def test_the_shell_and_python_warn_of_such_items(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    frames = [Image.new("L", (8, 8), value) for value in (0, 90)]
    frames[0].save("d.gif", save_all=True, append_images=frames[1:])
    frames[0].save("e.gif")
    assert [has_several_frames(Path(f"{name}.gif")) for name in "def"] == [True, False, False]
    monkeypatch.setenv(
        "ZOO_WEIGHTS", str(Path(__file__).parents[2] / "weights" / "keras_zoo_weights")
    )
    seven = np.uint8(zoo.open_dataset("digits").test.inputs[0, ..., 0] * 255)
    noise = np.random.default_rng(0).integers(0, 100, (8, 8), np.uint8)
    for name, pixels in (("a.png", seven), ("b.png", 255 - seven), ("c.png", noise)):
        Image.fromarray(pixels).save(name)
    code, out, message = shell("apply", "cnn.digits", "a.png", "b.png", "c.png", "--json")
    answers = json.loads(out)
    assert code == 0
    assert answers[0]["class"] == answers[1]["class"]
    assert answers[0]["probability"] == pytest.approx(answers[1]["probability"], rel=1e-4)
    assert "b.png: inverted, as the images of digits are" in message
    assert "Warning: c.png is unlike the training data, digits: its highest" in message
    assert "a.png" not in message
    caplog.clear()
    zoo.apply("cnn.digits", ["a.png"])
    assert [each for each in caplog.records if each.levelno == logging.WARNING] == []
    zoo.apply("cnn.digits", [np.ones((8, 8, 1), np.float32)])
    assert [each.levelname for each in caplog.records if "unlike" in each.getMessage()] == [
        "WARNING"
    ]
