"""A network that was never trained is exported, once each format has written a copy of it that varies."""

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.errors import ExportError
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.parts.probes import ConstantOutput, Probe, find_weakness, make_probes
from zoo.exporters.proof.rehearsal import (
    copy_with_statistics_of_noise,
    has_new_normalizations,
    with_rehearsal,
)
from zoo.exporters.report import ExportedFile


def untrained() -> keras.Model:
    """Return a network whose values shrink by 10,000 in each of two layers."""
    small = keras.initializers.RandomNormal(stddev=1e-4, seed=0)
    inputs = x = keras.Input((6, 6, 3))
    for _ in range(2):
        x = layers.Conv2D(4, 3, kernel_initializer=small)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU(6.0)(x)
    outputs = layers.Dense(3, activation="softmax")(layers.Flatten()(x))
    return keras.Model(inputs, outputs, name="network")


def test_the_copy_varies_and_the_model_stays() -> None:
    part = prepare_part("model", untrained())
    with pytest.raises(ConstantOutput, match="same for every input"):
        make_probes(part)
    before = part.model.get_weights()
    copy = copy_with_statistics_of_noise(part)
    assert make_probes(prepare_part("model", copy))
    for one, other in zip(before, part.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_untrained_network_is_exported_and_verified(caplog: pytest.LogCaptureFixture) -> None:
    report = zoo.export(untrained(), ["keras", "onnx"], out="exported")
    assert report.ok
    assert all(file.is_constant for file in report.files)
    assert "was never trained" in caplog.text
    assert "was never trained" in (report.folder / "README.md").read_text()
    caplog.clear()
    assert zoo.verify("exported").ok
    assert "equal outputs tell little" in caplog.text


def test_a_trained_network_with_a_constant_output_is_refused() -> None:
    network = untrained()
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_variance.assign(np.full(4, 0.5))
    assert not has_new_normalizations(network)
    with pytest.raises(ExportError, match="Is it trained"):
        zoo.export(network, ["keras"], out="exported")


def test_a_format_that_writes_the_copy_wrongly_is_refused() -> None:
    file = ExportedFile("model", "onnx", "model.onnx")
    assert with_rehearsal(file, ["other"], {}) is file
    assert with_rehearsal(file, ["model"], {}).verdict == "unchecked"
    refused = with_rehearsal(file, ["model"], {("model", "onnx"): "'output' is off by 0.1"})
    assert (refused.verdict, refused.is_constant) == ("refused", True)
    assert "off by 0.1" in refused.problem


def test_only_a_constant_output_is_excused() -> None:
    x, y = np.zeros((3, 2), np.float32), np.zeros((3, 1), np.float32)
    assert find_weakness([Probe({"x": x}, {"y": y})])
    assert not find_weakness([Probe({"x": x}, {"y": y})], may_be_constant=True)
    assert find_weakness([Probe({"x": x}, {"y": y * np.nan})], may_be_constant=True)
