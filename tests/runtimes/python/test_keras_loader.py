"""A model file is loaded once: its variables are counted, and a Sequential is built once."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from zoo.runtimes.python.keras import open_model_file
from zoo.testing.hostile.archives import config, keras_bytes, model_h5_bytes


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_file_that_asks_for_more_than_it_holds_is_refused(suffix: str) -> None:
    many = config(units=10**8)
    content = keras_bytes(many) if suffix == "keras" else model_h5_bytes(many)
    path = Path(f"many.{suffix}")
    path.write_bytes(content)
    with pytest.raises(zoo.UnsafeFile, match="declares 1526 MiB"):
        open_model_file(path)
    assert keras.Variable(np.zeros(3)).shape == (3,)
    assert keras.layers.Dense(10**4)(np.zeros((1, 3))).shape == (1, 10**4)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("has_input", [True, False])
def test_a_sequential_is_built_once(
    suffix: str, has_input: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(3)])
    layers = [keras.layers.Dense(3, "relu"), inner, keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((4,)), *layers] if has_input else layers)
    x = np.random.default_rng(0).random((2, 4), "float32")
    expected = np.asarray(model(x))
    model.save(f"model.{suffix}")
    calls = []
    call = keras.layers.Dense.__call__
    monkeypatch.setattr(
        keras.layers.Dense, "__call__", lambda self, *x, **y: calls.append(1) or call(self, *x, **y)
    )
    add = keras.Sequential.add
    opened = open_model_file(Path(f"model.{suffix}"))
    assert len(calls) <= 8
    np.testing.assert_array_equal(np.asarray(opened(x)), expected)
    assert keras.Sequential.add is add
    opened.add(keras.layers.Dense(1))
    assert opened(x).shape == (2, 1)
