"""The words for a picture say what is drawn in it."""

from typing import Any

import numpy as np
import pytest

from zoo.interpret.captions.image_words import describe_example

DOWN, RIGHT = np.mgrid[:28, :28]


def waves(phase: Any) -> np.ndarray[Any, np.dtype[Any]]:
    return (0.5 + 0.5 * np.sin(phase))[..., None].astype(np.float32)


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (RIGHT * 2.0, "fine vertical stripes"),
        (DOWN * 0.9, "medium horizontal stripes"),
        ((RIGHT - DOWN) * 0.25, "coarse falling diagonal stripes"),
        ((RIGHT + DOWN) * 0.25, "coarse rising diagonal stripes"),
    ],
)
def test_stripes_are_named_by_direction_and_width(phase: Any, words: str) -> None:
    assert words in describe_example(waves(phase))


def test_light_place_and_colour_are_named() -> None:
    spot = np.exp(-((RIGHT - 6) ** 2 + (DOWN - 21) ** 2) / 20.0)[..., None]
    words = describe_example(spot)
    assert words.startswith("bright on dark")
    assert words.endswith("strongest at the bottom left")
    assert "rather blue" in describe_example(np.concatenate([0 * spot, 0 * spot, spot], -1))
    assert describe_example(np.ones((8, 8, 1))) == "almost evenly white"
    noise = np.random.default_rng(0).random((28, 28, 1))
    assert "fine shapes in all directions" in describe_example(noise)


def test_series_volumes_and_tiny_images_have_words_too() -> None:
    ramp = np.linspace(-1, 2, 50)[:, None]
    assert describe_example(ramp) == (
        "50 steps from -1 to 2, highest at step 49, lowest at step 0, crosses its mean 1 times"
    )
    assert "2 channels" in describe_example(np.repeat(ramp, 2, 1))
    assert describe_example(np.ones((4, 4, 4, 1))).startswith("the mean of a volume's slices")
    assert describe_example(np.eye(2)[..., None]) == "bright and dark in equal parts"
