"""Recurrent layers, instance normalisation and nearest upsampling are one operator of ONNX each."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
from keras import layers

import zoo
from zoo.runtimes.group import missing_parts


def operators(path: str) -> Counter[str]:
    return Counter(node.op_type for node in onnx.load(path).graph.node)


def random_weights(model: keras.Model) -> keras.Model:
    """Give every weight a value, biases and scales included."""
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, each.shape) for each in model.get_weights()])
    return model


def recurrent_network() -> keras.Model:
    inputs = keras.Input((7, 3), name="series")
    x = layers.LSTM(4, return_sequences=True)(inputs)
    x = layers.GRU(5, return_sequences=True, go_backwards=True)(x)
    x = layers.GRU(4, return_sequences=True, reset_after=False, use_bias=False)(x)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True, unroll=True))(x)
    x = layers.SimpleRNN(4, activation="relu", return_sequences=True)(x)
    x = layers.Bidirectional(layers.GRU(3))(x)
    return random_weights(keras.Model(inputs, layers.Dense(2, name="scores")(x)))


def test_recurrent_layers_are_operators_of_onnx() -> None:
    report = zoo.export(recurrent_network(), ["onnx"], out="shipped")
    assert report.ok
    found = operators("shipped/model.onnx")
    assert (found["LSTM"], found["GRU"], found["RNN"]) == (3, 4, 1)
    assert not {"Loop", "Scan", "If", "ReverseSequence"} & set(found)
    assert sum(found.values()) < 60


def test_both_directions_are_merged_as_keras_merges_them() -> None:
    """The layer that comes first may be the one that goes backwards.

    Other engines compute the attribute `direction` wrongly, and report no error. OpenVINO turns a Transpose
    before a recurrent layer into a Reshape, for the other layers that read it, too.
    """
    others = [name for name in ("opencv", "openvino", "tract") if not missing_parts(name)]
    series, merged = keras.Input((4, 2), name="series"), []
    inputs = layers.LSTM(3, return_sequences=True)(series)
    for mode in ("concat", "sum", "ave", "mul"):
        first = layers.GRU(3, return_sequences=True, go_backwards=mode == "ave")
        second = layers.GRU(3, return_sequences=True, go_backwards=mode != "ave")
        merged += [layers.Bidirectional(first, backward_layer=second, merge_mode=mode)(inputs)]
    x = layers.Flatten()(
        layers.Concatenate()([*merged, layers.GRU(2, return_sequences=True)(series)])
    )
    model = random_weights(keras.Model(series, layers.Dense(2, name="scores")(x)))
    assert zoo.export(model, ["onnx"], out="shipped", runs_in=others).ok
    assert operators("shipped/model.onnx")["GRU"] == 9
    graph = onnx.load("shipped/model.onnx").graph
    assert "direction" not in {each.name for node in graph.node for each in node.attribute}


def test_a_mask_or_a_state_keeps_the_loop() -> None:
    inputs, state = keras.Input((5, 3), name="series"), keras.Input((4,), name="state")
    scores = layers.GRU(4, unroll=True, name="scores")(inputs, initial_state=state)
    assert zoo.export(keras.Model([inputs, state], scores), ["onnx"], out="shipped").ok
    assert not operators("shipped/model.onnx")["GRU"]


def normalised_images() -> keras.Model:
    inputs = keras.Input((None, None, 3), name="image")
    x = layers.Conv2D(6, 3, strides=2, padding="same")(inputs)
    x = layers.Activation("relu")(layers.GroupNormalization(groups=-1)(x))
    x = layers.Conv2D(6, 3, padding="same")(layers.UpSampling2D(2)(x))
    return random_weights(keras.Model(inputs, layers.GroupNormalization(6, name="scores")(x)))


def test_instance_normalisation_and_upsampling_are_operators_at_any_size() -> None:
    assert zoo.export(normalised_images(), ["onnx"], out="shipped").ok
    found = operators("shipped/model.onnx")
    assert (found["InstanceNormalization"], found["Resize"]) == (2, 1)
    assert not {"ReduceMean", "Reshape", "Shape", "Tile"} & set(found)
    assert found["Transpose"] == 2  # of the image, and of the scores


@pytest.mark.long
@pytest.mark.parametrize("opset", [11, 13, 15, 18, 19, 20, 21])
@pytest.mark.parametrize("build", [recurrent_network, normalised_images])
def test_the_operators_are_equal_at_every_opset(
    build: Callable[[], keras.Model], opset: int
) -> None:
    assert zoo.export(build(), ["onnx"], out="shipped", opset=opset).ok
    imports = onnx.load("shipped/model.onnx").opset_import
    assert {item.version for item in imports if item.domain in ("", "ai.onnx")} == {opset}


@pytest.mark.parametrize("rank", [1, 3])
def test_instance_normalisation_of_series_and_volumes(rank: int) -> None:
    inputs = keras.Input((*(6, 5, 4)[:rank], 3), name="inputs")
    x = layers.GroupNormalization(groups=-1, scale=False, name="scores")(inputs)
    assert zoo.export(random_weights(keras.Model(inputs, x)), ["onnx"], out="shipped").ok
    assert operators("shipped/model.onnx")["InstanceNormalization"] == 1


def test_groups_of_channels_are_computed_as_before() -> None:
    inputs = keras.Input((4, 4, 6), name="inputs")
    x = layers.GroupNormalization(groups=2, name="scores")(inputs)
    assert zoo.export(random_weights(keras.Model(inputs, x)), ["onnx"], out="shipped").ok


def test_the_same_model_gives_the_same_bytes() -> None:
    files: list[Any] = []
    for folder in ("one", "two"):
        keras.utils.set_random_seed(0)
        files += zoo.export(recurrent_network(), ["onnx"], out=folder).files
        keras.layers.LSTM(2)(np.zeros((1, 2, 2)))  # Keras and TensorFlow count on
    assert files[0].sha256 == files[1].sha256
    assert Path("one/model.onnx").read_bytes() == Path("two/model.onnx").read_bytes()


def test_layers_that_are_called_by_keyword_are_operators_too() -> None:
    inputs = keras.Input((3,), name="x")
    x = layers.LSTM(4, return_sequences=True)(sequences=layers.RepeatVector(5)(inputs=inputs))
    model = keras.Model(inputs, layers.Dense(2, name="y")(x))
    assert zoo.export(random_weights(model), ["onnx"], out="shipped").ok
    assert operators("shipped/model.onnx")["LSTM"] == 1
