"""Fashion-MNIST, CIFAR-10 and AdrenalMNIST3D: the first and last as they are, CIFAR-10 in its layout."""

import os
from pathlib import Path

import numpy as np
import pytest

from zoo.data.load import dataset_info, open_dataset
from zoo.errors import DataError


def test_fashion_mnist_is_fashion_mnist() -> None:
    if "ZOO_DATA" not in os.environ:
        pytest.skip("ZOO_DATA is not set: Fashion-MNIST itself was not looked at")
    data, known = open_dataset("fashion-mnist"), dataset_info("fashion-mnist")
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert (known.input_shape, known.classes) == (data.input_shape, data.classes)
    inputs = data.train.inputs
    assert (round(float(inputs.mean()), 4), round(float(inputs.std()), 4)) == (0.2860, 0.3530)
    assert np.bincount(data.train.targets).tolist() == [6000] * 10


def test_cifar10_is_read_from_a_file_in_keras_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), np.uint8)
    labels = np.arange(20, dtype=np.uint8)[:, None] % 10
    np.savez("cifar10.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    monkeypatch.setenv("ZOO_DATA", str(Path.cwd()))
    data, known = open_dataset("cifar10"), dataset_info("cifar10")
    assert (known.input_shape, known.classes) == (data.input_shape, data.classes)
    np.testing.assert_array_equal(data.train.targets, labels[:, 0])


def volumes(count: int) -> np.ndarray:
    made = np.zeros((count, 64, 64, 64), np.uint8)
    made[:, :2, :2, :2] = 255
    made[:, 2:4, :2, :1] = 255
    return made


def test_volumes_are_halved_by_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {f"{part}_images": volumes(2) for part in ("train", "val", "test")}
    arrays |= {
        f"{part}_labels": np.array([[0], [1]], np.uint8) for part in ("train", "val", "test")
    }
    np.savez("adrenalmnist3d_64.npz", **arrays)
    monkeypatch.setenv("ZOO_DATA", str(Path.cwd()))
    data, known = open_dataset("adrenalmnist3d"), dataset_info("adrenalmnist3d")
    assert (known.input_shape, known.classes) == (data.input_shape, data.classes)
    assert (len(data.train), len(data.test)) == (4, 2)
    assert data.train.stored[0, :3, 0, 0, 0].tolist() == [255, 128, 0]


def test_volumes_that_are_not_here_say_where_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DATA", "nowhere")
    with pytest.raises(DataError, match=r"medmnist\.com"):
        open_dataset("adrenalmnist3d")
