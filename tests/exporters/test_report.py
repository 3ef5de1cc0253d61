"""A report of an export that somebody else wrote has a limit of files, and each file once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zoo
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile, Report


def read(*paths: str) -> Report:
    """Write a report with some files, and read it."""
    files = [{"part": "model", "format": "onnx", "path": path} for path in paths]
    content = {"model": "x", "files": files, "parts": {}, "origin": {}}
    Path("report.json").write_text(json.dumps(content))
    return Report.read(Path())


def test_a_file_occurs_once() -> None:
    assert [file.path for file in read("a.onnx", "b.onnx").files] == ["a.onnx", "b.onnx"]
    with pytest.raises(zoo.RunError, match="a path of a part occurs twice"):
        read("a.onnx", "a.onnx")


def test_files_have_a_limit() -> None:
    with pytest.raises(zoo.RunError, match="at most 500 are expected"):
        read(*(f"{number}.onnx" for number in range(501)))


def test_a_file_is_found_by_part_and_format() -> None:
    report = read("a.onnx")
    assert Path(report["model", "onnx"].path) == report.folder / "a.onnx"
    assert report["model", "onnx"].data == ""
    assert report.files[0].path == "a.onnx"
    with pytest.raises(
        zoo.UnknownName, match=r"no file 'model as onx'\. Did you mean model as onnx"
    ):
        report["model", "onx"]


def test_a_report_is_a_table_at_a_prompt() -> None:
    own = Verdict("onnxruntime", "equal", "onnxruntime 1.32.0", 1e-7)
    others = (Verdict("tract", "different", "tract 0.23", 0.5), Verdict("java", "not available"))
    files = (
        ExportedFile("encoder", "onnx", "e.onnx", verdict="equal", verdicts=(own, *others)),
        ExportedFile(
            "encoder", "keras", "e.keras", difference=0.0, verdict="equal", runtime="keras"
        ),
    )
    report = Report(Path("shipped"), "vae.digits", files, {}, {})
    assert repr(report).splitlines() == [
        "vae.digits in shipped: different",
        "part     format  verdict    largest difference  checked with",
        "encoder  onnx    different  5.0e-01             onnxruntime 1.32.0, tract 0.23",
        "encoder  keras   equal      0.0e+00             keras",
    ]
    assert "<td>5.0e-01</td>" in report._repr_html_()
    assert repr(files[1]) == "ExportedFile('e.keras', equal, 0.0e+00, keras)"
    assert "no files" in repr(Report(Path("shipped"), "x", (), {}, {}))
