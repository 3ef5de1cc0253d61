"""Weights that are NaN or infinite are found; large, small, whole and half numbers are finite."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from zoo.weights.finite import find_not_finite, weight_name


def model_of(*kernels: np.ndarray, dtype: str = "float32") -> keras.Model:
    """Return a model with one dense layer for each kernel, without biases."""
    outputs = inputs = keras.Input((2,), dtype=dtype)
    for _ in kernels:
        outputs = keras.layers.Dense(2, use_bias=False, dtype=dtype)(outputs)
    model = keras.Model(inputs, outputs)
    model.set_weights(list(kernels))
    return model


def full(value: float) -> np.ndarray:
    return np.array([[0, 0], [0, value]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_one_number_is_found(value: float, dtype: str) -> None:
    model = model_of(full(1), full(value), full(0), full(value), dtype=dtype)
    assert find_not_finite(model) == [1, 3]


@pytest.mark.parametrize(
    ("dtype", "value"), [("float32", 3e38), ("float16", 65504), ("float32", 1e-45)]
)
def test_numbers_whose_sum_is_too_large_are_finite(dtype: str, value: float) -> None:
    assert find_not_finite(model_of(np.full((2, 2), value), dtype=dtype)) == []


def test_whole_numbers_are_finite() -> None:
    layer = keras.layers.Rescaling(1.0)
    layer.add_weight(shape=(3,), dtype="int32", trainable=False, name="count")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layer(inputs))
    assert len(model.weights) == 1
    assert find_not_finite(model) == []


def test_a_weight_is_named_whatever_was_built_before() -> None:
    for _ in range(2):
        model = model_of(full(1), full(1))
        assert [weight_name(model, place) for place in (0, 1)] == ["dense/kernel", "dense_1/kernel"]
