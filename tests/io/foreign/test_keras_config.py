"""What the config of a model file may name: what Keras builds counts, what it never reads does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.legacy.layers import ThresholdedReLU

import zoo
from zoo.exporters.sources import open_source
from zoo.io.foreign import keras_config
from zoo.io.foreign.keras_config import NamedObject, check_config
from zoo.testing.hostile.archives import config

CUSTOM: dict[str, Any] = {
    "loss": {
        "module": "builtins",
        "class_name": "function",
        "config": "my_loss",
        "registered_name": "function",
    }
}


def my_loss(y_true: Any, y_pred: Any) -> Any:
    """Return the mean absolute error."""
    return keras.ops.mean(keras.ops.abs(y_true - y_pred))


class MyMetric(keras.metrics.Mean):
    """A metric that is not registered."""


class MySchedule(keras.optimizers.schedules.ExponentialDecay):
    """A schedule that is not registered."""


def test_a_file_with_a_loss_a_metric_and_a_schedule_of_its_own_opens() -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    model.compile(keras.optimizers.Adam(MySchedule(0.1, 10, 0.9)), my_loss, metrics=[MyMetric()])
    model.save("custom.keras")
    opened: Any = open_source("custom.keras").model
    assert opened.count_params() == 15
    assert not opened.compiled


def test_a_model_inside_with_a_loss_of_its_own_opens() -> None:
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    inner.compile(keras.optimizers.Adam(MySchedule(0.1, 10, 0.9)), my_loss, metrics=[MyMetric()])
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inner(inputs)))
    model.save("outer.keras")
    opened: Any = open_source("outer.keras").model
    assert getattr(opened.layers[1], "optimizer", None) is None
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(np.asarray(opened(x)), np.asarray(model(x)))


def test_layers_of_two_names_and_of_older_kerases_open() -> None:
    inputs = keras.Input((4, 4))
    attention = keras.layers.GroupQueryAttention(2, 2, 1)
    model = keras.Model(inputs, attention(inputs, inputs))
    model.save("attention.h5")
    assert open_source("attention.h5").model.count_params() == model.count_params()
    keras.Sequential([inputs, ThresholdedReLU()]).save("older.keras")
    assert open_source("older.keras").model.output_shape == (None, 4, 4)


def test_no_compile_config_of_keras_is_read() -> None:
    text = json.dumps({**config(), "compile_config": CUSTOM})
    assert "my_loss" not in [item.name for item in check_config(text, "a.keras")]
    inner = {**config(), "compile_config": CUSTOM}
    outer = json.dumps({**config(), "config": {"layers": [inner]}})
    assert "my_loss" not in [item.name for item in check_config(outer, "a.keras")]
    for change in ({"module": "mine"}, {"registered_name": "mine>Model"}):
        names = check_config(
            json.dumps({**config(), "config": {"layers": [{**inner, **change}]}}), "a"
        )
        assert "my_loss" in [item.name for item in names]
    hidden = {
        "class_name": "Dense",
        "compile_config": CUSTOM,
    }  # without a config Keras builds its values
    names = check_config(json.dumps({**config(), "config": {"layers": [hidden]}}), "a")
    assert "my_loss" in [item.name for item in names]


def test_the_sizes_of_a_compile_config_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_LIMITS", "config_values=500")
    text = json.dumps({**config(), "compile_config": [0] * 600})
    with pytest.raises(zoo.UnsafeFile, match="values in the config"):
        check_config(text, Path("a.keras"))


def test_a_function_is_named_in_messages() -> None:
    function = NamedObject("builtins", "my_loss", "function", is_function=True)
    assert str(function) == "builtins.my_loss"
    assert str(NamedObject("zoo.layers", "CropLike", "zoo>CropLike")) == "zoo>CropLike"


def test_many_values_are_refused_before_they_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_config, "parse_json", lambda text, path: pytest.fail("parsed"))
    with pytest.raises(zoo.UnsafeFile, match="values in the config"):
        check_config("[" + "[0]," * 8_000_000 + "0]", Path("a.keras"))
