"""Networks from elsewhere get the pixels that they were trained on, or the user hears of it."""

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from tests.conftest import Shell
from zoo.interpret.classifier import open_classifier
from zoo.interpret.inputs.pixel_values import PixelValues
from zoo.interpret.inputs.recognition import leading_range
from zoo.interpret.networks import flatten, open_network, truncate


def network(*first: Any, side: int = 6, channels: int = 3) -> keras.Model:
    """Build a classifier of images behind some layers."""
    pixels = x = keras.Input((side, side, channels))
    for layer in first:
        x = layer(x)
    x = layers.GlobalAveragePooling2D()(x)
    start = keras.initializers.RandomNormal(stddev=3, seed=0)
    x = layers.Dense(2, kernel_initializer=start, activation="softmax", name="p")(x)
    return keras.Model(pixels, x)


def normalization(mean: float, deviation: float) -> Any:
    return layers.Normalization(mean=[mean] * 3, variance=[deviation**2] * 3)


@pytest.mark.parametrize(
    ("first", "ends"),
    [
        ((layers.Rescaling(1 / 255),), (0, 255)),
        ((layers.Rescaling(1 / 127.5, offset=-1),), (0, 255)),
        ((layers.RandomFlip(), layers.Rescaling(1 / 255)), (0, 255)),
        ((layers.Rescaling(1 / 255), normalization(0.45, 0.22)), (0, 255)),
        ((normalization(120, 60),), (0, 255)),
        ((lambda x: x / 255.0,), (0, 255)),
        ((lambda x: x / 127.5 - 1.0,), (0, 255)),
        ((lambda x: keras.Sequential([layers.Rescaling(1 / 255)])(x),), (0, 255)),
        ((layers.Rescaling(2.0, offset=-1),), (0, 1)),
        ((normalization(0.45, 0.22),), (0, 1)),
        ((normalization(0, 1),), None),
        ((layers.Conv2D(3, 1),), None),
        ((), None),
    ],
)
def test_the_first_layers_tell_the_range(first: Any, ends: tuple[float, float] | None) -> None:
    found = leading_range(flatten(network(*first)))
    assert (found and found.ends) == ends


def output(opened: keras.Model, level: float) -> float:
    """Return the mean over positions that the layer before the last one returns for grey."""
    shape = [size or 8 for size in opened.input_shape[1:]]
    name = opened.layers[-2].name
    pooled = truncate(opened, [name])(np.full((1, *shape), level, np.float32))
    return float(np.asarray(pooled[name])[0, 0])


@pytest.mark.parametrize(
    ("pixels", "level", "expected"),
    [
        (PixelValues("0..255"), 0.5, 127.5),
        (PixelValues("-1..1"), 0.25, -0.5),
        (PixelValues((0, 255)), 1.0, 255),
        (PixelValues(preprocess="tf"), 0.25, -0.5),
        (PixelValues(preprocess="torch"), 0.485, 0.0),
        (PixelValues(preprocess="caffe"), 0.0, -103.939),
        (None, 0.5, 0.5),
    ],
)
def test_the_user_says_the_range(pixels: Any, level: float, expected: float) -> None:
    opened = open_network(network(), pixels=pixels)
    assert output(opened, level) == pytest.approx(expected, abs=1e-3)


def test_a_recognised_range_is_used(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "zoo")
    assert output(open_network(network(layers.Rescaling(1 / 255))), 0.5) == pytest.approx(0.5)
    assert "begins with Rescaling: it gets pixels from 0 to 255" in caplog.text
    given = open_network(network(layers.Rescaling(1 / 255)), pixels=PixelValues("0..1"))
    assert output(given, 0.5) == pytest.approx(0.5 / 255)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pixel_range": "0-255"}, "such as 0..255 or -1..1. Received: '0-255'"),
        ({"pixel_range": (1, 1)}, "the values of black and of white"),
        ({"preprocess": "keras"}, "one of caffe, torch, tf"),
        ({"preprocess": "tf", "pixel_range": "0..1"}, "not both"),
    ],
)
def test_a_wrong_range_is_refused(options: Any, message: str) -> None:
    with pytest.raises(zoo.SettingError, match=message):
        PixelValues(**options)


def test_a_range_is_for_images_and_for_networks_from_elsewhere(trained: zoo.Run) -> None:
    with pytest.raises(zoo.SettingError, match="takes pixels from 0 to 1 here"):
        open_classifier(trained, pixels=PixelValues("0..255"))
    rows = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(zoo.SettingError, match="takes no images"):
        open_network(rows, pixels=PixelValues("0..255"))
    with pytest.raises(zoo.SettingError, match="images of 3 colours"):
        open_network(network(channels=1), pixels=PixelValues(preprocess="tf"))


def test_a_network_that_sees_no_difference_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    blind = network(layers.Conv2D(3, 1, kernel_initializer="zeros"))
    open_classifier(blind)
    assert "nearly the same for black, white and noise" in caplog.text
    caplog.clear()
    open_classifier(network(layers.Conv2D(2, 1, kernel_initializer="ones")))
    assert not [each for each in caplog.records if each.levelname == "WARNING"]


def test_an_image_of_one_colour_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    model = network(layers.Conv2D(3, 1))
    zoo.explain(model, [np.full((6, 6, 3), 0.5, np.float32)], methods=["gradient"])
    assert "is nearly one colour: its pixels go from 0.5 to 0.5" in caplog.text


def test_the_shell_takes_a_range(shell: Shell, tmp_path: Path) -> None:
    network(layers.Conv2D(2, 3)).save("mine.keras")
    noise = np.random.default_rng(0).random((6, 6, 3), np.float32)
    np.save("noise.npy", noise)
    words = ("explain", "mine.keras", "noise.npy", "--method", "gradient", "--out", "why")
    code, _, err = shell(*words)
    assert (code, "does not tell which pixels it takes" in err) == (0, True)
    code, _, err = shell(*words, "--range", "0..255", "--json")
    assert (code, "does not tell" in err) == (0, False)
    code, _, err = shell(*words, "--range", "255")
    assert (code, "such as 0..255" in err) == (2, True)
    code, _, _ = shell(
        "gallery", "mine.keras", "--steps", 1, "--channels", 1, "--preprocess", "tf", "--json"
    )
    assert (code, "--preprocess tf" in Path("gallery.html").read_text("utf-8")) == (0, True)
