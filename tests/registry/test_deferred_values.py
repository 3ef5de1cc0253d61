"""On JAX, a model that weights are loaded into next is built without initial values."""

import os
import subprocess
import sys

import keras
import pytest

from zoo.registry.deferred_values import build_without_values
from zoo.runs.recipe import resolve_without_loading

SCRIPT = """
import keras, numpy, sys
from zoo.registry.deferred_values import build_without_values, fill_values
from zoo.runs.recipe import resolve_without_loading
for name in ("cnn.digits", "vae.digits", "dcgan.digits"):
    recipe = resolve_without_loading(name, {})
    usual = recipe.build_model()
    usual.save_weights("some.weights.h5")
    found = build_without_values(recipe.architecture, recipe.config)
    if found is None:
        assert name == "dcgan.digits", name
        continue
    model, variables = found
    assert all(variable._value is None for variable in model.weights)
    model.load_weights("some.weights.h5")
    fill_values(variables)
    for one, other in zip(usual.get_weights(), model.get_weights(), strict=True):
        assert numpy.array_equal(one, other), name
    assert all(variable._value is not None for variable in model.variables)
with keras.StatelessScope():  # at its end, Keras gives values to variables that still have none
    pass
print("done")
"""


@pytest.mark.slow
def test_weights_that_are_loaded_are_the_models() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "done", done.stderr


def test_other_backends_build_as_ever() -> None:
    if keras.config.backend() != "jax":
        recipe = resolve_without_loading("mlp.digits", {})
        assert build_without_values(recipe.architecture, recipe.config) is None
