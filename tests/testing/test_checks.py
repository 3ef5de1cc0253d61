"""The contract's checks must fail where a plug-in breaks the contract."""

import types
from collections.abc import Iterator
from typing import Any

import keras
import pytest
from pydantic import PositiveInt

import zoo
from zoo.registry.architectures import registry
from zoo.tasks import classification
from zoo.testing import CHECKS, outcomes


class Config(classification.Config):
    """Settings of a tiny classifier."""

    input_shape: tuple[PositiveInt, ...] | None = None
    """Shape of one input."""
    epochs: PositiveInt = 1


def build(config: Config) -> keras.Model:
    inputs = x = keras.Input(config.input_shape, name="inputs")
    x = keras.layers.Dense(len(config.classes or ()), name="logits")(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Softmax(name="probabilities")(x))


def untrained(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Train at a rate of zero."""
    return classification.train(
        model, config.model_copy(update={"learning_rate": 0.0}), data, callbacks
    )


def random_start(config: Config) -> keras.Model:
    """Draw weights from outside Keras' seed."""
    import os

    model = build(config)
    seed = int.from_bytes(os.urandom(4), "little")
    kernel = model.get_layer("logits").kernel
    kernel.assign(keras.random.normal(kernel.shape, seed=seed))
    return model


def forgotten(model: keras.Model, config: Config, data: zoo.Dataset) -> Any:
    """Leave out the callbacks."""
    return classification.train(model, config, data, [])


class Silent(Config):
    """One setting without a meaning."""

    depth: PositiveInt = 1


@pytest.fixture
def plugin() -> Iterator[types.ModuleType]:
    module = types.ModuleType("zoo_made")
    hooks: dict[str, Any] = {
        "defaults": lambda: Config(),
        "build": build,
        "train": classification.train,
        "export": classification.export,
    }
    for name, hook in hooks.items():
        setattr(module, name, zoo.hookimpl(hook))
    yield module
    registry().unregister("made")


def verdicts(plugin: types.ModuleType, *checks: str) -> dict[str, str]:
    registry().register(plugin, "made")
    return {outcome.check: outcome.verdict for outcome in outcomes("made", checks)}


def test_a_right_one_passes(plugin: types.ModuleType) -> None:
    assert set(verdicts(plugin, "config", "build", "train", "round-trip", "use").values()) == {
        "passed"
    }


@pytest.mark.parametrize(
    ("hook", "wrong", "check"),
    [
        ("defaults", lambda: Silent(), "config"),
        ("train", untrained, "train"),
        ("train", forgotten, "train"),
        ("build", random_start, "determinism"),
    ],
)
def test_a_wrong_one_fails_the_check_that_is_meant_for_it(
    plugin: types.ModuleType, hook: str, wrong: Any, check: str
) -> None:
    setattr(plugin, hook, zoo.hookimpl(wrong))
    assert verdicts(plugin, check) == {check: "failed"}


def test_jax_is_skipped_with_a_reason_where_it_cannot_be_tried(plugin: types.ModuleType) -> None:
    assert verdicts(plugin, "jax") == {"jax": "skipped"}


def test_every_check_says_in_a_sentence_what_it_asks() -> None:
    assert all((check.__doc__ or "").strip().endswith(".") for check in CHECKS.values())
