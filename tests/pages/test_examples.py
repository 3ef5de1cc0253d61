"""Which examples a page holds."""

import numpy as np

from zoo.pages.views.examples import balanced_positions, most_examples


def test_each_class_takes_its_turn() -> None:
    targets = np.array([2, 2, 2, 0, 0, 1])
    assert targets[balanced_positions(targets, 6)].tolist() == [0, 1, 2, 0, 2, 2]
    assert targets[balanced_positions(targets, 3)].tolist() == [0, 1, 2]


def test_large_examples_are_few_and_small_ones_not_endless() -> None:
    assert most_examples((28, 28, 1)) == 40
    assert most_examples((64, 64, 64, 1)) == 6
    assert most_examples((8, 8, 1), 24) == 24
