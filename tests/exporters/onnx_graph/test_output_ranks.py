"""A Squeeze that tf2onnx loses before an output is written again."""

from typing import Any

import keras
import numpy as np
import onnx
import pytest
from keras import layers
from onnx import TensorProto, helper, numpy_helper
from tf2onnx import optimizer

from zoo.exporters.onnx_graph import output_ranks
from zoo.exporters.onnx_graph.model import canonical_model
from zoo.exporters.onnx_graph.output_ranks import squeeze_outputs
from zoo.exporters.parts.part import prepare_part


def graph_of(shape: list[int]) -> Any:
    """Return a graph that reshapes an image of one channel, its output "y", and reads "y" once more."""
    return helper.make_graph(
        [
            helper.make_node("Reshape", ["x", "shape"], ["y"]),
            helper.make_node("Abs", ["y"], ["z"]),
        ],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1, "h", "w"])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4),
            helper.make_tensor_value_info("z", TensorProto.FLOAT, [None] * 5),
        ],
        [numpy_helper.from_array(np.array(shape, np.int64), "shape")],
    )


def results(graph: Any, opset: int, x: Any) -> Any:
    import onnxruntime

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})


@pytest.mark.parametrize("opset", [11, 13, 18])
def test_an_output_gets_the_rank_of_its_contract(opset: int) -> None:
    x = np.random.default_rng(0).normal(size=(3, 1, 4, 5)).astype(np.float32)
    graph = graph_of([1, -1, 0, 0, 1])
    squeeze_outputs(graph, {"y": 4}, opset)
    y, z = results(graph, opset, x)
    np.testing.assert_array_equal(y, x.transpose(0, 2, 3, 1))
    assert z.shape == (1, 3, 4, 5, 1)  # who read the Reshape still sees all of its axes


@pytest.mark.parametrize("shape", [[-1, 4, 5, 1], [2, 1, -1, 5, 1]])
def test_other_reshapes_stay(shape: list[int]) -> None:
    graph = graph_of(shape)
    before = graph.SerializeToString()
    squeeze_outputs(graph, {"y": 4}, 18)
    assert graph.SerializeToString() == before


def test_a_squeeze_that_tf2onnx_loses_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is lost for certain where reshapes are optimized once the output's Identity is gone."""
    added: list[int] = []
    add_squeeze = output_ranks._add_squeeze

    def count(graph: Any, index: int, axes: int, opset: int) -> None:
        added.append(axes)
        add_squeeze(graph, index, axes, opset)

    monkeypatch.setattr(output_ranks, "_add_squeeze", count)
    image = keras.Input((None, None, 1), name="image")
    grey = layers.Conv2D(1, 3, padding="same", name="grey")(image)
    part = prepare_part("model", keras.Model(image, grey))
    usual, _ = canonical_model(part, 17)
    order = dict(optimizer._optimizers)
    order["reshape_optimizer"] = order.pop("reshape_optimizer")  # the last one
    monkeypatch.setattr(optimizer, "_optimizers", order)
    added.clear()
    repaired, _ = canonical_model(part, 17)
    assert added == [1]
    assert repaired.SerializeToString(deterministic=True) == usual.SerializeToString(
        deterministic=True
    )
