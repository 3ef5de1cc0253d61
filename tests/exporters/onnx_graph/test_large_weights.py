"""ONNX with its weights in a second file: equal outputs, digests of both files, equal bytes each time."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers

import zoo
from zoo.exporters.onnx_graph import large_weights
from zoo.exporters.report import Report


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every model for one beyond 2 GiB, and weights of 64 bytes for large ones."""
    monkeypatch.setattr(large_weights, "LARGEST_FILE", 0)
    monkeypatch.setattr(large_weights, "LARGEST_CONVERSION", 0)
    monkeypatch.setattr(large_weights, "LEAST_LARGE", 64)


def many_layers() -> keras.Model:
    inputs = keras.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 3, strides=2)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(3, activation="gelu")(x)
    x = layers.Conv2DTranspose(6, 3, strides=2)(x)
    x = layers.SeparableConv2D(8, 3)(x)
    steps = layers.LSTM(12)(layers.Reshape((-1, 8))(x))
    x = layers.Concatenate()([layers.Dense(30, activation="relu")(layers.Flatten()(x)), steps])
    return keras.Model(inputs, layers.Dense(3, name="scores")(x))


def test_the_weights_of_every_kind_of_layer_come_back() -> None:
    report = zoo.export(many_layers(), ["onnx"], out="shipped")
    (file,) = report.files
    assert file.ok
    assert (file.path, file.data) == ("model.onnx", "model.onnx.data")
    sizes = [(Path("shipped") / name).stat().st_size for name in (file.path, file.data)]
    assert file.bytes == sum(sizes)
    graph = onnx.load("shipped/model.onnx", load_external_data=False).graph
    external = [tensor for tensor in graph.initializer if tensor.external_data]
    assert len(external) >= 7  # those of the LSTM are constants of its operator
    for tensor in external:
        place = {entry.key: entry.value for entry in tensor.external_data}
        assert place["location"] == "model.onnx.data"
        assert int(place["offset"]) % 4096 == 0
    producers = {name: node.op_type for node in graph.node for name in node.output}
    kernels = [node.input[1] for node in graph.node if node.op_type == "Conv"]
    assert not set(kernels) & set(producers)  # transposed before they were written
    assert [value.name for value in graph.input] == ["image"]


def test_both_files_are_published_verified_and_replaced_together() -> None:
    model = many_layers()
    zoo.export(model, ["onnx"], out="shipped")
    record = json.loads(Path("shipped/report.json").read_text())["files"][0]
    assert record["data"] == "model.onnx.data"
    assert len(record["data_sha256"]) == 64
    assert "model.onnx.data, which must lie beside it" in Path("shipped/README.md").read_text()
    assert zoo.verify("shipped").ok
    assert zoo.export(model, ["onnx"], out="shipped").ok  # both files are known as an export's

    data = Path("shipped/model.onnx.data")
    content = bytearray(data.read_bytes())
    content[5] ^= 1
    data.write_bytes(content)
    with pytest.raises(zoo.errors.ExportError, match="not the file that was written"):
        zoo.verify("shipped")
    data.unlink()
    with pytest.raises(zoo.errors.ExportError, match="it is missing"):
        zoo.verify("shipped")


def test_two_exports_have_the_same_bytes() -> None:
    model = many_layers()
    one, two = (zoo.export(model, ["onnx"], out=folder).files[0] for folder in ("one", "two"))
    assert (one.sha256, one.data_sha256) == (two.sha256, two.data_sha256)


def test_the_files_run_elsewhere_in_onnx_runtime() -> None:
    model = many_layers()
    zoo.export(model, ["onnx"], out="shipped")
    shutil.move("shipped", "moved")
    images = np.random.default_rng(1).random((2, 16, 16, 3), "float32")
    session = onnxruntime.InferenceSession("moved/model.onnx", providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {"image": images})
    np.testing.assert_allclose(scores, model(images), rtol=1e-4, atol=1e-5)


def test_a_report_that_names_a_second_file_outside_its_folder_is_refused() -> None:
    zoo.export(many_layers(), ["onnx"], out="shipped")
    path = Path("shipped/report.json")
    path.write_text(path.read_text().replace('"model.onnx.data"', '"../model.onnx.data"'))
    with pytest.raises(zoo.errors.UnsafeFile, match="outside its folder"):
        Report.read(Path("shipped"))


def test_weights_below_2_gib_are_put_into_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_weights, "LARGEST_FILE", 2**31)
    (file,) = zoo.export(many_layers(), ["onnx"], out="shipped").files
    assert file.ok
    assert (file.path, file.data) == ("model.onnx", "")
    assert not Path("shipped/model.onnx.data").exists()
    tensors = onnx.load("shipped/model.onnx").graph.initializer
    assert not any(tensor.external_data for tensor in tensors)
