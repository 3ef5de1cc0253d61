"""Keras and TensorFlow are imported without their messages about the machine."""

import os
import subprocess
import sys

import pytest

CODE = """
import sys
from zoo.cli.options import import_backend

import_backend()
import keras

assert "tensorflow" not in sys.modules
keras.layers.Dense(3).get_config()  # Keras looks for a shape of TensorFlow
assert "tensorflow" in sys.modules
"""


@pytest.mark.slow
def test_a_late_import_of_tensorflow_is_silent() -> None:
    pytest.importorskip("jax")
    command = [sys.executable, "-c", CODE]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
