"""docs/export-facts.md, row by row: what Keras and tf2onnx write without an error, and wrong.

Each file is right, which the test checks by running it, or is refused with the layer and the remedy.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers, ops
from onnx import numpy_helper

import zoo


@keras.saving.register_keras_serializable("facts")
class Noisy(layers.Layer):
    """Add noise that the graph draws for itself."""

    def call(self, x: Any) -> Any:
        return x + keras.random.normal(ops.shape(x), seed=1)


@keras.saving.register_keras_serializable("facts")
class PaddedToFour(layers.Layer):
    """Pad the height to a multiple of 4, with the remainder of a negative size."""

    def call(self, x: Any) -> Any:
        return ops.pad(x, [[0, 0], [0, (-ops.shape(x)[1]) % 4], [0, 0], [0, 0]])


def dense(x: Any) -> Any:
    return layers.Dense(3, name="scores")(x)


def normalised(x: Any) -> Any:
    return layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[4.0, 9.0, 1.0, 2.0])(x)


def functional(shape: tuple[int | None, ...], body: Callable[[Any], Any]) -> keras.Model:
    keras.utils.set_random_seed(1)
    inputs = keras.Input(shape, name="inputs")
    return keras.Model(inputs, body(inputs))


def run_onnx(path: Path, inputs: Any) -> list[Any]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"inputs": inputs})


RIGHT = {
    "exact gelu": ((4,), lambda x: dense(layers.Activation("gelu", name="bend")(x))),
    "celu": ((4,), lambda x: dense(layers.Activation("celu", name="bend")(x))),
    "Normalization": ((4,), lambda x: dense(normalised(x))),
    "activity regularizer": ((4,), lambda x: layers.Dense(3, activity_regularizer="l1")(x)),
}


@pytest.mark.parametrize("row", RIGHT)
def test_comes_out_right(row: str) -> None:
    model = functional(*RIGHT[row])
    zoo.export(model, ["onnx", "saved-model"], out="shipped")
    for size in (1, 7):
        inputs = np.random.default_rng(size).normal(size=(size, 4)).astype("float32") * 3
        (received,) = run_onnx(Path("shipped/model.onnx"), inputs)
        np.testing.assert_allclose(received, model(inputs), rtol=1e-4, atol=1e-5)


REFUSED = {
    "argmin": ((4,), lambda x: ops.argmin(dense(x), axis=-1), ["argmin", "top_k"]),
    "argmax": ((4,), lambda x: ops.argmax(dense(x), axis=-1), ["argmax", "top_k"]),
    "random in the graph": (
        (4,),
        lambda x: dense(Noisy(name="noisy")(x)),
        ["noisy", "noise to the part as an input"],
    ),
    "Resizing with antialias": (
        (8, 8, 1),
        lambda x: layers.Resizing(5, 5, antialias=True, name="shrunk")(x),
        ["shrunk", "antialias=False"],
    ),
    "Resizing by lanczos": (
        (8, 8, 1),
        lambda x: layers.Resizing(5, 5, interpolation="lanczos3", name="shrunk")(x),
        ["shrunk", "bilinear"],
    ),
    "TimeDistributed(Dense) over free time": (
        (None, 4),
        lambda x: layers.TimeDistributed(layers.Dense(3), name="each")(x),
        ["each", "to the sequence directly"],
    ),
    "(-h) % 4 of a free size": (
        (None, 6, 1),
        lambda x: PaddedToFour(name="padded")(x),
        ["padded", "(4 - h % 4) % 4"],
    ),
    "bilinear UpSampling2D of free sizes": (
        (None, None, 1),
        lambda x: layers.UpSampling2D(2, interpolation="bilinear", name="larger")(x),
        ["larger"],
    ),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_with_the_layer_and_the_remedy_and_leaves_no_file(row: str) -> None:
    shape, body, words = REFUSED[row]
    with pytest.raises(zoo.ExportError) as refused:
        zoo.export(functional(shape, body), ["onnx"], out="shipped")
    for word in words:
        assert word in str(refused.value)
    assert not Path("shipped").exists()
    assert not list(Path().iterdir())


def test_a_time_axis_that_saved_model_gets_wrong_is_refused_there_too() -> None:
    shape, body, _ = REFUSED["TimeDistributed(Dense) over free time"]
    with pytest.raises(zoo.ExportError, match="each"):
        zoo.export(functional(shape, body), ["saved-model"], out="shipped")


def test_the_remedies_work() -> None:
    bodies = [
        lambda x: ops.top_k(-dense(x), 1)[1],
        lambda x: dense(layers.Activation("gelu")(x)),
    ]
    for number, body in enumerate(bodies):
        assert zoo.export(functional((4,), body), ["onnx"], out=f"shipped-{number}").ok


def test_two_exports_of_one_model_have_the_same_bytes() -> None:
    model = functional((4,), lambda x: dense(layers.Dense(5, activation="gelu")(x)))
    first = zoo.export(model, ["keras", "h5", "onnx"], out="first")
    functional((9,), dense)(np.zeros((1, 9)))  # Keras and TensorFlow count on
    again = functional((4,), lambda x: dense(layers.Dense(5, activation="gelu")(x)))
    second = zoo.export(again, ["keras", "h5", "onnx"], out="second")
    assert [file.sha256 for file in first.files] == [file.sha256 for file in second.files]


@pytest.mark.parametrize("opset", [11, 13, 18, 19, 21])
def test_every_opset_that_is_offered_works(opset: int) -> None:
    import onnx

    zoo.export(functional((4,), dense), ["onnx"], out="shipped", opset=opset)
    imports = onnx.load("shipped/model.onnx").opset_import
    assert {item.version for item in imports if item.domain in ("", "ai.onnx")} == {opset}


@pytest.mark.parametrize("opset", [0, 9, 22])
def test_other_opsets_are_refused(opset: int) -> None:
    with pytest.raises(zoo.SettingError, match=f"from 11 to 21. Received: {opset}"):
        zoo.export(functional((4,), dense), ["onnx"], out="shipped", opset=opset)
    assert not Path("shipped").exists()


def test_a_bare_operation_is_refused_in_h5_by_name() -> None:
    with pytest.raises(zoo.ExportError, match=r"'pad' .*stands bare.*registered layer"):
        zoo.export(functional((4,), lambda x: dense(ops.pad(x, [[0, 0], [1, 1]]))), ["h5"], out="s")


def test_a_reference_that_does_not_vary_proves_nothing_and_is_refused() -> None:
    model = functional((4,), lambda x: layers.Dense(3, kernel_initializer="zeros")(x))
    with pytest.raises(zoo.ExportError, match=r"same .*for every input tried"):
        zoo.export(model, ["onnx"], out="shipped")


def test_a_subclassed_model_is_refused_with_advice() -> None:
    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(zoo.ExportError, match="Functional model"):
        zoo.export(Own(), ["keras"], out="shipped")


def test_a_part_that_fails_in_one_format_is_published_in_the_others() -> None:
    model = functional((4,), lambda x: ops.argmax(dense(x), axis=-1))
    with pytest.raises(zoo.ExportError, match="1 other file is equal and in shipped"):
        zoo.export(model, ["keras", "onnx"], out="shipped")
    left = {path.name for path in Path("shipped").iterdir()}
    assert left == {"model.keras", "report.json", "probe.npz", "README.md"}
    assert zoo.verify("shipped").ok


def test_an_export_that_fails_leaves_an_earlier_one_alone() -> None:
    zoo.export(functional((4,), dense), ["onnx"], out="shipped")
    before = Path("shipped/model.onnx").read_bytes()
    with pytest.raises(zoo.ExportError):
        zoo.export(functional(*REFUSED["argmin"][:2]), ["onnx"], out="shipped")
    assert Path("shipped/model.onnx").read_bytes() == before
    assert zoo.verify("shipped").ok


def test_a_changed_file_is_told_by_name() -> None:
    zoo.export(functional((4,), dense), ["onnx"], out="shipped")
    with Path("shipped/model.onnx").open("ab") as file:
        file.write(b" ")
    with pytest.raises(zoo.ExportError, match="model as onnx: it is missing, or not the file"):
        zoo.verify("shipped")


def test_an_opset_that_the_version_converter_cannot_make_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(model: Any, opset: int) -> Any:
        raise RuntimeError("No Adapter From Version 19 for Whatever")

    monkeypatch.setattr(onnx.version_converter, "convert_version", fail)
    model = functional((4,), layers.Dense(3, name="scores"))
    with pytest.raises(zoo.ExportError) as error:
        zoo.export(model, ["onnx", "keras"], out="shipped", opset=20)
    message = str(error.value)
    assert "cannot make opset 20 of opset 18" in message
    assert "No Adapter From Version 19" in message
    assert "Choose an opset up to 18" in message
    assert message.endswith("1 other file is equal and in shipped.")
    assert zoo.verify("shipped").ok


def test_an_opset_that_the_version_converter_makes_wrongly_is_different(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    convert = onnx.version_converter.convert_version

    def convert_wrongly(model: Any, opset: int) -> Any:
        converted = convert(model, opset)
        weight = converted.graph.initializer[0]
        weight.CopyFrom(numpy_helper.from_array(2 * numpy_helper.to_array(weight), weight.name))
        return converted

    monkeypatch.setattr(onnx.version_converter, "convert_version", convert_wrongly)
    with pytest.raises(zoo.ExportError, match="is off by up to"):
        zoo.export(functional((4,), layers.Dense(3)), ["onnx"], out="shipped", opset=20)
