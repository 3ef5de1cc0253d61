"""Convolutions that Keras compiles with XLA are written by operators that every runtime has."""

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.exporters.formats.grouped import convolutions_without_xla, needs_xla

CASES = {
    "depthwise": ((8, 8, 4), layers.Conv2D(4, 3, groups=4, padding="same")),
    "multiplied": ((8, 8, 4), layers.Conv2D(8, 3, groups=4, strides=2)),
    "strides": ((9, 8, 4), layers.Conv2D(4, 3, groups=4, strides=(2, 1), padding="same")),
    "grouped": ((8, 8, 6), layers.Conv2D(9, 3, groups=3, activation="relu", use_bias=False)),
    "dilated": ((9, 9, 4), layers.Conv2D(6, 3, groups=2, dilation_rate=2)),
    "series": ((12, 4), layers.Conv1D(6, 3, groups=2, strides=2, padding="same")),
    "causal": ((12, 4), layers.Conv1D(4, 3, groups=4, padding="causal")),
    "volume": ((5, 5, 5, 4), layers.Conv3D(6, 3, groups=2)),
    "channels first": ((4, 5, 5, 5), layers.Conv3D(6, 3, data_format="channels_first")),
    "both": ((4, 6, 6), layers.Conv2D(6, 3, groups=2, data_format="channels_first")),
}


def model(name: str) -> keras.Model:
    shape, layer = CASES[name]
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs), name="part")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("split", [True, False])
def test_other_operators_compute_the_same(name: str, split: bool) -> None:
    network = model(name)
    (layer,) = network.layers[1:]
    assert needs_xla(layer)
    x = np.random.default_rng(0).normal(size=(3, *CASES[name][0])).astype("float32")
    expected = np.asarray(network(x))
    if name == "volume" and not split:
        return  # TensorFlow's processor kernels have no groups of volumes
    with convolutions_without_xla(network, split):
        np.testing.assert_allclose(np.asarray(network(x)), expected, atol=1e-5)
    np.testing.assert_array_equal(np.asarray(network(x)), expected)


def test_all_are_exported() -> None:
    inputs = keras.Input((12, 12, 6))
    x = layers.Conv2D(12, 3, groups=3, activation="relu")(inputs)
    x = layers.Conv2D(12, 3, groups=12)(x)
    outputs = layers.Dense(3)(layers.Flatten()(x))
    report = zoo.export(keras.Model(inputs, outputs), out="exported")
    assert report.ok
