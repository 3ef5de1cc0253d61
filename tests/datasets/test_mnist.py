import os

import numpy as np
import pytest

from zoo.data.load import dataset_info, open_dataset


def test_mnist_is_mnist() -> None:
    if "ZOO_DATA" not in os.environ:
        pytest.skip("ZOO_DATA is not set: MNIST itself was not looked at")
    data = open_dataset("mnist")
    known = dataset_info("mnist")
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert (known.input_shape, known.classes) == (data.input_shape, data.classes)
    assert data.train.stored.dtype == np.uint8
    assert data.preprocessing == "uint8 / 255"
    inputs = data.train.inputs
    assert (round(float(inputs.mean()), 4), round(float(inputs.std()), 4)) == (0.1307, 0.3081)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.train.targets).tolist() == counts
