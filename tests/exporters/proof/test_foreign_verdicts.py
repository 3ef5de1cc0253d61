"""What a folder of somebody else says of its files does not count: they are run, or refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import keras
import numpy as np
import pytest

import zoo
from zoo.exporters.batch import ExportOutcome
from zoo.exporters.parts.probes import Probe, save_probes
from zoo.exporters.proof import task_measures
from zoo.exporters.proof.first_tensor import name_command
from zoo.exporters.proof.programs import _verdict as program_verdict
from zoo.exporters.proof.published_files import verify_files
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile, Report
from zoo.runtimes.protocol import FileResult, SetResult

EQUAL = Verdict("onnxruntime", "equal", "onnxruntime 1.0", 0.0)


def equal_file() -> ExportedFile:
    return ExportedFile("model", "onnx", "model.onnx", 1, verdict="equal", verdicts=(EQUAL,))


@pytest.mark.parametrize(
    ("model_file", "words"),
    [
        (
            "",
            "export the run again with `--runs-in tract`, or the keras.Model with runs_in=['tract']",
        ),
        (
            "a/b.keras",
            "zoo.export(keras.saving.load_model('a/b.keras'), ['onnx'], out='DIR', runs_in=",
        ),
    ],
)
def test_what_finds_the_first_tensor_names_the_model_file(model_file: str, words: str) -> None:
    wrong = Verdict("tract", "different", problem="'y' is off by up to 1")
    found = name_command(equal_file(), wrong, model_file)
    assert words in found.problem
    assert "RUN" not in found.problem
    assert name_command(equal_file(), EQUAL, model_file) == EQUAL


@pytest.mark.parametrize("probes", ["constant", "none", "broken"])
def test_a_file_with_useless_probes_is_refused_whatever_its_report_says(
    probes: str, tmp_path: Path
) -> None:
    same = Probe({"x": np.ones((2, 3), np.float32)}, {"y": np.zeros((2, 1), np.float32)})
    with (tmp_path / "probe.npz").open("wb") as file:
        save_probes({} if probes == "none" else {"model": [same, same]}, file)
    if probes == "broken":
        np.savez(tmp_path / "probe.npz", **{"model/0/inputs/x": np.zeros(2), "model": np.zeros(1)})
    plan: Any = SimpleNamespace(
        programs=["node"], python=[], missing={}, runtimes={"onnx": ("node",)}
    )
    (found,) = verify_files(cast(Any, None), tmp_path, [equal_file()], plan).values()
    assert (found.verdict, found.verdicts, found.difference) == ("refused", (), None)
    assert found.problem


def test_outputs_that_cannot_be_compared_are_refused() -> None:
    probe = Probe({"x": np.ones(1, np.float32)}, {"y": np.array(["a"])})
    result = FileResult("model.onnx", sets=(SetResult({"y": np.array(["b"])}),))
    found = program_verdict("node", "node 1.0", result, [probe], "onnx")
    assert found.verdict == "refused"
    assert "cannot be compared" in found.problem


@pytest.mark.parametrize(("runtime", "version"), [("dl4j", "dl4j 1.0"), ("dl4j 2.0", "dl4j 2.0")])
def test_a_program_that_tells_no_version_has_the_pinned_one(runtime: str, version: str) -> None:
    probe = Probe({"x": np.ones(1, np.float32)}, {"y": np.ones(1, np.float32)})
    result = FileResult("a", sets=(SetResult({"y": np.ones(1, np.float32)}),), runtime=runtime)
    assert program_verdict("dl4j", "dl4j 1.0", result, [probe], "dl4j").version == version


@pytest.mark.parametrize("verdict", ["approximate", "not run", "equal"])
def test_many_exports_show_the_verdict_of_each(verdict: str) -> None:
    file = ExportedFile("model", "onnx-int8", "model.int8.onnx", 1, verdict=verdict)
    report = cast(Any, SimpleNamespace(verdict=verdict, files=(file,)))
    outcome = ExportOutcome("cnn", report)
    assert (outcome.ok, outcome.verdict) == (True, verdict)
    assert ExportOutcome("cnn", report, zoo.ExportError("no")).verdict == "failed"


def test_verify_refuses_files_that_no_installed_runtime_reads(tmp_path: Path) -> None:
    inputs = keras.Input((3,), name="x")
    model = keras.Model(inputs, keras.layers.Dense(2, name="y")(inputs))
    zoo.export(model, formats=["keras"], out=tmp_path / "out")
    report = tmp_path / "out" / "report.json"
    report.write_text(report.read_text("utf-8").replace('"format": "keras"', '"format": "coreml"'))
    with pytest.raises(
        zoo.ExportError, match=r"No file of .* was run: all reads none of its formats"
    ):
        zoo.verify(tmp_path / "out", runs_in=["all"])


def test_measures_that_fail_do_not_cost_the_export(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> dict[str, float]:
        raise RuntimeError("no such file")

    monkeypatch.setattr(task_measures, "_measure", fail)
    file = ExportedFile("model", "onnx-fp16", "model.fp16.onnx", 1, verdict="approximate")
    fields = {field: None for field in Report.__dataclass_fields__}
    report = Report(**(fields | {"files": (file,)}))
    found = task_measures.add_task_measures(report, cast(Any, object()), dict)
    assert "no such file" in found.without_measures
