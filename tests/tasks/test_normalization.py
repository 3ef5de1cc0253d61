"""Standardising inside a model: values go in as they were measured, in training, apply and export."""

from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.tasks import normalization

CHANCE = np.random.default_rng(0)
SMALL: dict[str, Any] = {"epochs": 2, "batch_size": 8, "seed": 1}
NETWORKS = {"cnn": {"filters": [4]}, "mlp": {"units": [8]}}


def series(scale: float = 1.0, offset: float = 0.0) -> Dataset:
    """Make waves of two speeds, measured in some unit."""
    speeds = np.arange(48) % 2
    time = np.linspace(0, 6, 24)[None, :, None]
    waves = np.sin(time * (1 + 2 * speeds[:, None, None]) + CHANCE.random((48, 1, 2)))
    values = (offset + scale * waves).astype(np.float32)
    return Dataset(
        "waves", Split(values[:32], speeds[:32]), Split(values[32:], speeds[32:]), ("a", "b")
    )


def test_figures_are_of_each_channel_and_one_that_never_changes_is_left() -> None:
    values = np.stack([CHANCE.normal(7, 3, (50, 20)), np.full((50, 20), 1e4)], -1)
    mean, spread = normalization.mean_and_std(Split(values))
    np.testing.assert_allclose(mean, [values[..., 0].mean(), 1e4], rtol=1e-6)
    np.testing.assert_allclose(spread, [values[..., 0].std(), 1], rtol=1e-6)


def test_a_layer_and_its_inverse_give_back_what_they_were_given() -> None:
    inputs = keras.Input((5, 2))
    there = normalization.normalization_layer()(inputs)
    model = keras.Model(
        inputs, [there, normalization.normalization_layer("back", invert=True)(there)]
    )
    split = Split(CHANCE.normal([3, -40], [2, 9], (30, 5, 2)))
    normalization.adapt(model, split, "standardised", "back")
    standard, back = model(split.inputs)
    np.testing.assert_allclose(np.std(standard, (0, 1)), 1, rtol=1e-4)
    np.testing.assert_allclose(np.mean(standard, (0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(back, split.inputs, rtol=1e-4, atol=1e-4)


def test_a_model_without_the_layer_is_left_as_it_is() -> None:
    model = zoo.create("cnn", input_shape=(8, 8, 1), classes=2, filters=[2])
    before = model.get_weights()
    normalization.adapt(model, Split(np.ones((2, 8, 8, 1))))
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_unit_of_measurement_does_not_matter(name: str) -> None:
    answers = []
    for unit in ({}, {"scale": 1000.0, "offset": 5000.0}):
        CHANCE.bit_generator.state = np.random.default_rng(3).bit_generator.state
        data = series(**unit)
        run = zoo.train(name, data=data, **SMALL, **NETWORKS[name])
        answers.append(zoo.load(run).predict(data.test.inputs, verbose=0))
    np.testing.assert_allclose(*answers, atol=2e-3)


def test_exported_series_models_take_raw_values_also_after_half_precision() -> None:
    data = series(scale=50, offset=300)
    settings = {"filters": [4], "precision": "mixed_bfloat16"}
    run = zoo.train("cnn", data=data, **SMALL, **settings)
    report = zoo.export(run, ["onnx"])
    assert report.ok
    session = onnxruntime.InferenceSession(next(run.path.glob("export/**/*.onnx")))
    raw = data.test.inputs[:4]
    said = session.run(None, {"inputs": raw})[0]
    applied = zoo.apply(run, list(raw))
    np.testing.assert_allclose(
        said.max(-1), [answer["probability"] for answer in applied], atol=0.02
    )


def test_other_data_is_measured_with_the_figures_of_the_training() -> None:
    run = zoo.train("mlp", data=series(), **{**SMALL, "epochs": 40}, units=[16], learning_rate=0.01)
    same, shifted = zoo.evaluate(run, series()), zoo.evaluate(run, series(offset=40))
    assert same["accuracy"] > 0.9
    assert shifted["accuracy"] < 0.8
