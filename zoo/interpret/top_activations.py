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

MOST_NUMBERS = 2_000_000  # numbers of input in one batch
MOST_INPUTS = 256  # inputs in one batch
CHANGE = 1e-6  # the least change of a live channel, as a share of its layer's largest number


@dataclass(frozen=True, eq=False)
class TopActivations:
    """For each channel the examples that excite it most.

    Args:
        positions: the examples' positions in the split, shape (examples, channels), strongest first.
        means: the mean over positions of each of their maps, of the same shape.
        live: whether each channel ever changes, shape (channels,).
    """

    positions: Array
    means: Array
    live: Array


def top_activations(
    network: keras.Model,
    split: Split,
    count: int,
    track: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> dict[str, TopActivations]:
    """Return the examples for which the mean over positions of each channel is largest.

    Args:
        network: from inputs to a dictionary of layers' maps, as `truncate` returns it.
        split: the examples.
        count: the number of examples for each channel.
        track: shows progress over the batches.

    Returns:
        One entry for each layer, by name.
    """
    size = max(1, min(MOST_INPUTS, MOST_NUMBERS // int(np.prod(split.stored.shape[1:]))))
    layers: dict[str, _LargestMeans] = {}
    for start in track(range(0, len(split), size)):
        maps = network(as_float(split.stored[start : start + size]), training=False)
        for name, values in maps.items():
            array = np.asarray(values, np.float32)
            flat = array.reshape(len(array), -1, array.shape[-1])
            layers.setdefault(name, _LargestMeans(count, flat.shape[-1])).add(start, flat)
    return {name: largest.result() for name, largest in layers.items()}


class _LargestMeans:
    """The largest means so far."""

    def __init__(self, count: int, channels: int) -> None:
        self.count = count
        self.means = np.zeros((0, channels), np.float32)
        self.positions = np.zeros((0, channels), np.int64)
        self.low = np.full(channels, np.inf)
        self.high = np.full(channels, -np.inf)

    def add(self, start: int, maps: Array) -> None:
        """Add the maps (n, positions, channels) of the examples from number `start` on."""
        self.low = np.minimum(self.low, maps.min((0, 1)))
        self.high = np.maximum(self.high, maps.max((0, 1)))
        numbers = np.arange(start, start + len(maps))[:, None]
        means = np.concatenate([self.means, maps.mean(1)])
        positions = np.concatenate([self.positions, np.broadcast_to(numbers, maps[:, 0].shape)])
        order = np.argsort(-means, 0, kind="stable")[: self.count]
        self.means = np.take_along_axis(means, order, 0)
        self.positions = np.take_along_axis(positions, order, 0)

    def result(self) -> TopActivations:
        largest = max(np.abs(self.high).max(), np.abs(self.low).max())
        live = self.high - self.low > CHANGE * largest
        return TopActivations(self.positions, self.means, live)


def main_classes(split: Split, positions: Array, classes: Mapping[int, str]) -> list[str]:
    """Return for each channel the class of most of its strongest examples, such as `7 in 8 of 9`.

    Args:
        split: the examples.
        positions: their positions by channel, shape (examples, channels).
        classes: the classes' names by number; without names every text is empty.
    """
    if split.targets is None or not classes:
        return [""] * positions.shape[1]
    texts = []
    for column in split.targets[positions].T:
        labels, counts = np.unique(column, return_counts=True)
        most = counts.argmax()
        texts.append(f"{classes[int(labels[most])]} in {counts[most]} of {len(column)}")
    return texts
