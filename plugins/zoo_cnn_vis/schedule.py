"""Sizes that an image grows through, and the overlapping windows that cover one of them.

A window has the size of the network's input. Along each axis there are as few as cover it, evenly
spread, so that a pixel is in one or two of them; a step looks at some, those of one colour of the
checkerboard before the others.
"""

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import zoo

FREE = 128  # pixels along an axis of noise, for a network that takes any size
Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """The sizes, the size of a window, and the epochs after which the image grows."""

    sizes: tuple[Sizes, ...]
    tile: Sizes
    ends: tuple[int, ...]
    at_once: int

    @property
    def final(self) -> Sizes:
        """The last size."""
        return self.sizes[-1]

    def stage(self, epoch: int) -> int:
        """Give the position of the size of an epoch, counted from 0."""
        return next(at for at, end in enumerate(self.ends) if epoch < end or end == self.ends[-1])

    def windows(self, stage: int) -> list[Sizes]:
        """List where windows begin, in the order in which they are looked at."""
        return windows(self.sizes[stage], self.tile)

    def turns(self, stage: int) -> int:
        """Count the steps after which every window was looked at."""
        return math.ceil(len(self.windows(stage)) / self.at_once)


def begins(size: int, tile: int) -> list[int]:
    """Spread windows evenly over one axis."""
    return [round(at) for at in np.linspace(0, size - tile, math.ceil(size / tile))]


def windows(size: Sizes, tile: Sizes) -> list[Sizes]:
    """List where windows begin, the even ones of the checkerboard first."""
    axes = [list(enumerate(begins(s, t))) for s, t in zip(size, tile, strict=True)]
    cells = list(itertools.product(*axes))
    cells.sort(key=lambda cell: sum(at for at, _ in cell) % 2)
    return [tuple(begin for _, begin in cell) for cell in cells]


def overlaps(size: Sizes, tile: Sizes) -> np.ndarray:
    """Count the windows that each pixel is in."""
    counts = np.zeros(size, np.float32)
    for begin in windows(size, tile):
        counts[tuple(slice(b, b + t) for b, t in zip(begin, tile, strict=True))] += 1
    return counts


def planned(config: Any, base: Sizes, network: Sequence[int | None]) -> Plan:
    """Make the plan of a training.

    Args:
        config: the settings.
        base: the size of the start image, or of the network's input.
        network: the size of the network's input; None is any.

    Raises:
        SettingError: a size is none, or smaller than a window; or there are fewer epochs than sizes.
    """
    first = read(config.initial_size, base, "initial_size") or base
    last = read(config.final_size, base, "final_size") or first
    sizes = sequence(first, last, config.num_sizes, config.resize_type)
    if config.num_sizes == 1 and config.final_size is not None:
        sizes = (last,)
    tile = tile_of(config, sizes, network)
    smallest = tuple(min(size[axis] for size in sizes) for axis in range(len(base)))
    if any(s < t for s, t in zip(smallest, tile, strict=True)):
        raise zoo.SettingError(
            f"An image of {told(smallest)} is smaller than what the network looks at, {told(tile)}. Set "
            "initial_size and final_size to at least that."
        )
    if config.epochs < len(sizes):
        raise zoo.SettingError(
            f"num_sizes={len(sizes)} needs as many epochs, one at each size. Received: {config.epochs}"
        )
    costs = [math.ceil(len(windows(size, tile)) / config.batch_size) for size in sizes]
    return Plan(sizes, tile, shared(config.epochs, costs), config.batch_size)


def tile_of(config: Any, sizes: Sequence[Sizes], network: Sequence[int | None]) -> Sizes:
    """Choose the size of a window."""
    if config.tile == "whole" or (config.tile is None and None in network):
        if len(sizes) > 1 and None not in network:
            raise zoo.SettingError("tile=whole goes with a single size: the network has one.")
        return sizes[-1] if len(sizes) == 1 else sizes[0]
    given = read(config.tile, tuple(size or FREE for size in network), "tile")
    return given or tuple(int(size) for size in network if size is not None)


def read(text: str | None, base: Sizes, setting: str) -> Sizes | None:
    """Read a size: 600x800, x1.5 of a base, or for series 150.

    Raises:
        SettingError: it is none.
    """
    if text is None:
        return None
    if re.fullmatch(r"x\d*\.?\d+", text) and float(text[1:]) > 0:
        return tuple(max(1, int(float(text[1:]) * size)) for size in base)
    if re.fullmatch(r"[1-9]\d*(x[1-9]\d*)*", text) and text.count("x") == len(base) - 1:
        return tuple(map(int, text.split("x")))
    example = "x".join(map(str, base))
    raise zoo.SettingError(f"{setting}: expected {example}, or x1.5 of that. Received: {text!r}")


def sequence(first: Sizes, last: Sizes, count: int, kind: str) -> tuple[Sizes, ...]:
    """Give sizes from first to last, by equal factors or by equal steps."""
    spread = np.geomspace if kind == "geometric" else np.linspace
    axes = [np.rint(spread(a, b, count)).astype(int) for a, b in zip(first, last, strict=True)]
    return tuple(tuple(map(int, size)) for size in zip(*axes, strict=True))


def shared(epochs: int, costs: Sequence[int]) -> tuple[int, ...]:
    """Share epochs out in proportion to the steps that a look at the whole image takes, one at least."""
    ends, left = [], epochs
    for at in range(len(costs)):
        later = len(costs) - at - 1
        wanted = round(left * costs[at] / sum(costs[at:]))
        left -= min(max(1, wanted), left - later)
        ends.append(epochs - left)
    return tuple(ends)


def told(size: Sequence[int]) -> str:
    """Write a size."""
    return "x".join(map(str, size))
