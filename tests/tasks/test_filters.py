import keras
import numpy as np
import pytest
from keras import layers

from zoo.io import pictures
from zoo.tasks.filters import first_kernel, plot_filters


def model(shape: tuple[int, ...], *stack: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack])


@pytest.mark.parametrize(
    ("shape", "layer", "kernel"),
    [
        ((9, 9, 3), layers.Conv2D(5, 3), (3, 3, 3, 5)),
        ((9, 2), layers.Conv1D(5, 3), (3, 2, 5)),
        ((9, 9, 9, 1), layers.Conv3D(5, 3), (3, 3, 3, 1, 5)),
    ],
)
def test_the_first_filters_are_drawn(
    shape: tuple[int, ...], layer: keras.Layer, kernel: tuple[int, ...]
) -> None:
    made = model(shape, layer)
    found = first_kernel(made)
    assert found is not None
    assert found.shape == kernel
    assert np.asarray(pictures.to_image(plot_filters(made)["filters"])).std() > 5


def test_a_dense_layer_over_images_has_filters_of_their_shape() -> None:
    made = model((4, 5, 1), layers.Flatten(), layers.Dense(7))
    found = first_kernel(made)
    assert found is not None
    assert found.shape == (4, 5, 1, 7)
    np.testing.assert_array_equal(found[1, 2, 0], made.layers[-1].get_weights()[0][7])


@pytest.mark.parametrize(
    "made",
    [
        model((6,), layers.Dense(3)),
        model((6, 6, 1), layers.Conv2D(3, 1)),
        model((6,), layers.ReLU()),
    ],
)
def test_points_have_no_picture(made: keras.Model) -> None:
    assert plot_filters(made) == {}
