"""The layers for images of any size: what they add, what they cut off, and that files of them open."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.layers import CropLike, PadToMultiple

CHANCE = np.random.default_rng(0)


def around(multiple: int = 4) -> keras.Model:
    image = keras.Input((None, None, 2), name="image")
    padded = PadToMultiple(multiple)(image)
    small = layers.Conv2D(3, 3, strides=multiple, padding="same", name="small")(padded)
    large = layers.Conv2D(2, 3, padding="same")(layers.UpSampling2D(multiple)(small))
    return keras.Model(image, CropLike(name="made")([large, image]))


@pytest.mark.parametrize(("size", "wanted"), [(4, 4), (5, 8), (7, 8), (8, 8), (1, 4), (2, 4)])
def test_sides_become_multiples_by_mirroring(size: int, wanted: int) -> None:
    image = CHANCE.random((1, size, 9, 1)).astype(np.float32)
    padded = np.asarray(PadToMultiple(4)(image))
    mode = "edge" if size == 1 else "reflect"
    tall = np.pad(image, ((0, 0), (0, wanted - size), (0, 0), (0, 0)), mode)
    np.testing.assert_array_equal(padded, np.pad(tall, ((0, 0), (0, 0), (0, 3), (0, 0)), "reflect"))


@pytest.mark.parametrize("size", [(1, 1), (3, 10), (8, 4), (17, 5)])
def test_any_size_comes_out_as_it_went_in(size: tuple[int, int]) -> None:
    image = CHANCE.random((2, *size, 2)).astype(np.float32)
    assert around()(image).shape == (2, *size, 2)


def test_known_sizes_are_known_in_the_graph() -> None:
    padded = PadToMultiple(4)(keras.Input((5, None, 3)))
    assert padded.shape == (None, 8, None, 3)
    assert CropLike()([padded, keras.Input((5, 6, 3))]).shape == (None, 5, 6, 3)


def test_every_format_keeps_the_sizes_free(tmp_path: Path) -> None:
    model = around()
    report = zoo.export(model, ["onnx", "keras", "h5"], out=tmp_path / "out")
    assert report.ok
    assert report.contracts["model"].inputs[0].shape == ("batch", "height", "width", 2)
    needed = {file.format: file.requires for file in report.files}
    assert needed == {"onnx": (), "keras": ("zoo.layers",), "h5": ("zoo.layers",)}
    assert zoo.verify(tmp_path / "out").ok
