"""A run's model on arrays and files: in Keras, and by its exported files in ONNX Runtime."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.dataset import Dataset
from zoo.exporters.report import Report
from zoo.inference.exported_parts import why_not_usable
from zoo.inference.known_exports import is_known_export, remember_export
from zoo.io.digest import file_digest
from zoo.registry.shipped_weights import Shipped
from zoo.runs import predictors
from zoo.runs.predictors import export_folder
from zoo.weights.description import WeightsInfo

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def copy(exported: zoo.Run) -> zoo.Run:
    shutil.copytree(exported.path, "copy")
    return zoo.Run.open("copy")


def test_an_export_from_elsewhere_is_verified_before_it_is_applied(
    copy: zoo.Run, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr("zoo.inference.known_exports._known", set())
    monkeypatch.setattr(
        "zoo.inference.exported_parts.run_zoo", lambda *words: commands.append(words)
    )
    folder = copy.path / "export"
    copy.predict(tiny.test.inputs, runtime="onnx")
    assert commands == [("verify", str(folder), "--in", "onnxruntime")]
    assert not is_known_export(folder)
    assert zoo.verify(folder, runs_in=["onnxruntime"]).ok
    assert is_known_export(folder)
    zoo.Run.open("copy").predict(tiny.test.inputs, runtime="onnx")
    assert len(commands) == 1
    report = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps(report))
    assert not is_known_export(folder)


def test_predict_returns_what_keras_returns(trained: zoo.Run, tiny: Dataset) -> None:
    images = tiny.test.inputs
    expected = zoo.load(trained).predict(images, verbose=0)
    for size in (1, 5, 64):
        found = trained.predict(images, batch_size=size)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    pixels = np.round(255 * images).astype(np.uint8)
    expected = zoo.load(trained).predict(pixels / np.float32(255), verbose=0)
    np.testing.assert_allclose(trained.predict(pixels), expected, atol=1e-6)
    named = trained.predict({"inputs": images.astype(np.float64)}, part="classifier")
    assert named.shape == (len(images), 10)


def test_the_model_is_loaded_once(
    trained: zoo.Run, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = zoo.Run.open(trained.path)
    run.predict(tiny.test.inputs)
    monkeypatch.setattr("zoo.runs.load.load_run_model", None)
    run.predict(tiny.test.inputs[:3])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((8, 8, 1)), r"Expected: classifier: inputs \(n, 8, 8, 1\). Received: shape"),
        (np.zeros((8, 8, 1)), r"add the axis of examples, array\[None\]"),
        (["a.png"], r"predict takes arrays. Received: .a.png.. For files use zoo.apply"),
        (np.zeros((2, 9, 8, 1)), r"Received: shape \(2, 9, 8, 1\)"),
        (np.zeros((0, 8, 8, 1)), "is empty"),
        (np.full((1, 8, 8, 1), np.nan), "not a finite number"),
        (np.full((1, 8, 8, 1), 200.0), "Divide them by 255"),
        ({"pixels": np.zeros((1, 8, 8, 1))}, r"Received: pixels \(1, 8, 8, 1\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(trained: zoo.Run, inputs: Any, message: str) -> None:
    with pytest.raises(zoo.DataError, match=message):
        trained.predict(inputs)


def test_options_that_there_are_not_are_refused(trained: zoo.Run, tiny: Dataset) -> None:
    with pytest.raises(zoo.UnknownName, match="classifier"):
        trained.predict(tiny.test.inputs, part="clasifier")
    with pytest.raises(zoo.UnknownName, match="onnx"):
        trained.predict(tiny.test.inputs, runtime="onx")
    with pytest.raises(zoo.UsageError, match="from 1 on"):
        trained.predict(tiny.test.inputs, batch_size=0)


def test_results_stream(trained: zoo.Run, tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    # sizes of batches depend on the time that they take, and the last bits on the size
    monkeypatch.setattr("zoo.inference.read_ahead.MOST_ITEMS", 1)
    images = list(tiny.test.inputs)
    stream = zoo.apply(trained, images, stream=True)
    first = next(stream)
    assert [first, *stream] == zoo.apply(trained, images)


def test_onnx_answers_as_keras(exported: zoo.Run, tiny: Dataset) -> None:
    images = tiny.test.inputs
    found = exported.predict(images, runtime="onnx")
    np.testing.assert_allclose(found, exported.predict(images), atol=1e-5, rtol=1e-4)
    results = zoo.apply(exported, list(images), runtime="onnx")
    expected = zoo.apply(exported, list(images))
    assert [r["class"] for r in results] == [r["class"] for r in expected]
    metrics = zoo.evaluate(exported, tiny, runtime="onnx")
    assert metrics == pytest.approx(zoo.evaluate(exported, tiny), abs=1e-4)


def test_a_verified_export_needs_neither_keras_nor_tensorflow(exported: zoo.Run) -> None:
    Image.new("L", (8, 8), 99).save("a.png")
    code = (
        "import sys, zoo; zoo.apply(sys.argv[1], ['a.png'], runtime='onnx'); "
        "print({'keras', 'tensorflow', 'pydantic', 'matplotlib'} & set(sys.modules))"
    )
    words = [sys.executable, "-c", code, str(exported.path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_run_without_a_usable_export_is_exported(
    copy: zoo.Run, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (8, 8), 99).save("a.png")
    folder = copy.path / "export"
    (folder / "classifier.onnx").write_bytes(b"no model")
    assert "not the file that was verified" in why_not_usable(folder, "onnx")
    code, out, err = shell("apply", "copy", "a.png", "--with", "onnx", "--json")
    assert (code, len(json.loads(out))) == (0, 1)
    assert "exporting and verifying first" in err
    assert Report.read(folder).ok
    assert not why_not_usable(folder, "onnx")


def test_a_file_that_computes_something_else_here_is_an_error(copy: zoo.Run) -> None:
    folder, report = copy.path / "export", copy.path / "export/report.json"
    before = file_digest(folder / "probe.npz")
    with np.load(folder / "probe.npz") as probe:
        arrays = {key: value + ("/out/" in key) for key, value in probe.items()}
    np.savez(folder / "probe.npz", **arrays)
    report.write_text(report.read_text().replace(before, file_digest(folder / "probe.npz")))
    with pytest.raises(zoo.ExportError, match="is off by up to 1"):  # in the cage
        copy.predict(np.zeros((1, 8, 8, 1)), runtime="onnx")
    remember_export(folder)
    with pytest.raises(zoo.ExportError, match="computes something else than the model here"):
        copy.predict(np.zeros((1, 8, 8, 1)), runtime="onnx")


def test_a_file_with_the_right_digest_that_is_no_model_is_an_error(copy: zoo.Run) -> None:
    file, report = copy.path / "export/classifier.onnx", copy.path / "export/report.json"
    before = file_digest(file)
    file.write_bytes(b"no model")
    report.write_text(report.read_text().replace(before, file_digest(file)))
    remember_export(file.parent)  # else it is refused in the cage
    with pytest.raises(zoo.ExportError, match="cannot be run here"):
        copy.predict(np.zeros((1, 8, 8, 1)), runtime="onnx")


def test_a_hook_that_takes_the_model_says_what_can_be_run(
    copy: zoo.Run, monkeypatch: pytest.MonkeyPatch, register: Any
) -> None:
    register(apply=lambda model, items: [{} for _ in items])
    copy.update(architecture="stranger")
    with pytest.raises(zoo.UsageError, match=r"computes with the Keras model.*Parts: classifier\."):
        zoo.apply(copy, [np.zeros((8, 8, 1))], runtime="onnx")
    assert copy.predict(np.zeros((1, 8, 8, 1)), runtime="onnx").shape == (1, 10)


def test_the_export_of_the_catalogs_weights_is_kept_in_the_cache(
    exported: zoo.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert export_folder(exported) == exported.path / "export"
    info = WeightsInfo("x.zip", "9f86d081" * 8, 1, *["text"] * 5)
    run = zoo.Run(exported.path, Shipped(exported.path, "mlp", info, "a test"))
    folder = export_folder(run)
    assert folder.parts[-2:] == ("exports", "9f86d0819f86d081")
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(predictors, "run_zoo", lambda *words: commands.append(words))
    with pytest.raises(
        zoo.ExportError, match="cannot be run in ONNX Runtime"
    ):  # nothing was written
        predictors.onnx_parts(run)
    assert commands == [("export", str(run.path), "--to", "onnx", "--out", str(folder))]


def test_a_strangers_hook_gets_lists_of_items(copy: zoo.Run, register: Any) -> None:
    batches: list[int] = []

    def apply(model: Any, config: Any, items: Any) -> list[dict[str, Any]]:
        batches.append(len(items))
        if any(item == "broken" for item in items):
            raise zoo.DataError("broken")
        return [{"at": item} for item in items]

    register(apply=apply)
    copy.update(architecture="stranger")
    results = zoo.apply(copy, [str(number) for number in range(200)])
    assert [result["at"] for result in results] == [str(number) for number in range(200)]
    assert max(batches) > 1
    with pytest.raises(zoo.DataError, match="broken"):
        zoo.apply(copy, ["1", "broken"])
