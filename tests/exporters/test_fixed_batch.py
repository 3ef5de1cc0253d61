"""A part with a fixed batch, for engines that need one."""

import keras
import onnx
from keras import layers

import zoo


def test_every_format_and_the_contract_have_the_batch() -> None:
    inputs = keras.Input((6, 6, 1), name="image")
    x = layers.Conv2D(3, 3)(inputs)
    model = keras.Model(inputs, layers.Dense(2, name="scores")(layers.Flatten()(x)))
    report = zoo.export(model, ["onnx", "saved-model", "keras"], out="shipped", batch=1)
    assert report.ok
    contract = report.contracts["model"]
    assert (contract.inputs[0].shape, contract.outputs[0].shape) == ((1, 6, 6, 1), (1, 2))
    (value,) = onnx.load("shipped/model.onnx").graph.input
    assert [size.dim_value for size in value.type.tensor_type.shape.dim] == [1, 6, 6, 1]
    assert keras.saving.load_model("shipped/model.keras").input_shape == (1, 6, 6, 1)
    assert model.input_shape == (None, 6, 6, 1)
