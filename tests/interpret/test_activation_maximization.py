"""The parts that the gallery and cnn-vis share: Adam's step, differences of neighbours, total variation."""

import keras
import numpy as np
import pytest

from zoo.interpret.activation_maximization import (
    adam_step,
    neighbour_differences,
    total_variation,
)


def test_adam_moves_as_keras_does() -> None:
    gradients = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    variable = keras.Variable(np.zeros(4, np.float32))
    optimizer = keras.optimizers.Adam(0.1, epsilon=1e-8)
    ours = mean = square = np.zeros(4, np.float32)
    for count, gradient in enumerate(gradients, 1):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        step, mean, square = adam_step(gradient, mean, square, np.float32(count))
        ours = ours - 0.1 * np.asarray(step)
        np.testing.assert_allclose(ours, np.asarray(variable), atol=1e-5)


def test_differences_are_taken_where_every_axis_has_a_next_position() -> None:
    image = np.array([[0.0, 1.0, 3.0], [10.0, 11.0, 13.0]])[None, :, :, None]
    down, right = neighbour_differences(image)
    np.testing.assert_array_equal(down[0, ..., 0], [[-10, -10]])
    np.testing.assert_array_equal(right[0, ..., 0], [[-1, -2]])
    assert len(neighbour_differences(image[:, :1])) == 1  # one row has no differences downwards
    assert neighbour_differences(np.zeros((2, 7))) == []


@pytest.mark.parametrize(("beta", "expected"), [(2.0, 25.0), (1.0, 5.0)])
def test_total_variation_is_a_power_of_the_length_of_the_gradient(
    beta: float, expected: float
) -> None:
    gradient = [np.array([3.0, 0.0], np.float32), np.array([4.0, 0.0], np.float32)]
    found = np.asarray(total_variation(gradient, beta, 1e-4))
    np.testing.assert_allclose(found, [expected, 1e-4 ** (beta / 2)], rtol=1e-5)
