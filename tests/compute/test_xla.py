"""XLA or not: the setting, the plug-in's say, the measuring without a trace, and the fallback."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import zoo_mlp

import zoo
from zoo.compute import xla
from zoo.data.dataset import Dataset
from zoo.runs.progress import Progress

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="nothing to choose on another backend"
)
# batch normalisation, dropout, averaged weights, validation: all that a step leaves a trace in
CNN: dict[str, Any] = {
    **{"filters": [4], "convolutions": 1, "epochs": 2, "batch_size": 16, "dropout": 0.3},
    **{"validation": 0.2, "ema": 0.9, "seed": 5},
}
Train = Callable[[Any, Any, Any, Any], Any]


def numbers(run: zoo.Run) -> list[Any]:
    """Return all that a training ends with: the variables of the checkpoint, the weights, the history."""
    with np.load(run.checkpoint) as file:
        arrays = [file[name] for name in sorted(file.files)]
    rows = [[value for key, value in row.items() if key != "seconds"] for row in run.history]
    return [*arrays, *zoo.load(run).get_weights(), np.array(rows)]


def assert_same(one: zoo.Run, other: zoo.Run) -> None:
    for a, b in zip(numbers(one), numbers(other), strict=True):
        assert np.array_equal(a, b)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Make `auto` measure a training of any length; the argument says whether XLA then wins."""

    def measure(xla_wins: bool) -> None:
        monkeypatch.setattr(xla, "SHORT_SECONDS", 0.0)
        monkeypatch.setattr(xla, "TRACES", 0.0)
        monkeypatch.setattr(xla, "CLEARLY_FASTER", 1e9 if xla_wins else 0.0)

    return measure


@pytest.mark.parametrize("wins", [True, False])
def test_auto_ends_with_the_bits_of_the_setting_that_it_chose(
    tiny: Dataset, measured: Callable[[bool], None], wins: bool
) -> None:
    measured(wins)
    auto = zoo.train("cnn", data=tiny, out="auto", **CNN)
    same = zoo.train("cnn", data=tiny, out="same", compile="xla" if wins else "none", **CNN)
    assert auto.record["compute"]["xla"] is same.record["compute"]["xla"] is wins
    assert "ms a step with XLA" in auto.record["compute"]["xla_reason"]
    assert_same(auto, same)


@pytest.mark.parametrize("wins", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_gan_ends_with_the_bits_of_the_setting_that_auto_chose(
    tiny: Dataset, measured: Callable[[bool], None], wins: bool
) -> None:
    measured(wins)
    settings = {"epochs": 1, "batch_size": 24, "generator_filters": [4, 4], "latent_dim": 3}
    settings |= {"discriminator_filters": [4, 4], "spectral_norm": True}
    auto = zoo.train("dcgan", data=tiny, out="auto", **settings)
    same = zoo.train("dcgan", data=tiny, out="same", compile="xla" if wins else "none", **settings)
    assert auto.record["compute"]["xla"] is wins
    assert_same(auto, same)


def test_a_short_training_is_not_measured(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise AssertionError("XLA is compiled")

    monkeypatch.setattr(xla.step_trial, "compare_seconds", fail)
    auto = zoo.train("cnn", data=tiny, out="auto", **CNN)
    assert auto.record["compute"]["xla_reason"] == "auto: the training is short"
    assert_same(auto, zoo.train("cnn", data=tiny, out="none", compile="none", **CNN))


class Interrupted(Progress):
    """Press Ctrl-C in the second epoch."""

    def __init__(self) -> None:
        self.epochs = 0

    def epoch(self, number: int, logs: Any) -> None:
        self.epochs = number

    def step(self, logs: Any) -> None:
        if self.epochs:
            raise KeyboardInterrupt


def test_a_resumed_training_does_not_choose_again(
    tiny: Dataset, measured: Callable[[bool], None]
) -> None:
    measured(True)
    whole = zoo.train("cnn", data=tiny, out="whole", **CNN)
    with pytest.raises(KeyboardInterrupt):
        zoo.train("cnn", data=tiny, out="cut", progress=Interrupted(), **CNN)
    chosen = zoo.Run.open("cut").record["compute"]
    measured(False)
    resumed = zoo.train("cnn", data=tiny, out="cut", resume=True)
    assert resumed.record["compute"] == chosen
    assert_same(whole, resumed)


def train_with(**options: Any) -> Train:
    """Return a `train` hook that passes options to `model.compile`."""

    def train(model: Any, config: Any, data: Any, callbacks: Any) -> Any:
        model.compile("adam", "sparse_categorical_crossentropy", **options)
        return model.fit(**data.fit_arguments(config), callbacks=callbacks)

    return train


@pytest.mark.parametrize("choice", [True, False])
def test_a_plugin_that_passes_jit_compile_keeps_its_say(
    tiny: Dataset,
    register: Callable[..., Any],
    measured: Callable[[bool], None],
    choice: bool,
) -> None:
    measured(not choice)
    compile_of_keras = keras.Model.compile
    register(train=train_with(jit_compile=choice))
    run = zoo.train("stranger", data=tiny, out="auto", units=[4], epochs=1)
    compute = run.record["compute"]
    assert (compute["xla"], compute["xla_reason"]) == (
        choice,
        "the architecture sets jit_compile",
    )
    asked = zoo.train(
        "stranger", data=tiny, units=[4], epochs=1, compile="none" if choice else "xla"
    )
    assert asked.record["compute"]["xla"] is not choice
    assert keras.Model.compile is compile_of_keras


def test_a_plugin_that_runs_eagerly_stays_eager(
    tiny: Dataset, register: Callable[..., Any]
) -> None:
    register(train=train_with(run_eagerly=True))
    run = zoo.train("stranger", data=tiny, units=[4], epochs=1, compile="xla")
    assert run.record["compute"]["xla_reason"] == "the architecture sets run_eagerly"


def test_a_layer_that_does_not_support_xla_is_trained_without(
    tiny: Dataset, register: Callable[..., Any]
) -> None:
    def build(config: Any) -> Any:
        model = zoo_mlp.build(config)
        model.layers[-1].supports_jit = False
        return model

    register(build=build, train=train_with())
    with pytest.warns(UserWarning, match="XLA cannot compile the training step: .*support"):
        run = zoo.train("stranger", data=tiny, units=[4], epochs=1, compile="xla")
    assert run.record["compute"]["xla"] is False


def test_a_model_that_fails_under_xla_is_trained_without(
    tiny: Dataset, register: Callable[..., Any]
) -> None:
    """XLA cannot compile a step that calls Python."""
    import tensorflow as tf

    class CallsPython(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            same = tf.numpy_function(lambda values: values, [tf.stop_gradient(x)], tf.float32)
            return x + 0 * tf.ensure_shape(same, x.shape)

        def compute_output_shape(self, shape: Any) -> Any:
            return shape

    def build(config: Any) -> Any:
        model = zoo_mlp.build(config)
        return keras.Model(model.input, CallsPython()(model.output))

    hooks = {"build": build, "train": train_with(), "export": lambda model, config: {"it": model}}
    register(**hooks, evaluate=None, preview=None)
    with pytest.warns(UserWarning, match="XLA cannot compile .* goes on without XLA"):
        failed = zoo.train("stranger", data=tiny, out="one", units=[4], epochs=1, compile="xla")
    none = zoo.train("stranger", data=tiny, out="two", units=[4], epochs=1, compile="none")
    assert failed.state == "finished"
    assert failed.record["compute"]["xla"] is False
    assert_same(failed, none)


def test_a_train_function_that_a_plugin_makes_anew_is_compiled_too(
    tiny: Dataset, register: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(model: Any, config: Any, data: Any, callbacks: Any) -> Any:
        anew = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: model.make_train_function(force=True)
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model.fit(**data.fit_arguments(config), callbacks=[anew, *callbacks])

    functions = []
    make = xla.make_train_function

    def count(model: Any, use_xla: bool) -> Any:
        functions.append(use_xla)
        return make(model, use_xla)

    monkeypatch.setattr(xla, "make_train_function", count)
    register(train=train)
    zoo.train("stranger", data=tiny, units=[4], epochs=3, compile="xla")
    assert functions == [False, True, True, True]  # one to fall back on, then one an epoch


def test_only_the_training_step_is_compiled(tiny: Dataset) -> None:
    from zoo.runs.training import train_model

    trained = train_model("mlp", {"units": [4], "epochs": 1, "compile": "xla"}, data=tiny)
    assert trained.run.record["compute"]["xla"] is True
    assert trained.model.jit_compile is False


def test_on_jax_every_step_is_compiled() -> None:
    noted: list[xla.Choice] = []
    assert xla.xla_callbacks("none", {"backend": "jax"}, noted.append) == []
    assert noted == [xla.Choice(True, "Keras compiles every step on JAX")]
