"""Which examples a page holds."""

import numpy as np

from zoo.data.split import Split
from zoo.pages.views.examples import balanced_positions, most_examples


def test_each_class_takes_its_turn() -> None:
    targets = np.array([2, 2, 2, 0, 0, 1])
    assert targets[balanced_positions(targets, 6)].tolist() == [0, 1, 2, 0, 2, 2]
    assert targets[balanced_positions(targets, 3)].tolist() == [0, 1, 2]


def test_large_examples_are_few_and_small_ones_not_endless() -> None:
    def most(dtype: type, *shape: int, **limit: int) -> int:
        return most_examples(Split(np.zeros((50, *shape), dtype)), **limit)

    assert most(np.uint8, 28, 28, 1) == 40
    assert most(np.uint8, 64, 64, 64, 1) == 6
    assert most(np.uint8, 8, 8, 1, most=24) == 24
    assert most(np.float32, 100, 6) == 13  # four bytes a number
