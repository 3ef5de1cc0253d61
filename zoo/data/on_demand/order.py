"""The order of the examples in an epoch: a function of the seed and the epoch alone.

Examples that can be read one by one get a random permutation of all. Where blocks are read as a whole, the
order of the blocks is random, and so is the order of the examples within each window of blocks: reading then
goes through each block once in an epoch. The order is the same for any number of processes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from zoo.data.arrays import Array
from zoo.data.on_demand.examples import OnDemand

__all__ = ["block_permutation", "epoch_orders", "permutation"]


def epoch_orders(stored: Array | OnDemand, positions: Array, seed: int) -> Callable[[int], Array]:
    """Return the function from an epoch to the order of its examples.

    Args:
        stored: all examples.
        positions: of those that are trained on, shape (n,).
        seed: of the training.

    Returns:
        A function whose values are numbers 0 ... n - 1 in an order, shape (n,). The last two are remembered.
    """
    blocks = stored.blocks() if isinstance(stored, OnDemand) else None
    if blocks is None:
        return lambda epoch: permutation(len(positions), seed, epoch)
    assert isinstance(stored, OnDemand)
    own, window = blocks[positions], stored.window
    return lru_cache(maxsize=2)(lambda epoch: block_permutation(own, window, seed, epoch))


@lru_cache(maxsize=4)
def permutation(count: int, seed: int, epoch: int) -> Array:
    """Return the order of 0 ... count - 1 in an epoch of a seed.

    Args:
        count: of the examples.
        seed: of the training.
        epoch: its number; each epoch has an order of its own.

    Returns:
        The numbers, shape (count,).
    """
    return np.random.default_rng((seed, epoch)).permutation(count)


def block_permutation(blocks: Array, window: int, seed: int, epoch: int) -> Array:
    """Return an order of examples in which each block is in use for a short time only.

    Args:
        blocks: the number of each example's block, shape (n,).
        window: how many blocks are shuffled together.
        seed: of the training.
        epoch: its number.

    Returns:
        The numbers 0 ... n - 1, shape (n,).
    """
    random = np.random.default_rng((seed, epoch))
    names, own = np.unique(blocks, return_inverse=True)
    windows = random.permutation(len(names))[own] // window
    return np.lexsort((random.random(len(blocks)), windows))
