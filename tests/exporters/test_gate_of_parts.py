"""Parts that strangers build: layers of their own, half precision, lots drawn, other backends."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import zoo
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.parts.probes import make_probes

THEIRS = '''
import keras


@keras.saving.register_keras_serializable("theirs")
class Doubled(keras.layers.Layer):
    """Twice the input."""

    def call(self, x):
        return 2.0 * x
'''


@keras.saving.register_keras_serializable("here")
class Lots(layers.Layer):
    """Add noise that no seed ties down."""

    def call(self, x: Any) -> Any:
        return x + keras.random.normal(ops.shape(x))


def around(layer: keras.Layer) -> keras.Model:
    inputs = keras.Input((4,), name="inputs")
    return keras.Model(inputs, layers.Dense(3, name="scores")(layer(inputs)))


def test_a_layer_of_a_module_is_shipped_with_the_name_of_what_must_be_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "theirs.py").write_text(THEIRS)
    monkeypatch.syspath_prepend(tmp_path)
    theirs = importlib.import_module("theirs")

    report = zoo.export(around(theirs.Doubled(name="doubled")), out="shipped")
    requires = {file.format: file.requires for file in report.files}
    assert requires == {
        "keras": ("theirs",),
        "h5": ("theirs",),
        "saved-model": (),
        "onnx": (),
    }
    assert "theirs, which must be imported first" in Path("shipped/README.md").read_text()


def test_a_layer_that_nobody_else_can_import_is_refused_by_keras_and_leaves_the_others() -> None:
    class Local(layers.Layer):
        def call(self, x: Any) -> Any:
            return 2.0 * x

    with pytest.raises(zoo.errors.ExportError, match="'mine' \\(Local\\) is defined in") as caught:
        zoo.export(around(Local(name="mine")), out="shipped")
    assert "keras" in str(caught.value)
    assert "h5" in str(caught.value)
    assert sorted(file.name for file in Path("shipped").iterdir()) == [
        "README.md",
        "model",
        "model.onnx",
        "model_test_data",
        "probe.npz",
        "report.json",
    ]


def test_a_verified_folder_imports_nothing_but_plugins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "evil.py").write_text(THEIRS.replace("theirs", "evil"))
    monkeypatch.syspath_prepend(tmp_path)
    evil = importlib.import_module("evil")
    zoo.export(around(evil.Doubled(name="doubled")), ["keras"], out="shipped")
    (tmp_path / "evil.py").write_text("open('was-run', 'w').close()\n" + THEIRS)
    with pytest.raises(zoo.errors.ExportError, match="no installed plug-in"):
        zoo.verify("shipped")
    assert not list(tmp_path.rglob("was-run"))


def test_a_part_in_half_precision_is_told_so() -> None:
    half = keras.DTypePolicy("mixed_float16")
    inputs = keras.Input((64,), name="inputs")
    x = layers.Dense(64, dtype=half, name="half")(inputs)
    model = keras.Model(inputs, layers.Dense(3, dtype="float32", name="scores")(x))
    with pytest.raises(zoo.errors.ExportError, match=r"'half' \(Dense\).*Build it in float32"):
        zoo.export(model, ["onnx"], out="shipped")
    assert not Path("shipped").exists()


def test_a_part_that_draws_lots_is_refused_with_the_layer() -> None:
    model = around(Lots(name="lots"))
    with pytest.raises(zoo.errors.ExportError, match="draws random numbers in the layer 'lots'"):
        zoo.export(model, ["onnx"], out="shipped")


def test_a_part_that_passes_its_input_on_is_a_part() -> None:
    inputs = keras.Input((4,), name="inputs")
    assert zoo.export(keras.Model(inputs, inputs), out="shipped").ok


@pytest.mark.parametrize("backend", ["jax"])
def test_export_from_another_backend_goes_through_tensorflow(backend: str) -> None:
    code = """
import keras, zoo
assert keras.backend.backend() == "jax"
inputs = keras.Input((4,), name="inputs")
keras.utils.set_random_seed(1)
model = keras.Model(inputs, keras.layers.Dense(3, activation="gelu", name="scores")(inputs))
report = zoo.export(model, ["onnx", "keras"], out="shipped")
print(sorted((file.format, file.verdict) for file in report.files))
try:
    zoo.export(model, ["onnx"], out="shipped", opset=99)
except zoo.errors.UsageError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "[('keras', 'equal'), ('onnx', 'equal')]"
    assert "opset" in said[1]
    assert "Traceback" not in said[1]
    import onnxruntime

    session = onnxruntime.InferenceSession("shipped/model.onnx", providers=["CPUExecutionProvider"])
    reference = keras.saving.load_model("shipped/model.keras", compile=False)
    inputs = np.random.default_rng(1).normal(size=(7, 4)).astype("float32")
    (received,) = session.run(None, {"inputs": inputs})
    np.testing.assert_allclose(received, reference(inputs), rtol=1e-4, atol=1e-5)


def test_a_part_that_standardises_is_tried_with_values_in_its_unit() -> None:
    inputs = keras.Input((4,), name="inputs")
    standard = keras.layers.Normalization(mean=[5000.0] * 4, variance=[100.0] * 4)(inputs)
    hidden = keras.layers.Dense(3, "relu", bias_initializer="ones")(standard)
    part = prepare_part("classifier", keras.Model(inputs, hidden))
    drawn = np.concatenate([probe.inputs["inputs"] for probe in make_probes(part)])
    assert 4900 < drawn.mean() < 5100
    assert 1 < drawn.std() < 200
