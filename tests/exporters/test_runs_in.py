"""Exports proved in other runtimes than the formats' own: verdicts, README, test sets, what is missing."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from tests.conftest import Install
from tests.runtimes.test_group import CODE, install_runtime
from zoo.cli.export_commands import runtimes as runtimes_command
from zoo.exporters.report import Report


def network() -> keras.Model:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6, 6, 1), name="image")
    hidden = keras.layers.Flatten()(keras.layers.Conv2D(3, 3, activation="relu")(inputs))
    return keras.Model(inputs, keras.layers.Dense(3, "softmax", name="scores")(hidden))


def test_each_file_has_a_verdict_in_each_runtime_that_reads_it() -> None:
    report = zoo.export(network(), ["keras", "onnx"], out="shipped", runs_in=["openvino", "tract"])
    by_format = {file.format: file for file in report.files}
    assert [each.runtime for each in by_format["keras"].verdicts] == ["keras"]
    verdicts = by_format["onnx"].verdicts
    assert [each.runtime for each in verdicts] == ["onnxruntime", "openvino", "tract"]
    for verdict in verdicts:
        assert verdict.verdict == "equal"
        assert verdict.version.startswith(verdict.runtime)
        assert verdict.difference is not None
        assert verdict.ratio is not None
        assert verdict.ratio < 10
    assert Report.read(Path("shipped")) == report
    text = Path("shipped/README.md").read_text()
    assert all(f"| {verdict.version} | equal |" in text for verdict in verdicts)


def test_a_file_is_verified_in_the_runtimes_asked_for() -> None:
    zoo.export(network(), ["keras", "onnx"], out="shipped")
    report = zoo.verify("shipped", runs_in=["tract"])
    ((verdict,),) = (file.verdicts for file in report.files)
    assert (verdict.runtime, verdict.verdict) == ("tract", "equal")
    with pytest.raises(zoo.UsageError, match="tract reads onnx"):
        zoo.export(network(), ["keras"], out="other", runs_in=["tract"])


def test_a_runtime_that_computes_something_else_is_an_error_and_the_file_is_published(
    install: Install,
) -> None:
    wrong = """
def open(path):
    import numpy as np
    from zoo.runtimes.python import onnxruntime
    run = onnxruntime.open(path)
    return lambda inputs: {name: value * np.float32(1.01) for name, value in run(inputs).items()}
"""
    install_runtime(install, CODE.partition("def open")[0] + wrong)
    with pytest.raises(zoo.ExportError) as error:
        zoo.export(network(), ["onnx"], out="shipped", runs_in=["mine"])
    message = str(error.value)
    assert message.startswith("model as onnx in mine: 'scores' is off by up to 0.0")
    assert message.endswith("The file is equal in its own runtime and in shipped.")
    (file,) = Report.read(Path("shipped")).files
    assert [each.verdict for each in file.verdicts] == ["equal", "different"]
    assert zoo.verify("shipped").ok


def test_a_runtime_that_is_missing_is_a_line_and_the_export_goes_on(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install_runtime(install, CODE.replace('return ""', 'return "pip install mine"'))
    report = zoo.export(network(), ["onnx"], out="shipped", runs_in=["mine"])
    assert report.missing == {"mine": "pip install mine"}
    assert report.ok
    with pytest.raises(zoo.ExportError, match=r"^mine is not available: pip install mine$"):
        zoo.verify("shipped", runs_in=["mine"])
    runtimes_command.main(["--json"], standalone_mode=False)
    states = {state["name"]: state for state in json.loads(capsys.readouterr().out)}
    assert states["mine"]["missing"] == "pip install mine"
    assert states["keras"]["missing"] == ""


def test_the_test_sets_have_the_form_of_the_onnx_backend_tests() -> None:
    import onnx
    from onnx import numpy_helper
    from onnx.reference import ReferenceEvaluator

    zoo.export(network(), ["onnx"], out="shipped")
    evaluator = ReferenceEvaluator("shipped/model.onnx")
    sets = sorted(Path("shipped/model_test_data").iterdir())
    assert [place.name for place in sets] == [f"test_data_set_{number}" for number in range(3)]
    batches = set()
    for place in sets:
        tensors: dict[str, Any] = {}
        for name in ("input_0", "output_0"):
            tensor = onnx.TensorProto.FromString((place / f"{name}.pb").read_bytes())
            tensors[name] = (tensor.name, numpy_helper.to_array(tensor))
        (name, array), (output, expected) = tensors["input_0"], tensors["output_0"]
        (received,) = evaluator.run([output], {name: array})
        np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)
        batches.add(len(array))
    assert len(batches) == 3
    tensor = Path("shipped/model_test_data/test_data_set_0/output_0.pb")
    tensor.write_bytes(tensor.read_bytes()[:-1] + b"\0")
    with pytest.raises(zoo.ExportError, match="it is missing, or not the file that was written"):
        zoo.verify("shipped")
    zoo.export(network(), ["keras"], out="shipped")  # replaces the export, test sets included
    assert not Path("shipped/model_test_data").exists()


def test_why_a_part_has_no_ratio_is_in_the_report() -> None:
    inputs = keras.Input((4,), name="inputs")
    half = keras.layers.Dense(3, dtype="float16", name="half")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, name="scores")(half))
    report = zoo.export(model, ["keras"], out="shipped")
    assert report.without_ratio == {"model": "its layer 'half' computes in float16"}
    assert report.files[0].ratio is None
    assert "R is not known: its layer 'half'" in Path("shipped/README.md").read_text()


def test_a_report_without_the_digest_of_the_test_sets_is_an_old_one() -> None:
    zoo.export(network(), ["onnx"], out="shipped")
    path = Path("shipped/report.json")
    content = json.loads(path.read_text())
    del content["files"][0]["test_data_sha256"]
    path.write_text(json.dumps(content))
    assert zoo.verify("shipped").ok


DOUBLED = (
    CODE.partition("def open")[0]
    + """
def open(path):
    from zoo.runtimes.python import onnxruntime
    run = onnxruntime.open(path)
    return lambda inputs: {name: value * 2 for name, value in run(inputs).items()}
"""
)


def test_a_verification_says_how_to_find_the_first_tensor_that_differs(install: Install) -> None:
    zoo.export(network(), ["onnx"], out="shipped")
    install_runtime(install, DOUBLED)
    with pytest.raises(zoo.ExportError) as error:
        zoo.verify("shipped", runs_in=["mine"])
    assert (
        "To find the first tensor that differs, export the run again with `--runs-in mine`, or the "
        "keras.Model with runs_in=['mine']" in str(error.value)
    )
    with pytest.raises(
        zoo.ExportError,
        match=r"The tensor '.*', an output of Reshape, is the first that differs\. The file is",
    ):
        zoo.export(network(), ["onnx"], out="shipped", runs_in=["mine"])


@pytest.mark.long
def test_a_model_file_that_differs_is_named_in_the_call_that_finds_the_tensor(
    install: Install,
) -> None:
    install_runtime(install, DOUBLED)
    network().save("net.keras")
    with pytest.raises(zoo.ExportError) as error:
        zoo.export("net.keras", ["onnx"], out="shipped", runs_in=["mine"])
    assert (
        "To find the first tensor that differs, call zoo.export(keras.saving.load_model('net.keras'), "
        "['onnx'], out='DIR', runs_in=['mine']), if you trust the file." in str(error.value)
    )
