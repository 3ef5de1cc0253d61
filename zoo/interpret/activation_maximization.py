"""Activation maximisation: for each channel of a layer, the input that excites it most.

`zoo gallery` uses `maximize`. The architecture cnn-vis, which trains images as weights of a model, takes its
parts from here: the mean of a channel, the total variation, Adam's step.

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

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.interpret.gradients import GradientFunction, compile_gradient

if TYPE_CHECKING:
    import keras

__all__ = [
    "AscentConfig",
    "adam_step",
    "channel_means",
    "maximize",
    "neighbour_differences",
    "total_variation",
]

MOST_NUMBERS = 1_000_000  # numbers of input in one batch
MOST_INPUTS = 128  # inputs in one batch
MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8  # of Adam
SMALLEST_SCALE = 1e-6  # for a channel that nothing excites
FLOOR = 1e-8  # of the squared gradient of pixels in [0, 1]: the root has no slope at 0

Track = Callable[[Sequence[Any]], Iterable[Any]]
Bounds = tuple[Array, Array]


@dataclass(frozen=True)
class AscentConfig:
    """How images are optimised.

    Args:
        steps: the number of steps.
        learning_rate: Adam's learning rate, in units of the logit z.
        smoothness: the weight of the total variation: the mean length of the gradient of sigmoid(z).
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


def neighbour_differences(x: Any) -> list[Any]:
    """Return the differences to the next position along each axis, at positions that have all of them.

    Args:
        x: a tensor of shape (n, ..., channels); an axis with one position has no differences.
    """
    axes = [axis for axis in range(1, len(x.shape) - 1) if x.shape[axis] != 1]
    here = tuple(slice(-1) if axis in axes else slice(None) for axis in range(len(x.shape)))
    return [x[here] - x[(*here[:axis], slice(1, None), *here[axis + 1 :])] for axis in axes]


def total_variation(gradient: Sequence[Any], beta: float, floor: float) -> Any:
    """Return max(|gradient|^2, floor)^(beta / 2) of each position; its sum or mean is the total variation.

    Args:
        gradient: the derivatives along each axis, tensors of one shape.
        beta: the power of the gradient's length (Mahendran & Vedaldi, arXiv:1412.0035).
        floor: the least squared length, above 0.
    """
    from keras import ops

    squared_length = sum(ops.square(slope) for slope in gradient)
    return ops.power(ops.maximum(squared_length, floor), beta / 2)


def adam_step(gradient: Any, mean: Any, square: Any, count: Any) -> tuple[Any, Any, Any]:
    """Return Adam's step before it is multiplied by the learning rate, and its new moments.

    Args:
        gradient: the gradient.
        mean: the mean of gradients so far.
        square: the mean of squared gradients so far.
        count: the number of this step, from 1.

    Returns:
        The step, the new mean and the new mean of squares (Kingma & Ba, arXiv:1412.6980).
    """
    from keras import ops

    mean = MEAN_DECAY * mean + (1 - MEAN_DECAY) * gradient
    square = SQUARE_DECAY * square + (1 - SQUARE_DECAY) * ops.square(gradient)
    # b^t as exp(t ln b): cnn-vis has a count for each pixel, and a power takes 4% of its step
    mean_share, square_share = (
        1 - ops.exp(count * math.log(decay)) for decay in (MEAN_DECAY, SQUARE_DECAY)
    )
    return mean / mean_share / (ops.sqrt(square / square_share) + EPSILON), mean, square


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
        slope = gradient(z, *channels_and_scales, roll, leak)[1]
        change, mean, square = adam_step(slope, mean, square, np.float32(step))
        z = z + config.learning_rate * np.asarray(change)
    return z


def _roughness(images: Any) -> Any:
    """Return the mean length of the gradient of each image, shape (n,); 0 where there are no axes."""
    from keras import ops

    gradient = neighbour_differences(images)
    if not gradient:
        return ops.zeros(images.shape[0])
    variation = total_variation(gradient, 1.0, FLOOR)
    return ops.mean(variation, tuple(range(1, len(images.shape))))


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
        return excitation - smoothness * _roughness(shares)

    return score
