"""Parts in float64: the same numbers with a smaller rounding error, or the reason why there are none."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from zoo.errors import ExportError
from zoo.exporters.parts.part import Part, prepare_part
from zoo.exporters.parts.probes import Probe, make_probes
from zoo.exporters.proof.float64 import add_exact_outputs
from zoo.layers import PadToMultiple


def part_of(shape: tuple[int | None, ...], body: Any, dtype: str = "float32") -> Part:
    keras.utils.set_random_seed(1)
    inputs = keras.Input(shape, name="inputs", dtype=dtype)
    return prepare_part("model", keras.Model(inputs, body(inputs)))


def exact_probes(part: Part) -> list[Probe]:
    return add_exact_outputs(part, make_probes(part))


def nested(x: Any) -> Any:
    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(4, "gelu"), layers.LayerNormalization()]
    )
    return layers.Dense(3)(inner(x))


def standardised(x: Any) -> Any:
    return layers.Dense(3)(layers.Normalization(mean=[1.0] * 4, variance=[4.0] * 4)(x))


def padded(x: Any) -> Any:
    return layers.Conv2D(3, 3)(layers.BatchNormalization()(PadToMultiple(4)(x)))


BODIES: dict[str, tuple[tuple[int | None, ...], Any]] = {
    "dense": ((4,), lambda x: layers.Dense(3, "softmax")(layers.Dense(8, "relu")(x))),
    "normalisation": ((4,), standardised),
    "nested": ((4,), nested),
    "images": ((None, None, 2), padded),
    "unrolled": ((5, 2), lambda x: layers.Dense(2)(layers.LSTM(3, unroll=True)(x))),
    "operations": ((4,), lambda x: ops.exp(layers.Dense(3)(x) * 0.1) + 1.0),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_same_numbers_up_to_the_rounding_of_float32(name: str) -> None:
    part = part_of(*BODIES[name])
    for probe in exact_probes(part):
        for output, exact in probe.exact.items():
            assert exact.dtype == np.float64
            np.testing.assert_allclose(probe.outputs[output], exact, rtol=1e-4, atol=1e-5)
            assert (exact != exact.astype(np.float32)).any()
    assert keras.config.floatx() == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_why_a_part_has_no_numbers_in_float64() -> None:
    whole = part_of((4,), lambda x: ops.top_k(layers.Dense(3)(x), 1)[1])
    with pytest.raises(ExportError, match="no real numbers"):
        exact_probes(whole)
    half = part_of((4,), lambda x: layers.Dense(3, dtype="float16", name="half")(x))
    with pytest.raises(ExportError, match="'half' computes in float16"):
        exact_probes(half)


def test_pooled_volumes_are_known_too() -> None:
    """TensorFlow has no pooling of volumes in float64."""

    def pooled(x: Any) -> Any:
        x = layers.MaxPooling3D(2)(layers.Conv3D(3, 2, padding="same")(x))
        return layers.Dense(2)(layers.Flatten()(layers.AveragePooling3D(2, padding="same")(x)))

    for probe in exact_probes(part_of((6, 4, 5, 1), pooled)):
        ((name, exact),) = probe.exact.items()
        assert exact.dtype == np.float64
        np.testing.assert_allclose(exact, probe.outputs[name], rtol=1e-4, atol=1e-5)
