"""Activation maximisation: for each channel of a layer, the input that excites it most.

    z <- Adam's step up   mean over places of A_c(roll(x(z))) / s_c - smoothness |grad x|_1,
    x(z) = low + (high - low) sigmoid(z),   z_0 ~ N(0, 1)

A are the layer's maps, s_c what the channel gives for real inputs (or for noise), so that smoothness means
the same for all. Each step sees x rolled by a few random places, or the image would suit one grid of
pixels alone. Where a ReLU gives the maps, A = relu(p), it leaks at first: A = relu(p) - leak relu(-p), with
leak falling from 1 to 0 in the first half, or a channel that noise leaves silent would have no slope. All
channels climb in one batch. Erhan et al., "Visualizing higher-layer features of a deep network" (2009);
total variation after Mahendran & Vedaldi, arXiv:1412.0035; jitter after Mordvintsev et al.,
"Inceptionism" (2015); Adam after Kingma & Ba, arXiv:1412.6980.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.interpret import gradients

if TYPE_CHECKING:
    import keras

NUMBERS = 1_000_000  # of input that go through a network at once
MOST = 128  # inputs that do
FIRST, SECOND, TINY = 0.9, 0.999, 1e-8  # Adam's memories of the gradient and of its square
STILL = 1e-6  # scale of a channel that nothing excites

Tracked = Callable[[Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True)
class AscentConfig:
    """How images are made: how many steps, how long, how smooth, how shaken, and from what noise."""

    steps: int = 256
    rate: float = 0.1
    smoothness: float = 1.0
    jitter: int = 2
    seed: int = 0


def maximize(
    network: keras.Model,
    channels: Sequence[int] | Array,
    scales: Array,
    bounds: tuple[Array, Array],
    shape: tuple[int, ...],
    climb: AscentConfig,
    rectify: bool = False,
    tracked: Tracked = iter,
) -> Array:
    """Make the input of each channel that excites it most.

    Args:
        network: from inputs to one layer's maps (batch, ..., channels).
        channels: positions of the channels.
        scales: what each of them gives for real inputs; only its size matters.
        bounds: the least and the largest values of an input, which broadcast to its shape.
        shape: of one input, without None.
        climb: the steps.
        rectify: a ReLU follows the network, and what it gives is to be climbed.
        tracked: shows progress over the steps.

    Returns:
        Inputs of shape (len(channels), *shape).
    """
    size = max(1, min(MOST, NUMBERS // int(np.prod(shape))))
    slope = gradients.of(_score(network, bounds, climb.smoothness, rectify), network.variables)
    parts = np.array_split(np.arange(len(channels)), -(-len(channels) // size))
    steps = iter(tracked(range(len(parts) * climb.steps)))
    found = []
    for part in parts:
        chance = np.random.default_rng((climb.seed, int(part[0])))
        z = chance.normal(size=(len(part), *shape)).astype(np.float32)
        of = (
            np.asarray(channels, np.int32)[part],
            np.maximum(scales[part], STILL).astype(np.float32),
        )
        found.append(squash(_ascent(slope, z, of, climb, chance, steps), bounds))
    return np.concatenate(found)


def squash(z: Array, bounds: tuple[Array, Array]) -> Array:
    """Give x(z) as NumPy computes it."""
    low, high = bounds
    found: Array = (low + (high - low) / (1 + np.exp(-z))).astype(np.float32)
    return found


def _ascent(
    slope: gradients.Graded,
    z: Array,
    of: tuple[Array, Array],
    climb: AscentConfig,
    chance: np.random.Generator,
    ticks: Any,
) -> Array:
    """Climb with Adam."""
    mean, square = np.zeros_like(z), np.zeros_like(z)
    for step in range(1, climb.steps + 1):
        next(ticks)
        roll = chance.integers(-climb.jitter, climb.jitter + 1, z.ndim - 2).astype(np.int32)
        leak = np.float32(max(0.0, 1 - 2 * step / climb.steps))
        upwards = np.asarray(slope(z, *of, roll, leak)[1])
        mean = FIRST * mean + (1 - FIRST) * upwards
        square = SECOND * square + (1 - SECOND) * upwards**2
        deviation = np.sqrt(square / (1 - SECOND**step)) + TINY
        z = z + climb.rate * mean / (1 - FIRST**step) / deviation
    return z


def _score(
    network: keras.Model, bounds: tuple[Array, Array], smoothness: float, rectify: bool
) -> Any:
    """Make the score that is climbed: (z, channels, scales, roll, leak) -> one number an image."""
    low, span = bounds[0], bounds[1] - bounds[0]

    def score(z: Any, channels: Any, scales: Any, roll: Any, leak: Any) -> Any:
        from keras import ops

        shares = ops.sigmoid(z)
        places = tuple(range(1, len(z.shape) - 1))
        shaken = ops.roll(low + span * shares, roll, places) if places else low + span * shares
        maps = ops.cast(network(shaken, training=False), "float32")
        if rectify:
            maps = ops.relu(maps) - leak * ops.relu(-maps)
        means = (
            ops.mean(maps, tuple(range(1, len(maps.shape) - 1))) if len(maps.shape) > 2 else maps
        )
        excited = ops.sum(means * ops.one_hot(channels, means.shape[-1]), -1) / scales
        return excited - smoothness * total_variation(shares, places)

    return score


def total_variation(x: Any, places: Sequence[int]) -> Any:
    """Sum over the axes of places the mean of how much neighbours differ, for each example."""
    from keras import ops

    total = ops.zeros(x.shape[0])
    for axis in places:
        differences = ops.abs(ops.diff(x, axis=axis))
        total = total + ops.mean(differences, tuple(range(1, len(x.shape))))
    return total
