"""Core ML packages are compared with the model by structure, and never called equal."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.errors import ExportError
from zoo.exporters.formats import coreml
from zoo.exporters.formats.coreml.structure import problem_of_weights, structure_problem
from zoo.exporters.parts.part import Part, prepare_part

from . import models


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[Part, Path]:
    pytest.importorskip("coremltools")
    part, path = models.classifier(), tmp_path_factory.mktemp("coreml") / "model.mlpackage"
    coreml.write(part, path, {})
    return part, path


def test_a_package_has_the_contract_and_the_licence(package: tuple[Part, Path]) -> None:
    import coremltools

    description = coremltools.utils.load_spec(str(package[1])).description
    assert [each.name for each in description.input] == ["image"]
    assert [each.name for each in description.output] == ["probabilities"]
    assert description.metadata.license == "Apache-2.0"
    assert description.metadata.userDefined["contract"].startswith('{"inputs"')
    (batch, *_) = description.input[0].type.multiArrayType.shapeRange.sizeRanges
    assert (batch.lowerBound, batch.upperBound) == (1, coreml.LARGEST_BATCH)


def test_a_program_with_other_weights_is_caught(package: tuple[Part, Path]) -> None:
    part, path = package
    assert not structure_problem(path, part)
    dense = part.model.get_layer("probabilities")
    weights = dense.get_weights()
    try:
        dense.set_weights([weights[0] * 1.001, weights[1]])
        assert "lacks the kernel of the layer 'probabilities'" in structure_problem(path, part)
    finally:
        dense.set_weights(weights)


def two_outputs(activation: str = "relu", exchanged: bool = False) -> Part:
    """Return a network with two outputs of one shape, always of the same weights."""
    inputs = keras.Input((6, 6, 1), name="image")
    x = layers.Flatten()(layers.MaxPooling2D(2)(layers.Conv2D(3, 3, activation=activation)(inputs)))
    left, right = layers.Dense(2, name="left")(x), layers.Dense(2, name="right")(x)
    names = ("right", "left") if exchanged else ("left", "right")
    return models.part_of(inputs, dict(zip(names, (left, right), strict=True)))


def test_exchanged_outputs_and_another_operation_are_caught(tmp_path: Path) -> None:
    pytest.importorskip("coremltools")
    path = tmp_path / "model.mlpackage"
    coreml.write(two_outputs(), path, {})
    assert not structure_problem(path, two_outputs())
    exchanged = structure_problem(path, two_outputs(exchanged=True))
    assert exchanged == "in its output 'right', it lacks the kernel of the layer 'right' (Dense)"
    other = structure_problem(path, two_outputs("leaky_relu"))
    assert "it has 0 operations leaky_relu, expected 1 for the layers 'conv2d" in other


def test_weights_of_another_shape_or_order_are_caught() -> None:
    inputs = keras.Input((3,))
    model = models.part_of(inputs, layers.Dense(2, name="score")(inputs)).model
    kernel, bias = (np.asarray(weight, np.float64) for weight in model.get_weights())
    assert not problem_of_weights(model, [kernel.T, bias])
    assert "'score'" in problem_of_weights(model, [kernel.T[::-1], bias])
    assert "the bias" in problem_of_weights(model, [kernel.T, bias[::-1]])
    assert "the kernel" in problem_of_weights(model, [])


def test_an_export_is_published_as_not_run(package: tuple[Part, Path]) -> None:
    report = zoo.export(package[0].original, ["coreml"], out="shipped")
    assert [file.verdict for file in report.files] == ["not run"]
    assert not report.ok
    assert "macOS" in Path("shipped/README.md").read_text()


def test_dtypes_that_core_ml_lacks_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("coremltools")
    inputs = keras.Input((3,), dtype="int64", name="tokens")
    part = models.part_of(inputs, layers.Embedding(5, 2, name="vectors")(inputs))
    with pytest.raises(ExportError, match="'tokens' has the dtype int64"):
        coreml.write(part, tmp_path / "model.mlpackage", {})


def test_without_coremltools_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(*names: Any) -> str:
        return f"missing: {names}"

    monkeypatch.setattr(coreml, "missing_package", missing)
    with pytest.raises(ExportError, match="coremltools"):
        coreml.write(models.classifier(), tmp_path / "model.mlpackage", {})


def test_a_bias_of_zeros_may_be_left_out_and_no_other_weight() -> None:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(2, name="score")(inputs))
    kernel, bias = (np.asarray(weight, np.float64) for weight in model.get_weights())
    assert not bias.any()
    assert not problem_of_weights(model, [kernel])
    assert "the kernel" in problem_of_weights(model, [bias])
    model.set_weights([kernel, np.array([0.0, 0.5])])
    assert "the bias" in problem_of_weights(model, [kernel])


def test_an_untrained_model_whose_biases_are_zeros_is_written(tmp_path: Path) -> None:
    """Its activations need operators that coremltools lacks."""
    pytest.importorskip("coremltools")
    inputs = keras.Input((6, 6, 1), name="image")
    x = layers.BatchNormalization()(layers.Conv2D(3, 3, activation="gelu")(inputs))
    x = layers.Activation("celu")(x)
    model = keras.Model(inputs, layers.Dense(2, name="scores")(layers.Flatten()(x)))
    coreml.write(prepare_part("model", model), tmp_path / "model.mlpackage", {})
    assert (tmp_path / "model.mlpackage").is_dir()


def test_a_recurrent_layer_is_unrolled_and_its_weights_are_compared(tmp_path: Path) -> None:
    pytest.importorskip("coremltools")
    inputs = keras.Input((4, 2), name="series")
    x = layers.LSTM(3, return_sequences=True)(inputs)
    part = models.part_of(inputs, layers.Dense(2, name="score")(layers.GRU(4)(x)))
    coreml.write(part, tmp_path / "model.mlpackage", {})
    assert not structure_problem(tmp_path / "model.mlpackage", part)
    gru = next(layer for layer in part.model.layers if isinstance(layer, layers.GRU))
    gru.set_weights([1.01 * weight for weight in gru.get_weights()])
    assert "(GRUCell)" in structure_problem(tmp_path / "model.mlpackage", part)


def test_a_free_number_of_steps_is_refused_with_the_layer(tmp_path: Path) -> None:
    inputs = keras.Input((None, 2), name="series")
    part = models.part_of(
        inputs, layers.Dense(2, name="score")(layers.LSTM(3, name="memory")(inputs))
    )
    with pytest.raises(ExportError, match=r"'memory' \(LSTM\) has a free number of time steps"):
        coreml.write(part, tmp_path / "model.mlpackage", {})
