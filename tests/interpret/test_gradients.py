"""Gradients with respect to inputs: right, compiled once, and the same on the other backend."""

import os
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from zoo.errors import ZooError
from zoo.interpret import gradients

X = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def network() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh")])


def test_the_gradient_is_what_small_steps_say() -> None:
    model = network()
    slope = gradients.compile_gradient(
        lambda x, at: ops.sum(model(x) * ops.one_hot(at, 3), -1), model.variables
    )
    at = np.arange(5) % 3
    scores, found = map(np.asarray, slope(X, at))
    for place in range(4):
        step = np.eye(4, dtype=np.float32)[place] * 1e-2
        up, down = (np.asarray(slope(X + sign * step, at)[0]) for sign in (1, -1))
        np.testing.assert_allclose(found[:, place], (up - down) / 2e-2, atol=1e-3)
    np.testing.assert_allclose(scores, np.asarray(model(X))[np.arange(5), at], rtol=1e-5)


def test_it_is_compiled_once_and_follows_the_weights() -> None:
    model, traced = network(), []

    def score(x: Any) -> Any:
        traced.append(x.shape)
        return ops.sum(model(x), -1)

    slope = gradients.compile_gradient(score, model.variables)
    before = np.asarray(slope(X)[0])
    model.set_weights([2 * weight for weight in model.get_weights()])
    after = np.asarray(slope(X)[0])
    np.testing.assert_allclose(after, np.asarray(model(X)).sum(-1), rtol=1e-5, atol=1e-6)
    assert np.abs(after - before).max() > 0.01
    assert len(traced) == 1


@pytest.mark.parametrize(
    ("score", "problem"),
    [
        (lambda x: ops.cast(ops.argmax(x, -1), "float32"), "has no gradient"),
        (lambda x: ops.argmax(x, -1), "has no gradient.*int"),
        (lambda x: x, r"one number for each example\. Received: shape \(5, 4\)"),
        (lambda x: ops.sum(x), r"one number for each example"),
    ],
)
def test_what_has_no_gradient_is_refused(score: Any, problem: str) -> None:
    with pytest.raises(ZooError, match=problem):
        gradients.compile_gradient(score)(X)


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ZooError, match=r"need tensorflow or jax.*KERAS_BACKEND=torch"):
        gradients.compile_gradient(lambda x: x)


ON_JAX = """
import keras, numpy as np
from zoo.interpret.activation_maximization import AscentConfig, maximize
from zoo.interpret.attribution import METHODS, Explainer
from zoo.interpret.classifier import open_classifier

assert keras.backend.backend() == "jax"
explainer = Explainer(open_classifier("small.keras"), draws=4, steps=4)
x = np.random.default_rng(0).random((8, 8, 1), np.float32)
found = {name: explainer.explain(x, 1, name) for name in METHODS}
logits = explainer.classifier.logits
network = keras.Model(logits.inputs[0], logits.outputs[0])
bounds = np.zeros(1, np.float32), np.ones(1, np.float32)
config = AscentConfig(steps=4, jitter=1)
made = maximize(network, [0, 1], np.ones(2, np.float32), bounds, (8, 8, 1), config)
np.savez("jax.npz", made=made, **found)
"""


def test_jax_finds_what_tensorflow_finds() -> None:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.save("small.keras")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", ON_JAX], check=True, env=environment, capture_output=True)
    theirs = dict(np.load("jax.npz"))
    here: dict[str, Any] = {}
    exec(ON_JAX.replace('== "jax"', '== "tensorflow"').replace("jax.npz", "here.npz"), here)
    ours = dict(np.load("here.npz"))
    assert set(ours) == set(theirs) > {"gradient", "gradcam", "made"}
    for name, value in ours.items():
        np.testing.assert_allclose(theirs[name], value, atol=1e-4, err_msg=name)
