"""Orders of examples that are functions of the seed and the epoch."""

import numpy as np

from zoo.data.on_demand.order import block_permutation, epoch_orders, permutation


def test_each_example_is_in_an_epoch_once() -> None:
    blocks = np.repeat(np.arange(9), [1, 5, 3, 9, 2, 2, 7, 1, 4])
    order = block_permutation(blocks, 2, seed=3, epoch=1)
    assert sorted(order) == list(range(len(blocks)))


def test_a_block_is_in_use_within_one_window() -> None:
    blocks = np.repeat(np.arange(20), 5)
    used = blocks[block_permutation(blocks, 4, seed=0, epoch=0)]
    for start in range(0, 100, 20):
        assert len(set(used[start : start + 20])) == 4
    assert len(set(used[:5])) > 1  # within a window, blocks are mixed


def test_the_order_is_another_one_in_each_epoch_and_the_same_again() -> None:
    blocks = np.repeat(np.arange(6), 4)
    orders = [
        block_permutation(blocks, 2, seed, epoch).tolist() for seed in (0, 1) for epoch in (0, 1)
    ]
    assert len({tuple(order) for order in orders}) == 4
    assert orders[1] == block_permutation(blocks, 2, 0, 1).tolist()


def test_an_array_is_shuffled_as_a_whole() -> None:
    order = epoch_orders(np.zeros((7, 2)), np.arange(5), seed=4)
    np.testing.assert_array_equal(order(2), permutation(5, 4, 2))
