from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.split import Split, train_and_test, train_test_split


def test_a_fifth_is_held_out_of_each_class_the_same_one_every_time() -> None:
    labels = np.repeat([0, 1, 2, 5], [20, 10, 5, 1])
    positions = np.arange(36)[:, None]
    train, test = train_test_split(Split(positions, labels))
    assert np.bincount(test.targets, minlength=6).tolist() == [4, 2, 1, 0, 0, 0]
    assert np.bincount(train.targets, minlength=6).tolist() == [16, 8, 4, 0, 0, 1]
    assert sorted([*train.stored[:, 0], *test.stored[:, 0]]) == list(range(36))
    assert (labels[test.stored[:, 0]] == test.targets).all()
    again = train_test_split(Split(positions, labels))
    assert (again[1].stored == test.stored).all()


def test_a_fifth_is_held_out_of_whole_numbers_that_are_no_classes() -> None:
    prices = np.arange(200) // 2 * 1000
    train, test = train_test_split(Split(np.arange(200)[:, None], prices))
    assert (len(train), len(test)) == (160, 40)
    assert test.targets is not None
    assert len(np.unique(test.targets)) > 30


@pytest.mark.parametrize("targets", [None, np.linspace(0, 1, 10)])
def test_a_fifth_is_held_out_of_data_without_labels(targets: Any) -> None:
    train, test = train_test_split(Split(np.arange(10)[:, None], targets))
    assert (len(train), len(test)) == (8, 2)


def test_one_example_is_held_out_of_the_smallest_data() -> None:
    assert [len(split) for split in train_test_split(Split([[1.0], [2.0]], [4, 4]))] == [1, 1]
    with pytest.raises(zoo.DataError, match=r"At least 2 examples are needed.*Received: 1"):
        train_test_split(Split([[1.0]], [0]))
    with pytest.raises(zoo.DataError, match="At least 2 examples of one class"):
        train_test_split(Split([[1.0], [2.0]], [0, 1]))


def test_two_splits_stay_as_they_are() -> None:
    train, test = Split([[1.0]]), Split([[2.0]])
    assert train_and_test([train, test]) == (train, test)
    assert train_and_test([train, test], hold_out=False) == (train, test)


def test_a_single_split_is_divided_or_is_both() -> None:
    whole = Split(np.arange(10)[:, None])
    train, test = train_and_test([whole])
    assert (len(train), len(test)) == (8, 2)
    train, test = train_and_test([whole], hold_out=False)
    assert train is test is whole


def test_batches_are_float_and_in_order() -> None:
    split = Split(np.arange(5, dtype=np.uint8)[:, None] * 51)
    batches = list(split.batches(2))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert repr(split) == "Split(5 of shape (1,), uint8, no targets)"
    np.testing.assert_allclose(np.concatenate(batches)[:, 0], np.arange(5) / 5, rtol=1e-6)
    assert split.decoding_error is None
