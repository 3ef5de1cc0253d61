"""The mechanical checks fail where a plug-in breaks them, and say what to do."""

import itertools
import os
from typing import Any

import keras
import numpy as np
import pytest
import zoo_mlp
from pydantic import PositiveInt

from tests.conftest import Install
from tests.testing.conftest import Verdict, defaults, fails
from zoo.testing import Outcome, outcomes


class Silent(zoo_mlp.Config):
    """One setting without a meaning."""

    depth: PositiveInt = 1


def random_start(config: Any) -> keras.Model:
    """Draw weights from outside Keras' seed."""
    model = zoo_mlp.build(config)
    seed = int.from_bytes(os.urandom(4), "little")
    kernel = model.get_layer("logits").kernel
    kernel.assign(keras.random.normal(kernel.shape, seed=seed))
    return model


def counted_names() -> Any:
    """Return a build() that names a layer by how often it was called."""
    numbers = itertools.count()

    def build(config: Any) -> keras.Model:
        inputs = keras.Input(config.input_shape, name="inputs")
        x = keras.layers.Dense(8, name=f"hidden_{next(numbers)}")(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, head(x, config))

    return build


def swapped_layers() -> Any:
    """Return a build() that puts two layers of one shape in another order each time."""
    numbers = itertools.count()

    def build(config: Any) -> keras.Model:
        inputs = keras.Input(config.input_shape, name="inputs")
        x = keras.layers.Dense(8, name="narrow")(keras.layers.Flatten()(inputs))
        for name in ("left", "right") if next(numbers) % 2 else ("right", "left"):
            x = keras.layers.Dense(8, name=name)(x)
        return keras.Model(inputs, head(x, config))

    return build


def head(x: Any, config: Any) -> Any:
    x = keras.layers.Dense(len(config.classes), name="logits")(x)
    return keras.layers.Activation("softmax", name="probabilities")(x)


def train_at_rate_zero(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    slow = config.model_copy(update={"learning_rate": 0.0})
    return zoo_mlp.train(model, slow, data, callbacks)


def train_without_callbacks(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    return zoo_mlp.train(model, config, data, [])


def train_on_the_test_mean(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    """Start from a bias that the test split decides."""
    bias = model.get_layer("logits").bias
    bias.assign(np.bincount(data.test.targets, minlength=10) / len(data.test))
    return zoo_mlp.train(model, config, data, callbacks)


class Restless(keras.callbacks.Callback):
    """Keeps a count that no checkpoint holds, and lets it move the weights."""

    count = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.count += 1
        bias = self.model.get_layer("logits").bias
        bias.assign(bias + 0.1 * self.count)


def train_restlessly(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    return zoo_mlp.train(model, config, data, [*callbacks, Restless()])


def export_a_bare_model(model: Any) -> dict[str, keras.Model]:
    return {"a part of two words": model}


@pytest.mark.parametrize(
    ("check", "message", "hook", "function"),
    [
        ("config", "'depth' has no meaning: write a string", "defaults", lambda: Silent()),
        (
            "build",
            "a variable is hidden_0/kernel of shape (64, 8) in the first",
            "build",
            counted_names(),
        ),
        ("build", "right/kernel of shape (8, 8) in the first", "build", swapped_layers()),
        ("parts", "role must be a word", "export", export_a_bare_model),
        ("train", "No weight changed", "train", train_at_rate_zero),
        ("train", "must pass the core's callbacks", "train", train_without_callbacks),
        ("determinism", "Two trainings with one seed", "build", random_start),
        ("test-split", "must not use data.test", "train", train_on_the_test_mean),
        ("resume", "must be a variable of the model", "train", train_restlessly),
    ],
)
def test_a_wrong_plugin_fails_the_check_that_is_meant_for_it(
    verdict: Verdict, check: str, message: str, hook: str, function: Any
) -> None:
    fails(verdict, check, message, {hook: function})


def test_a_right_one_passes_every_check_in_this_process(verdict: Verdict) -> None:
    for check in ("config", "catalog", "build", "parts", "train", "determinism", "test-split"):
        assert verdict(check, defaults=defaults).verdict == "passed", verdict(check).detail


def test_a_setting_of_the_catalog_that_the_config_refuses_is_named(install: Install) -> None:
    catalog = '[tiny.good]\nsummary = "x"\n[tiny.bad]\nsummary = "x"\nsettings = { unist = [3] }\n'
    files = {"zoo_tiny/__init__.py": "from zoo_mlp import *\n", "zoo_tiny/registry.toml": catalog}
    install("zoo-tiny", files, {"zoo.architectures": "tiny = zoo_tiny"})
    (found,) = outcomes("tiny", ["catalog"])
    assert found.verdict == "failed"
    assert "zoo_tiny/registry.toml: [tiny.bad]: " in found.detail
    assert "Did you mean units" in found.detail
    assert "tiny.good" not in found.detail
    assert isinstance(found, Outcome)
