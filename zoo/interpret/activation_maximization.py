"""Activation maximisation: for each channel of a layer, the input that excites it most.

    z <- Adam's step up   mean over positions of A_c(roll(x(z))) / s_c - smoothness TV(sigmoid(z)),
    x(z) = low + (high - low) sigmoid(z),   z_0 ~ N(0, 1)

A are the layer's maps. s_c is what the channel returns for real inputs (or for noise), so that smoothness
has the same meaning for every channel. Each step rolls x by a few random positions: without it, the image
would suit one grid of pixels alone. Where a ReLU returns the maps, A = relu(p), it leaks at first:
A = relu(p) - leak relu(-p), and leak falls from 1 to 0 in the first half of the steps. Without it, a channel
that is 0 for noise would have no gradient. All channels are optimised in one batch. Erhan et al.,
"Visualizing higher-layer features of a deep network" (2009); total variation after Mahendran & Vedaldi,
arXiv:1412.0035; jitter after Mordvintsev et al., "Inceptionism" (2015); Adam after Kingma & Ba,
arXiv:1412.6980.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.interpret.gradients import GradientFunction, compile_gradient

if TYPE_CHECKING:
    import keras

__all__ = ["AscentConfig", "channel_means", "maximize", "total_variation"]

MOST_NUMBERS = 1_000_000  # numbers of input in one batch
MOST_INPUTS = 128  # inputs in one batch
MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8  # of Adam
SMALLEST_SCALE = 1e-6  # for a channel that nothing excites

Track = Callable[[Sequence[Any]], Iterable[Any]]
Bounds = tuple[Array, Array]


@dataclass(frozen=True)
class AscentConfig:
    """How images are optimised.

    Args:
        steps: the number of steps.
        learning_rate: Adam's learning rate, in units of the logit z.
        smoothness: the weight of the total variation.
        jitter: the most positions by which a step rolls an image along each axis.
        seed: the seed of the noise that images start from.
    """

    steps: int = 256
    learning_rate: float = 0.1
    smoothness: float = 1.0
    jitter: int = 2
    seed: int = 0


def maximize(
    network: keras.Model,
    channels: Sequence[int] | Array,
    scales: Array,
    bounds: Bounds,
    shape: tuple[int, ...],
    config: AscentConfig,
    rectify: bool = False,
    track: Track = iter,
) -> Array:
    """Return for each channel the input that excites it most.

    Args:
        network: from inputs to one layer's maps, shape (batch, ..., channels).
        channels: the numbers of the channels.
        scales: what each of them returns for real inputs, at least 0, one number a channel.
        bounds: the least and the largest value of an input; both broadcast to its shape.
        shape: the shape of one input, without None.
        config: the steps.
        rectify: whether a ReLU follows the network, and its output is to be maximised.
        track: shows progress over the steps.

    Returns:
        Inputs of shape (len(channels), *shape).
    """
    size = max(1, min(MOST_INPUTS, MOST_NUMBERS // int(np.prod(shape))))
    score = _score_function(network, bounds, config.smoothness, rectify)
    gradient = compile_gradient(score, network.variables)
    batches = np.array_split(np.arange(len(channels)), -(-len(channels) // size))
    steps = iter(track(range(len(batches) * config.steps)))
    inputs = []
    for batch in batches:
        generator = np.random.default_rng((config.seed, int(batch[0])))
        z = generator.normal(size=(len(batch), *shape)).astype(np.float32)
        which = np.asarray(channels, np.int32)[batch]
        scale = np.maximum(scales[batch], SMALLEST_SCALE).astype(np.float32)
        inputs.append(
            squash(_ascend(gradient, z, (which, scale), config, generator, steps), bounds)
        )
    return np.concatenate(inputs)


def squash(z: Array, bounds: Bounds) -> Array:
    """Return x(z) within its bounds."""
    low, high = bounds
    x: Array = (low + (high - low) / (1 + np.exp(-z))).astype(np.float32)
    return x


def channel_means(maps: Any) -> Any:
    """Return the mean over all positions of each channel: (n, ..., channels) -> (n, channels)."""
    from keras import ops

    return ops.mean(maps, tuple(range(1, len(maps.shape) - 1))) if len(maps.shape) > 2 else maps


def total_variation(x: Any, axes: Sequence[int]) -> Any:
    """Return the sum over the axes of the mean absolute difference of neighbours, for each example.

    Args:
        x: a tensor of shape (n, ...).
        axes: the axes with positions, such as (1, 2) for images.
    """
    from keras import ops

    total = ops.zeros(x.shape[0])
    for axis in axes:
        differences = ops.abs(ops.diff(x, axis=axis))
        total = total + ops.mean(differences, tuple(range(1, len(x.shape))))
    return total


def _ascend(
    gradient: GradientFunction,
    z: Array,
    channels_and_scales: tuple[Array, Array],
    config: AscentConfig,
    generator: np.random.Generator,
    steps: Iterator[Any],
) -> Array:
    """Return z after all steps of Adam."""
    mean, square = np.zeros_like(z), np.zeros_like(z)
    for step in range(1, config.steps + 1):
        next(steps)
        roll = generator.integers(-config.jitter, config.jitter + 1, z.ndim - 2).astype(np.int32)
        leak = np.float32(max(0.0, 1 - 2 * step / config.steps))
        slope = np.asarray(gradient(z, *channels_and_scales, roll, leak)[1])
        mean = MEAN_DECAY * mean + (1 - MEAN_DECAY) * slope
        square = SQUARE_DECAY * square + (1 - SQUARE_DECAY) * slope**2
        deviation = np.sqrt(square / (1 - SQUARE_DECAY**step)) + EPSILON
        z = z + config.learning_rate * mean / (1 - MEAN_DECAY**step) / deviation
    return z


def _score_function(network: keras.Model, bounds: Bounds, smoothness: float, rectify: bool) -> Any:
    """Return the score to maximise: (z, channels, scales, roll, leak) -> one number for each image."""
    low, span = bounds[0], bounds[1] - bounds[0]

    def score(z: Any, channels: Any, scales: Any, roll: Any, leak: Any) -> Any:
        from keras import ops

        shares = ops.sigmoid(z)
        axes = tuple(range(1, len(z.shape) - 1))
        x = ops.roll(low + span * shares, roll, axes) if axes else low + span * shares
        maps = ops.cast(network(x, training=False), "float32")
        if rectify:
            maps = ops.relu(maps) - leak * ops.relu(-maps)
        means = channel_means(maps)
        excitation = ops.sum(means * ops.one_hot(channels, means.shape[-1]), -1) / scales
        return excitation - smoothness * total_variation(shares, axes)

    return score
