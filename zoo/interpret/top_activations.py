"""The real examples that excite each channel of some layers most, found in one pass over a split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array, as_float
from zoo.data.split import Split

if TYPE_CHECKING:
    import keras

NUMBERS = 2_000_000  # of input that go through a network at once
MOST = 256  # inputs that do
STILL = 1e-6  # share of a layer's largest number by which a channel that lives changes at least


@dataclass(frozen=True, eq=False)
class TopActivations:
    """For each channel the positions of the examples that excite it most, and how much they do.

    `positions` and `means` have the shape (examples kept, channels), strongest first; `lives` tells for each
    channel whether it ever gives anything else than one and the same number.
    """

    positions: Array
    means: Array
    lives: Array


def top_activations(
    network: keras.Model,
    split: Split,
    kept: int,
    tracked: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> dict[str, TopActivations]:
    """Find the examples for which the mean over places of each channel is largest.

    Args:
        network: from inputs to a dictionary of layers' maps, as `networks.at` gives it.
        split: the examples.
        kept: how many of them to keep for each channel.
        tracked: shows progress over the batches.
    """
    size = max(1, min(MOST, NUMBERS // int(np.prod(split.stored.shape[1:]))))
    found: dict[str, _Best] = {}
    for start in tracked(range(0, len(split), size)):
        maps = network(as_float(split.stored[start : start + size]), training=False)
        for name, values in maps.items():
            array = np.asarray(values, np.float32)
            flat = array.reshape(len(array), -1, array.shape[-1])
            found.setdefault(name, _Best(kept, flat.shape[-1])).add(start, flat)
    return {name: best.told() for name, best in found.items()}


class _Best:
    """The largest means so far."""

    def __init__(self, kept: int, channels: int) -> None:
        self.kept = kept
        self.means = np.zeros((0, channels), np.float32)
        self.positions = np.zeros((0, channels), np.int64)
        self.low = np.full(channels, np.inf)
        self.high = np.full(channels, -np.inf)

    def add(self, start: int, maps: Array) -> None:
        """Take maps (n, places, channels) of the examples from a position on."""
        self.low = np.minimum(self.low, maps.min((0, 1)))
        self.high = np.maximum(self.high, maps.max((0, 1)))
        here = np.arange(start, start + len(maps))[:, None]
        means = np.concatenate([self.means, maps.mean(1)])
        positions = np.concatenate([self.positions, np.broadcast_to(here, maps[:, 0].shape)])
        order = np.argsort(-means, 0, kind="stable")[: self.kept]
        self.means = np.take_along_axis(means, order, 0)
        self.positions = np.take_along_axis(positions, order, 0)

    def told(self) -> TopActivations:
        largest = max(np.abs(self.high).max(), np.abs(self.low).max())
        return TopActivations(self.positions, self.means, self.high - self.low > STILL * largest)


def classes_of(split: Split, positions: Array, classes: Mapping[int, str]) -> list[str]:
    """Say for each channel which class most of its strongest examples are of: `7 in 8 of 9`."""
    if split.targets is None or not classes:
        return [""] * positions.shape[1]
    told = []
    for column in split.targets[positions].T:
        labels, counts = np.unique(column, return_counts=True)
        most = counts.argmax()
        told.append(f"{classes[int(labels[most])]} in {counts[most]} of {len(column)}")
    return told
