"""The networks of keras.applications take pixels in [0, 1]."""

import keras
import numpy as np
import pytest

from zoo.exporters.applications import list_applications, open_application, preprocessing_matrix


@pytest.mark.parametrize(
    "name", ["MobileNetV2", "VGG16", "DenseNet121"]
)  # the three preprocessings
def test_one_matrix_and_an_offset_are_the_preprocessing(name: str) -> None:
    build = getattr(keras.applications, name)
    module = getattr(keras.applications, build.__module__.rpartition(".")[2])
    pixels = np.random.default_rng(0).random((2, 5, 4, 3), np.float32)
    matrix, offset = preprocessing_matrix(module.preprocess_input)
    expected = module.preprocess_input(pixels * 255)
    np.testing.assert_allclose(pixels @ matrix + offset, expected, atol=1e-3)


def test_a_network_takes_pixels_and_begins_with_its_preprocessing() -> None:
    model = open_application("MobileNetV2", weights=None)
    assert model.input_shape == (None, 224, 224, 3)
    assert [layer.name for layer in model.layers][1] == "preprocessing"


def test_the_networks_are_listed_and_functions_are_not() -> None:
    assert {"VGG16", "ResNet50", "MobileNetV2"} <= set(list_applications())
    assert all(name[0].isupper() for name in list_applications())
