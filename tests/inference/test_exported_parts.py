import json
from pathlib import Path

import pytest

from zoo.inference.exported_parts import read_report, why_not_usable
from zoo.io.digest import file_digest


def write_export(path: str = "net.onnx", verdict: str = "equal") -> Path:
    folder = Path("export")
    folder.mkdir()
    (folder / path).write_bytes(b"a model")
    digest = file_digest(folder / path)
    file = {"part": "net", "format": "onnx", "path": path, "verdict": verdict, "sha256": digest}
    tolerance = {"absolute": 1e-5, "relative": 1e-4}
    report = {"parts": {"net": {}}, "files": [file], "tolerance": tolerance}
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "probe.npz").touch()
    return folder


def test_an_export_with_the_digests_of_its_report_is_usable() -> None:
    folder = write_export()
    assert why_not_usable(folder, "onnx") == ""
    assert "has no h5 file of every part" in why_not_usable(folder, "h5")
    (folder / "net.onnx").write_bytes(b"another")
    assert "not the file that was verified" in why_not_usable(folder, "onnx")


def test_a_file_that_differs_or_lies_outside_is_not_usable() -> None:
    assert "was not found equal" in why_not_usable(write_export(verdict="different"), "onnx")
    Path("export").rename("other")
    outside = write_export("../net.onnx")
    assert "names a file outside its folder" in why_not_usable(outside, "onnx")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3, "parts": {}}', '{"parts": {}}'])
def test_a_broken_report_is_no_report(text: str) -> None:
    folder = write_export()
    (folder / "report.json").write_text(text)
    assert read_report(folder) == {}
    assert "has no onnx file of every part" in why_not_usable(folder, "onnx")


def test_without_a_probe_nothing_can_be_compared() -> None:
    folder = write_export()
    (folder / "probe.npz").unlink()
    assert "has no probe.npz" in why_not_usable(folder, "onnx")


@pytest.mark.parametrize("path", ["a" * 300, "a/" * 600, "a\0b", "\ud800"])
@pytest.mark.parametrize("key", ["path", "data"])
def test_a_path_that_no_file_has_is_no_report(key: str, path: str) -> None:
    folder = write_export()
    report = json.loads((folder / "report.json").read_text())
    report["files"][0][key] = path
    (folder / "report.json").write_text(json.dumps(report))
    assert read_report(folder) == {}
    assert "has no onnx file of every part" in why_not_usable(folder, "onnx")
