"""The seed is set in every library that a training takes random numbers from, and in no other."""

import os
import random
import subprocess
import sys

import keras
import numpy as np
import pytest

from zoo.compute.seeds import set_random_seed


def test_the_seed_decides_all_random_numbers() -> None:
    drawn = []
    for _ in range(2):
        set_random_seed(7)
        drawn.append((random.random(), np.random.rand(), float(keras.random.uniform(()))))
    assert drawn[0] == drawn[1]


@pytest.mark.slow
def test_on_jax_tensorflow_is_not_imported_and_keras_still_finds_it() -> None:
    code = (
        "import keras, sys; from zoo.compute.seeds import set_random_seed; set_random_seed(7); "
        "a = float(keras.random.uniform(())); assert 'tensorflow' not in sys.modules; "
        "keras.utils.set_random_seed(7); assert a == float(keras.random.uniform(())); "
        "assert 'tensorflow' in sys.modules"
    )
    env = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
