"""Files with smaller numbers: approximate, never equal, with what the task's measures lose."""

from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from keras import layers

import zoo
from zoo.exporters.onnx_graph.calibration import MOST_EXAMPLES, calibration_batches
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.report import Report
from zoo.layers import CropLike, PadToMultiple

WEIGHTS = Path(__file__).parents[3] / "weights" / "keras_zoo_weights"


def test_smaller_numbers_are_approximate_and_show_what_accuracy_they_lose(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZOO_WEIGHTS", str(WEIGHTS))
    formats = ["onnx", "onnx-fp16", "onnx-int8"]
    report = zoo.export("weights:cnn.digits", formats, out="shipped")
    whole, half, eighth = report.files
    assert [file.verdict for file in report.files] == ["equal", "approximate", "approximate"]
    assert report.verdict == "approximate"
    assert half.bytes < 0.6 * whole.bytes
    assert eighth.bytes < 0.35 * whole.bytes
    for file in (half, eighth):
        accuracy = next(each for each in file.measures if each.name == "accuracy")
        assert accuracy.file == pytest.approx(accuracy.model, abs=0.02)
        assert 1e-5 < (file.difference or 0) < 0.1
        assert 1e-6 < (file.nrmse or 0) < 0.1
        assert file.ratio is None
    assert not whole.measures
    assert Report.read(Path("shipped")).files[2].measures == eighth.measures
    text = Path("shipped/README.md").read_text()
    assert "On the test split" in text
    assert text.count("| largest difference | NRMSE |") == 2
    assert text.count("| largest difference | R |") == 1
    for file in report.files:
        model = onnx.load(Path("shipped") / file.path)
        (value,) = model.graph.input
        assert value.name == "inputs"
        assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        assert {item.key for item in model.metadata_props} > {"contract"}
    assert "QuantizeLinear" in {node.op_type for node in model.graph.node}
    assert zoo.verify("shipped").ok


def dense_model() -> keras.Model:
    inputs = keras.Input((4,), name="inputs")
    return keras.Model(inputs, layers.Dense(3, name="scores")(inputs))


def test_8_bits_need_a_run_and_float16_does_not() -> None:
    with pytest.raises(zoo.ExportError, match=r"no run with data.*onnx-fp16"):
        zoo.export(dense_model(), ["onnx-int8"], out="shipped")
    report = zoo.export(dense_model(), ["onnx-fp16"], out="shipped")
    assert report.verdict == "approximate"
    assert "only a run" in report.without_measures


def test_each_input_is_calibrated_on_what_it_holds() -> None:
    image, code = keras.Input((4, 4, 1), name="image"), keras.Input((3,), name="code")
    noise = keras.Input((2,), name="noise")
    encoder = keras.Model(image, layers.Dense(3, name="code")(layers.Flatten()(image)))
    decoder = keras.Model([code, noise], layers.Concatenate(name="both")([code, noise]))
    parts = {
        "encoder": prepare_part("encoder", encoder),
        "decoder": prepare_part("decoder", decoder),
    }
    examples = np.random.default_rng(1).random((70, 4, 4, 1), np.float32)
    options = {"examples": lambda: examples, "parts": parts}
    batches = calibration_batches(parts["encoder"], options)
    assert [len(batch["image"]) for batch in batches] == [32, 32]
    np.testing.assert_array_equal(batches[1]["image"], examples[32:64])
    (first, _) = calibration_batches(parts["decoder"], options)
    np.testing.assert_allclose(first["code"], encoder(examples[:32]), rtol=1e-5, atol=1e-6)
    assert first["noise"].std() == pytest.approx(1, abs=0.3)
    assert MOST_EXAMPLES >= 100


def test_sizes_are_not_computed_in_float16() -> None:
    """tf2onnx computes the largest of two sizes in floats, and 2^31 - 1 would become infinite."""
    inputs = keras.Input((None, None, 1), name="image")
    x = PadToMultiple(4)(inputs)
    x = layers.Conv2D(2, 3, strides=2, padding="same")(x)
    x = CropLike()([layers.UpSampling2D(2)(x), inputs])
    report = zoo.export(keras.Model(inputs, x), ["onnx-fp16"], out="shipped")
    assert report.verdict == "approximate"
    assert not report.files[0].problem
