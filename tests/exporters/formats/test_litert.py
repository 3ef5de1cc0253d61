"""LiteRT files hold built-in operators only, and compute what the part computes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from zoo.errors import ExportError
from zoo.exporters.comparison import compare_outputs
from zoo.exporters.formats import litert
from zoo.exporters.formats.litert import operators
from zoo.exporters.parts.part import Part
from zoo.exporters.parts.probes import draw_probes
from zoo.runtimes.python import litert as runtime

from . import models

pytest.importorskip("ai_edge_litert")


def problem_of(part: Part, path: Path) -> str:
    litert.write(part, path, {})
    return compare_outputs(runtime.open(path), draw_probes(part)).problem


@pytest.mark.parametrize("build", [models.images, models.volumes, models.series])
def test_layers_that_litert_lacks_are_computed_by_its_operators(
    build: Callable[[], Part], tmp_path: Path
) -> None:
    assert not problem_of(build(), tmp_path / "model.tflite")


def test_free_sizes_stay_free(tmp_path: Path) -> None:
    assert not problem_of(models.images(None), tmp_path / "model.tflite")


def test_the_layers_of_the_part_are_as_before(tmp_path: Path) -> None:
    part = models.series()
    before = [dict(vars(layer)) for layer in part.model.layers]
    litert.write(part, tmp_path / "model.tflite", {})
    for layer, attributes in zip(part.model.layers, before, strict=True):
        assert vars(layer).keys() == attributes.keys()
        assert getattr(layer, "unroll", None) == attributes.get("unroll")


def test_a_wrong_operator_is_caught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def without_epsilon_and_offset(layer: keras.Layer, inputs: Any) -> Any:
        return operators._group_normalization(layer, inputs) - layer.beta

    monkeypatch.setitem(operators._CALLS, "GroupNormalization", without_epsilon_and_offset)
    assert "is off by" in problem_of(models.images(), tmp_path / "model.tflite")


def test_a_file_has_the_contract_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    part = models.classifier()
    for name in ("one", "two"):
        litert.write(part, tmp_path / name, {})
    content = (tmp_path / "one").read_bytes()
    assert content == (tmp_path / "two").read_bytes()
    assert b"License of the weights: Apache-2.0" in content
    begin = content.index(b'{"contract"')
    facts, _ = json.JSONDecoder().raw_decode(content[begin:].decode(errors="replace"))
    assert facts["contract"] == json.loads(json.dumps(part.contract.to_json()))
    interpreter = Interpreter(model_content=content)
    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["image"], "outputs": ["probabilities"]}
    }
    assert [each["name"] for each in interpreter.get_input_details()] == ["image"]
    assert list(interpreter.get_input_details()[0]["shape_signature"]) == [-1, 8, 8, 1]
    assert [each["name"] for each in interpreter.get_output_details()] == ["probabilities"]


def test_a_free_number_of_steps_is_refused_with_the_layer(tmp_path: Path) -> None:
    inputs = keras.Input((None, 2), name="series")
    part = models.part_of(inputs, layers.LSTM(3, name="memory")(inputs))
    with pytest.raises(ExportError, match=r"'memory' \(LSTM\) has a free number of time steps"):
        litert.write(part, tmp_path / "model.tflite", {})


def test_an_operator_that_litert_lacks_is_refused_with_the_layer(tmp_path: Path) -> None:
    inputs = keras.Input((4,), name="numbers")
    x = layers.Activation("softplus", name="smooth")(inputs)
    x = keras.ops.erfinv(keras.ops.tanh(x))
    part = models.part_of(inputs, layers.Dense(2, name="score")(x))
    with pytest.raises(ExportError, match=r"needs TensorFlow's operator Erfinv.*LiteRT"):
        litert.write(part, tmp_path / "model.tflite", {})
