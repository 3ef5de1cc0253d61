"""The sizes that an image grows through, and the overlapping windows that cover each of them.

A window has the size of the network's input. Along each axis there are as few windows as cover it, at
equal distances, so each pixel is in one or two of them. Each step looks at some windows. The windows
are ordered as the two colours of a checkerboard: first all of one colour, then all of the other.
"""

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import zoo
from zoo.data.arrays import Array

from .config import Config

DEFAULT_SIZE = 128  # pixels along an axis of noise, for a network that takes any size
Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Schedule:
    """The sizes of a training, the size of a window, and the epochs at each size.

    Args:
        sizes: the sizes, in the order of the stages.
        tile: the size of a window.
        ends: for each size, the number of epochs after which it ends.
        windows_per_step: the number of windows of each image in one step.
    """

    sizes: tuple[Sizes, ...]
    tile: Sizes
    ends: tuple[int, ...]
    windows_per_step: int

    @property
    def final(self) -> Sizes:
        """The last size."""
        return self.sizes[-1]

    def stage_index(self, epoch: int) -> int:
        """Return the position of the size of an epoch, which counts from 0."""
        last = len(self.ends) - 1
        return next((at for at, end in enumerate(self.ends) if epoch < end), last)


def window_starts(size: int, tile: int) -> list[int]:
    """Return where windows begin along one axis."""
    return [round(start) for start in np.linspace(0, size - tile, math.ceil(size / tile))]


def window_corners(size: Sizes, tile: Sizes) -> list[Sizes]:
    """Return where windows begin, one colour of the checkerboard after the other."""
    axes = [list(enumerate(window_starts(s, t))) for s, t in zip(size, tile, strict=True)]
    cells = list(itertools.product(*axes))
    cells.sort(key=lambda cell: sum(position for position, _ in cell) % 2)
    return [tuple(start for _, start in cell) for cell in cells]


def window_slices(corner: Sizes, tile: Sizes) -> tuple[slice, ...]:
    """Return the slices of a window along the axes of an image."""
    return tuple(slice(start, start + side) for start, side in zip(corner, tile, strict=True))


def window_counts(size: Sizes, tile: Sizes) -> Array:
    """Return the number of windows that each pixel is in, shape `size`."""
    counts = np.zeros(size, np.float32)
    for corner in window_corners(size, tile):
        counts[window_slices(corner, tile)] += 1
    return counts


def create_schedule(config: Config, base: Sizes, network: Sequence[int | None]) -> Schedule:
    """Return the schedule of a training.

    Args:
        config: the settings.
        base: the size of the start image, or of the network's input.
        network: the size of the network's input; None is any size.

    Raises:
        SettingError: a size cannot be read, or is smaller than a window; or there are fewer epochs
            than sizes.
    """
    first = parse_size(config.initial_size, base, "initial_size") or base
    last = parse_size(config.final_size, base, "final_size") or first
    sizes = interpolate_sizes(first, last, config.num_sizes, config.resize_type)
    if config.num_sizes == 1 and config.final_size is not None:
        sizes = (last,)
    tile = tile_size(config, sizes, network)
    smallest = tuple(min(size[axis] for size in sizes) for axis in range(len(base)))
    if any(s < t for s, t in zip(smallest, tile, strict=True)):
        raise zoo.SettingError(
            f"An image of {format_size(smallest)} is smaller than the network's input, "
            f"{format_size(tile)}. Set initial_size and final_size to at least that."
        )
    if config.epochs < len(sizes):
        raise zoo.SettingError(
            f"num_sizes={len(sizes)} needs at least as many epochs, one for each size. "
            f"Received: {config.epochs}"
        )
    costs = [math.ceil(len(window_corners(size, tile)) / config.batch_size) for size in sizes]
    return Schedule(sizes, tile, last_epochs(config.epochs, costs), config.batch_size)


def tile_size(config: Config, sizes: Sequence[Sizes], network: Sequence[int | None]) -> Sizes:
    """Return the size of a window.

    Args:
        config: the settings.
        sizes: the sizes of the images.
        network: the size of the network's input; None is any size.

    Raises:
        SettingError: the setting `tile` cannot be read, or does not go with the sizes.
    """
    if config.tile == "whole" or (config.tile is None and None in network):
        if len(sizes) > 1 and None not in network:
            raise zoo.SettingError(
                "tile=whole needs num_sizes=1: the network takes images of one size only."
            )
        return sizes[-1] if len(sizes) == 1 else sizes[0]
    size = parse_size(config.tile, tuple(side or DEFAULT_SIZE for side in network), "tile")
    return size or tuple(int(side) for side in network if side is not None)


def parse_size(text: str | None, base: Sizes, setting: str) -> Sizes | None:
    """Return the size that a setting names: 600x800, x1.5 of a base, or 150 for series.

    Args:
        text: what to read, or None.
        base: the size that a factor multiplies.
        setting: the name of the setting, for the message.

    Raises:
        SettingError: the text is no size.
    """
    if text is None:
        return None
    if re.fullmatch(r"x\d*\.?\d+", text) and float(text[1:]) > 0:
        return tuple(max(1, int(float(text[1:]) * side)) for side in base)
    if re.fullmatch(r"[1-9]\d*(x[1-9]\d*)*", text) and text.count("x") == len(base) - 1:
        return tuple(map(int, text.split("x")))
    raise zoo.SettingError(
        f"{setting}: expected a size such as {format_size(base)}, or x1.5 of that. Received: {text!r}"
    )


def interpolate_sizes(first: Sizes, last: Sizes, count: int, kind: str) -> tuple[Sizes, ...]:
    """Return sizes from the first to the last, by equal factors (geometric) or equal steps (linear).

    Args:
        first: the first size.
        last: the last size.
        count: the number of sizes.
        kind: geometric or linear.
    """
    space = np.geomspace if kind == "geometric" else np.linspace
    axes = [np.rint(space(a, b, count)).astype(int) for a, b in zip(first, last, strict=True)]
    return tuple(tuple(map(int, size)) for size in zip(*axes, strict=True))


def last_epochs(epochs: int, costs: Sequence[int]) -> tuple[int, ...]:
    """Divide epochs among sizes in proportion to their costs, at least one epoch each.

    Args:
        epochs: the number of epochs, at least as many as there are sizes.
        costs: for each size, the number of steps that look at the whole image once.

    Returns:
        For each size, the number of epochs after which it ends.
    """
    ends, left = [], epochs
    for position in range(len(costs)):
        later = len(costs) - position - 1
        share = round(left * costs[position] / sum(costs[position:]))
        left -= min(max(1, share), left - later)
        ends.append(epochs - left)
    return tuple(ends)


def format_size(size: Sequence[int]) -> str:
    """Return a size as text: 600x800."""
    return "x".join(map(str, size))
