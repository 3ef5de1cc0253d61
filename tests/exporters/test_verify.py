"""Large files: the weights are in memory once while they are compared, and an error still names the layer."""

import weakref
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

import zoo
from zoo.exporters import api
from zoo.exporters.checker import Checker
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.proof import file_verdicts


@pytest.fixture(autouse=True)
def all_files_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_verdicts, "LARGE", 0)


def dense(name: str = "scores") -> keras.Model:
    inputs = keras.Input((4,), name="inputs")
    return keras.Model(inputs, layers.Dense(3, name=name)(inputs))


def watch_models(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that says, for each file compared, whether the model was in memory then."""
    models: list[weakref.ref[Any]] = []
    alive: list[bool] = []
    open_source, submit = api.open_source, Checker.submit

    def open_and_watch(source: Any, **options: Any) -> Any:
        opened = open_source(source, **options)
        models.append(weakref.ref(opened.model))
        return opened

    def submit_and_look(self: Checker, folder: Path, file: Any) -> Future[dict[str, Any]]:
        alive.append(any(model() is not None for model in models))
        return submit(self, folder, file)

    monkeypatch.setattr(api, "open_source", open_and_watch)
    monkeypatch.setattr(Checker, "submit", submit_and_look)
    return alive


def test_a_model_from_a_file_is_not_in_memory_while_its_files_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dense().save("one.keras")
    alive = watch_models(monkeypatch)
    assert zoo.export("one.keras", out="shipped").ok
    assert alive == [False] * 4


def test_a_model_of_the_user_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    model = dense()
    alive = watch_models(monkeypatch)
    assert zoo.export(model, out="shipped").ok
    assert alive == [True] * 4
    assert model(keras.ops.zeros((2, 4))).shape == (2, 3)


def test_a_file_that_differs_has_its_layer_named_by_the_model_opened_again() -> None:
    inputs = keras.Input((None, 4), name="inputs")
    model = keras.Model(inputs, layers.TimeDistributed(layers.Dense(3), name="steps")(inputs))
    model.save("steps.keras")
    with pytest.raises(zoo.errors.ExportError, match="layer 'steps' \\(TimeDistributed\\)"):
        zoo.export("steps.keras", ["keras", "onnx"], out="shipped")
    assert [file.format for file in zoo.verify("shipped").files] == ["keras"]


def test_a_clone_shares_the_weights_of_keras_own_layers_and_copies_those_of_others() -> None:
    @keras.saving.register_keras_serializable("here")
    class Shifted(layers.Layer):
        def build(self, shape: Any) -> None:
            self.shift = self.add_weight(shape=(), initializer="ones")
            self.start = float(self.shift)  # needs a value while it is built

        def call(self, x: Any) -> Any:
            return x + self.shift

    own = dense()
    part = prepare_part("model", own)
    pairs = zip(part.model.weights, own.weights, strict=True)
    assert all(weight.value is original.value for weight, original in pairs)
    inputs = keras.Input((4,), name="inputs")
    foreign = keras.Model(inputs, layers.Dense(3)(Shifted()(inputs)))
    part = prepare_part("model", foreign)
    for weight, original in zip(part.model.weights, foreign.weights, strict=True):
        assert weight.value is not original.value
        assert keras.ops.all(weight == original)
