"""A report of an export that somebody else wrote has a limit of files, and each file once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zoo
from zoo.exporters.report import Report


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
