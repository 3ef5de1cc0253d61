"""How a batch is divided: two devices of one process stand for two processes."""

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from zoo.compute.distribution import divide_rows, host_value

TWO_DEVICES = """
import json
import jax, keras, numpy as np
from zoo.compute import distribution
from zoo.tasks.gan import GAN, GANConfig

class Images(GAN):
    def generator_inputs(self, x):
        return keras.random.normal((keras.ops.shape(x)[0], 4), seed=1)

def shards(array):
    return [list(shard.data.shape) for shard in array.addressable_shards]

def step(variables, x):
    return gan.stateless_call(*variables, x)[0]

distribution._distribute_keras()
z, image = keras.Input((4,)), keras.Input((5,))
generator = keras.Model(z, keras.layers.Dense(5, use_bias=False)(z))
gan = Images(generator, keras.Model(image, keras.layers.Dense(1)(image)), GANConfig(ema=0))
values = [[v.value for v in each] for each in (gan.trainable_variables, gan.non_trainable_variables)]
same = np.zeros((6, 5), np.float32)
report = {
    "weights": shards(generator.weights[0].value),
    "batch": shards(distribution.global_rows(same, 6)),
    "generated": shards(jax.jit(step)(values, same)),
    "odd": shards(jax.jit(step)(values, same[:3])),
    "outside": distribution.divide_rows(same) is same,
    "constant": type(distribution.host_value(generator.weights[0].value)).__name__,
}
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def report() -> Any:
    """What a small GAN does on two devices. Its generator's inputs are random numbers alone."""
    flags = "--xla_force_host_platform_device_count=2"
    variables = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    words = [sys.executable, "-c", TWO_DEVICES]
    done = subprocess.run(
        words, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_device_generates_its_share_of_a_batch(report: Any) -> None:
    assert report["generated"] == report["batch"] == [[3, 5], [3, 5]]
    assert report["weights"] == [[4, 5], [4, 5]]  # the whole of them, on both


def test_rows_that_cannot_be_divided_are_on_every_device(report: Any) -> None:
    assert report["odd"] == [[3, 5], [3, 5]]


def test_what_is_in_memory_is_not_divided(report: Any) -> None:
    assert report["outside"]
    assert report["constant"] == "ndarray"


def test_a_process_that_is_alone_divides_nothing() -> None:
    rows = np.zeros((4, 2))
    assert divide_rows(rows) is rows
    assert host_value(rows) is rows
