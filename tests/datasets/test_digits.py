import numpy as np
from sklearn.datasets import load_digits

from zoo.data.load import open_dataset
from zoo.datasets import digits


def test_the_digits_are_scikit_learns_own_in_float() -> None:
    data = open_dataset("digits")
    theirs, labels = load_digits(return_X_y=True)
    ours = np.concatenate([data.train.stored, data.test.stored]).reshape(-1, 64)
    numbers = np.concatenate([data.train.targets, data.test.targets])
    rows = {(*row, label) for row, label in zip(ours * 16, numbers, strict=True)}
    assert rows == {(*row, label) for row, label in zip(theirs, labels, strict=True)}
    assert (ours.dtype, ours.min(), ours.max()) == (np.float32, 0, 1)
    assert data.preprocessing == "0 ... 16, divided by 16"


def test_the_held_out_digits_are_360_with_each_class_alike() -> None:
    data = open_dataset("digits")
    assert (len(data.train), len(data.test)) == (1437, digits.HELD_OUT)
    assert set(np.bincount(data.test.targets)) <= {35, 36, 37}
    train = {row.tobytes() for row in data.train.stored}
    assert not train & {row.tobytes() for row in data.test.stored}


def test_the_digits_are_the_same_every_time() -> None:
    assert digits.load().fingerprint == digits.load().fingerprint
