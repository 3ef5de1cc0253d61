"""What TensorFlow Serving expects of a SavedModel: a version's folder, and one signature with our names."""

import subprocess
import sys
from pathlib import Path

import keras
from keras import layers

import zoo

PROGRAM = "import sys; from tensorflow.python.tools.saved_model_cli import main; sys.exit(main())"


def test_saved_model_cli_shows_the_signature_of_version_1() -> None:
    inputs = [keras.Input((4,), name="features"), keras.Input((), name="weight")]
    x = layers.Concatenate()([inputs[0], layers.Reshape((1,))(inputs[1])])
    outputs = {"scores": layers.Dense(3)(x), "probability": layers.Dense(1, "sigmoid")(x)}
    report = zoo.export(keras.Model(inputs, outputs), ["saved-model"], out="shipped")
    (file,) = report.files
    assert file.path == "model/1"
    assert {path.name for path in Path("shipped/model").iterdir()} == {"1"}
    command = [sys.executable, "-c", PROGRAM, "show", "--dir", "shipped/model/1"]
    command += ["--tag_set", "serve", "--signature_def", "serving_default"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name, shape in {
        "inputs['features']": "(-1, 4)",
        "inputs['weight']": "(-1)",
        "outputs['scores']": "(-1, 3)",
        "outputs['probability']": "(-1, 1)",
    }.items():
        assert f"shape: {shape}" in shown.partition(name)[2].partition("name:")[0]
    assert zoo.verify("shipped").ok
    assert zoo.export(keras.Model(inputs, outputs), ["saved-model"], out="shipped").ok


def test_a_saved_model_of_the_earlier_layout_is_verified_and_replaced() -> None:
    """Exports of earlier versions have the SavedModel in PART, and not in PART/1."""
    inputs = keras.Input((4,), name="features")
    model = keras.Model(inputs, layers.Dense(3, name="scores")(inputs))
    zoo.export(model, ["saved-model", "keras"], out="shipped")
    Path("shipped/model/1").rename("shipped/moved")
    Path("shipped/model").rmdir()
    Path("shipped/moved").rename("shipped/model")
    report = Path("shipped/report.json")
    report.write_text(report.read_text().replace('"path": "model/1"', '"path": "model"'))
    verified = zoo.verify("shipped")
    assert verified.ok
    assert {file.path for file in verified.files} == {"model", "model.keras"}
    assert zoo.export(model, ["saved-model"], out="shipped").ok
    assert {path.name for path in Path("shipped/model").iterdir()} == {"1"}
