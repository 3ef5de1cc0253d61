"""OpenVINO's IR keeps the contract, and computes what the part computes."""

from pathlib import Path

import pytest

from zoo.errors import ExportError
from zoo.exporters.comparison import compare_outputs
from zoo.exporters.formats import openvino as format
from zoo.exporters.formats.protocol import data_file
from zoo.exporters.parts.probes import draw_probes
from zoo.runtimes.python import openvino as runtime

from . import models


def test_an_ir_is_equal_and_has_the_contract(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    part, path = models.classifier(), tmp_path / "model.xml"
    format.write(part, path, {})
    assert data_file(path, "openvino") == tmp_path / "model.bin"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.bin", "model.xml"]
    assert not compare_outputs(runtime.open(path), draw_probes(part)).problem
    model = openvino.Core().read_model(path)
    assert [port.get_any_name() for port in model.inputs] == ["image"]
    assert str(model.input().get_partial_shape()) == "[?,8,8,1]"
    assert [port.get_any_name() for port in model.outputs] == ["probabilities"]
    assert model.get_rt_info(["zoo", "license"]).astype(str) == "Apache-2.0"


def test_changed_weights_are_caught(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    part, path = models.classifier(), tmp_path / "model.xml"
    format.write(part, path, {})
    kernel = part.model.get_layer("probabilities").get_weights()[0]
    weights = (tmp_path / "model.bin").read_bytes()
    (place,) = [
        weights.find(each.tobytes()) for each in (kernel, kernel.T) if each.tobytes() in weights
    ]
    changed = (2 * kernel.ravel()[0]).tobytes()
    (tmp_path / "model.bin").write_bytes(
        weights[:place] + changed + weights[place + len(changed) :]
    )
    assert "is off by" in compare_outputs(runtime.open(path), draw_probes(part)).problem


def test_without_openvino_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(format, "missing_package", lambda *names: f"missing: {names}")
    with pytest.raises(ExportError, match=r"missing: \('openvino', 'openvino'\)"):
        format.write(models.classifier(), tmp_path / "model.xml", {})
