from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pytest

from zoo.data.arrays import Array
from zoo.data.split import Split
from zoo.inference.keras_parts import KerasPart, KerasParts
from zoo.inference.parts import PartFunction, compute_split


class Doubler(PartFunction):
    """A part that doubles, and counts its batches."""

    def __init__(self) -> None:
        super().__init__("doubler", {"x": (None,)}, ["y"])
        self.sizes: list[int] = []

    def compute(self, arrays: Sequence[Array]) -> Sequence[Array]:
        self.sizes.append(len(arrays[0]))
        return [2 * arrays[0]]


def test_examples_are_computed_so_many_at_a_time() -> None:
    part, x = Doubler(), np.arange(10.0).reshape(5, 2)
    (y,) = part(x, batch_size=2)
    np.testing.assert_array_equal(y, 2 * x)
    assert part.sizes == [2, 2, 1]
    np.testing.assert_array_equal(compute_split(part, Split(x), 3), 2 * x)


def test_examples_of_one_shape_are_computed_together() -> None:
    part = Doubler()
    examples = [np.full(size, size, float) for size in (1, 2, 1, 3, 2)]
    outputs = part.each(examples)
    assert [output.tolist() for (output,) in outputs] == [[2], [4, 4], [2], [6, 6, 6], [4, 4]]
    assert sorted(part.sizes) == [1, 2, 2]


@pytest.fixture
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    one, two = keras.Input((None, 3), name="one"), keras.Input((2,), name="two")
    mean = keras.layers.GlobalAveragePooling1D(name="mean")(one)
    return keras.Model([one, two], {"mean": mean, "both": keras.layers.Dense(4)(two)})


def test_one_traced_function_serves_batches_of_every_size(network: keras.Model) -> None:
    part = KerasPart("part", network)
    assert part.inputs == {"one": (None, 3), "two": (2,)}
    for count, length in ((1, 5), (7, 5), (2, 9)):
        one, two = np.random.rand(count, length, 3), np.random.rand(count, 2)
        outputs = dict(zip(part.outputs, part(one, two), strict=True))
        np.testing.assert_allclose(outputs["mean"], one.mean(1), atol=1e-6)
        assert outputs["both"].shape == (count, 4)


def test_elsewhere_a_smaller_batch_is_padded_to_an_earlier_ones_size(network: keras.Model) -> None:
    part = KerasPart("part", network)
    sizes: list[int] = []

    def function(arrays: Sequence[Array]) -> Sequence[Any]:
        sizes.append(len(arrays[0]))
        return [arrays[0].mean(1), arrays[1]]

    part._pads, part._function = True, function
    x = np.random.rand(10, 4, 3)
    np.testing.assert_allclose(part(x, x[:, 0, :2], batch_size=4)[0], x.mean(1), atol=1e-6)
    assert sizes == [4, 4, 4]


def test_parts_are_built_when_one_is_used(network: keras.Model) -> None:
    calls: list[int] = []
    parts = KerasParts(lambda: calls.append(1) or {"net": network})
    assert not calls
    assert list(parts) == ["net"]
    assert len(parts) == 1
    assert parts["net"] is parts["net"]
    assert calls == [1]
