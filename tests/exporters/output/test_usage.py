"""The code at the head of the README: from a file to a class, as `zoo apply` does, without the zoo."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.exporters.output.usage import answer_lines, fact_lines
from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.report import ExportedFile, Report

NAMES = [f"class {number}" for number in range(30)]


def test_the_first_code_of_the_readme_reads_a_file_and_prints_its_class(
    trained: zoo.Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = zoo.export(trained, ["onnx", "keras"], out="shipped")
    page = Path("shipped/README.md").read_text()
    assert "accuracy" in page.partition("## From a file to a class")[0]
    code = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    assert len(code.splitlines()) <= 15
    assert "zoo" not in code
    pixels = np.random.default_rng(0).integers(0, 256, (9, 14), np.uint8)
    Image.fromarray(pixels).save("shipped/image.png")
    monkeypatch.chdir("shipped")
    exec(code, {})
    name, probability = capsys.readouterr().out.split()
    (expected,) = zoo.apply(trained, [Path("image.png")])
    assert name == expected["class"]
    assert float(probability) == pytest.approx(expected["probability"], rel=1e-4)
    assert report.origin["metrics"] == json.dumps(trained.metrics)


def report(
    shape: tuple[Any, ...], name: str, classes: Any, role: str = "classifier", **facts: str
) -> Report:
    contract = Contract(
        (Tensor("x", "float32", ("batch", *shape)),), (Tensor("y", "float32", ("batch", 3)),)
    )
    files = (ExportedFile(role, name, f"{role}.file"),)
    origin = {"classes": json.dumps(classes), **facts}
    return Report(Path(), "model", files, {role: contract}, origin)


def test_many_classes_are_read_from_the_report() -> None:
    code = "\n".join(answer_lines(report((8, 8, 3), "saved-model", NAMES, resize="crop")))
    assert 'json.load(open("report.json"))' in code
    assert "ImageOps.fit(image, (8, 8)" in code
    assert "class 29" not in code


@pytest.mark.parametrize(
    ("shape", "role", "word"),
    [
        (("height", "width", 3), "classifier", "image.height, image.width, 3"),
        ((150, 2), "classifier", "x.reshape(1, 150, 2)"),
        ((10,), "regressor", "print(output)"),
    ],
)
def test_series_numbers_and_images_of_any_size_have_code(
    shape: tuple[Any, ...], role: str, word: str
) -> None:
    code = "\n".join(answer_lines(report(shape, "keras", NAMES, role)))
    assert word in code
    compile(re.findall(r"```python\n(.*?)```", code, re.DOTALL)[0], "README", "exec")


def test_what_has_no_answer_has_no_code() -> None:
    assert answer_lines(report((8, 8, 1), "onnx", NAMES, "encoder")) == []
    assert answer_lines(report((8, 8, 1), "onnx", None)) == []
    assert answer_lines(report((8, 8, 8, 1), "onnx", NAMES)) == []
    assert answer_lines(report((8, 8, 1), "dl4j", NAMES)) == []
    assert fact_lines(report((8, 8, 1), "onnx", NAMES)) == []
