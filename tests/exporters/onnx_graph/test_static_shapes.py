"""Shapes that are known are constants, whatever the batch."""

import keras
import onnx
import pytest
from keras import layers

import zoo
from zoo.exporters.onnx_graph.static_shapes import Sizes, constant_shape, is_same_shape


@pytest.mark.parametrize(
    ("before", "after", "shape"),
    [
        (["batch", 2, 2, 32], ["batch", 128], [-1, 128]),
        (["a", "b", "c", 4], ["a", "b", "c", 2, 2], [0, 0, 0, 2, 2]),
        (["a", "b", "c", 4], ["a", "d", "c", 2], [0, -1, 0, 2]),
        (["a", "b", "c", 4], ["a", "d", "e", 2], None),
        (None, ["a", 3], [-1, 3]),
        (None, [None, 3], [-1, 3]),
        (None, ["a", None], None),
        (["a", 0], [0, "a"], None),
        (["a", 4], None, None),
        (["a", 4], [2, 2], [2, 2]),
    ],
)
def test_constant_shape(before: Sizes | None, after: Sizes | None, shape: list[int] | None) -> None:
    assert constant_shape(before, after) == shape


def test_a_reshape_changes_nothing_if_all_sizes_but_one_are_the_same() -> None:
    assert is_same_shape(["a", 1, "h", "w"], ["b", 1, "h", "w"])
    assert is_same_shape([3, 4], [3, 4])
    assert not is_same_shape(["a", "b"], ["c", "d"])
    assert not is_same_shape([None, None], [None, None])
    assert not is_same_shape(["a", 4], ["a", 2, 2])
    assert not is_same_shape(["a", 0], ["b", 0])
    assert not is_same_shape(None, ["b", 0])


def test_every_reshape_of_known_sizes_is_a_constant() -> None:
    inputs = keras.Input((9, 7, 1), name="image")
    x = layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    x = layers.Dense(24)(layers.Flatten()(x))
    x = layers.UpSampling1D(2)(layers.Reshape((6, 4))(x))
    scores = layers.Dense(2, name="scores")(layers.RepeatVector(3)(layers.Flatten()(x)))
    assert zoo.export(keras.Model(inputs, scores), ["onnx"], out="shipped").ok
    graph = onnx.load("shipped/model.onnx").graph
    constants = {tensor.name for tensor in graph.initializer}
    shapes = [node.input[1] for node in graph.node if node.op_type in ("Reshape", "Tile")]
    assert len(shapes) >= 4
    assert set(shapes) <= constants
    assert "Shape" not in {node.op_type for node in graph.node}
