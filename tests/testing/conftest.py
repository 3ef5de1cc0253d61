"""A small plug-in that keeps the contract; each test spoils one hook of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import pytest
import zoo_mlp

from zoo.registry.architecture import Architecture
from zoo.testing import CHECKS, Outcome, Runner, Subject

Verdict = Callable[..., Outcome]


def defaults() -> zoo_mlp.Config:
    return zoo_mlp.Config(units=(8,), learning_rate=0.01)


@pytest.fixture
def verdict(tmp_path: Path, register: Callable[..., Architecture]) -> Verdict:
    """Make one check on the perceptron with other hooks, and give its outcome."""
    runners: dict[str, Runner] = {}

    def outcome(check: str, **hooks: Any) -> Outcome:
        if not runners:
            register(**{"defaults": defaults, **hooks})
            runners["stranger"] = Runner(Subject("stranger", tmp_path), CHECKS)
        found = runners["stranger"].outcome(check)
        print(
            *runners["stranger"].outcomes.values(), sep="\n"
        )  # pytest shows it where a test fails
        return found

    return outcome


def fails(verdict: Verdict, check: str, message: str, hooks: Mapping[str, Any]) -> None:
    """Assert that a plug-in passes what a check needs, and fails the check with a message."""
    found = verdict(check, **hooks)
    assert (found.verdict, found.check) == ("failed", check), found.detail
    assert message in found.detail


class Pair(keras.Model):
    """Two networks beside each other, of which the loss knows the first."""

    def __init__(self, config: Any) -> None:
        super().__init__(name="pair")
        self.first, self.second = (dense(config, name) for name in ("first", "second"))
        self.built = True

    def call(self, x: Any, training: bool = False) -> Any:
        return self.first(x)


def dense(config: Any, name: str) -> keras.Model:
    inputs = keras.Input(config.input_shape, name="inputs")
    flat = keras.layers.Flatten()(inputs)
    outputs = keras.layers.Dense(len(config.classes), "softmax", name="probabilities")(flat)
    return keras.Model(inputs, outputs, name=name)


def build_pair(config: Any) -> Pair:
    return Pair(config)


def train_pair(model: Pair, config: Any, data: Any, callbacks: list[Any]) -> Any:
    model.compile("adam", "sparse_categorical_crossentropy")
    return model.fit(**data.fit_arguments(config), callbacks=callbacks)


def export_pair(model: Pair) -> dict[str, keras.Model]:
    return {"generator": model.first, "discriminator": model.second}


PAIR = {
    "build": build_pair,
    "train": train_pair,
    "export": export_pair,
    "evaluate": None,
    "preview": None,
    "apply": None,
}
