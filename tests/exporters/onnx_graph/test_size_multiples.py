"""Convolutions with a stride behind PadToMultiple get explicit zeros, which every engine adds alike."""

import keras
import onnx
import pytest
from keras import layers

import zoo
from zoo.exporters.onnx_graph.size_multiples import strided_convolutions
from zoo.layers import CropLike, PadToMultiple


def network(multiple: int, sizes: tuple[int | None, ...] = (None, None)) -> keras.Model:
    inputs = keras.Input((*sizes, 2), name="image")
    x = PadToMultiple(multiple)(inputs)
    x = layers.Conv2D(3, 3, strides=2, padding="same", name="half")(layers.Rescaling(2.0)(x))
    x = layers.DepthwiseConv2D(4, strides=2, padding="same", name="quarter")(x)
    x = layers.Conv2DTranspose(3, 4, strides=4, padding="same")(layers.Add()([x, x]))
    return keras.Model(inputs, CropLike(name="same")([x, inputs]))


@pytest.mark.parametrize(
    ("multiple", "sizes", "padding"),
    [
        (4, (None, None), {"half": ((0, 1), (0, 1)), "quarter": ((1, 1), (1, 1))}),
        (2, (None, None), {"half": ((0, 1), (0, 1))}),
        (3, (None, None), {}),
        (4, (8, 8), {}),
    ],
)
def test_padding_is_known_where_the_size_is_a_multiple_of_the_stride(
    multiple: int, sizes: tuple[int | None, ...], padding: dict[str, object]
) -> None:
    found = strided_convolutions(network(multiple, sizes))
    assert {layer.name: zeros for layer, zeros in found.items()} == padding


def test_strided_convolutions_have_explicit_padding() -> None:
    model = network(4)
    assert zoo.export(model, ["onnx", "keras"], out="shipped").ok
    nodes = onnx.load("shipped/model.onnx").graph.node
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    assert len(convolutions) == 2
    found = [each.s for node in convolutions for each in node.attribute if each.name == "auto_pad"]
    assert not set(found) & {b"SAME_UPPER", b"SAME_LOWER"}
    assert model.get_layer("half").padding == "same"
