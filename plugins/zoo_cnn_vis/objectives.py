"""Objectives: what each image maximises, computed from the features of a network.

Every kind of term computes *readings* of a layer's output f for each image, shape (n, k): one for each
channel, one for each class, or a single one. Each image takes one of them, so the objective of image i is

    O_i = sum_t s_t <readings_t(f)_i, choice_ti>

with a one-hot row choice_ti. The readings of other images are used to compare them with ours.

    neuron       f_c at one position              Erhan et al. 2009
    channel      mean_xy f_c                      Olah et al. 2017, doi:10.23915/distill.00007
    layer        sum l1 a|a|/2 + l2 h(a)          whose gradient is l1 |a| + l2 clip(a, +-g): cnn-vis
    deepdream    mean f^2                         Mordvintsev et al. 2015
    direction    mean_xy <f, v / |v|>             Olah et al. 2017
    class        log softmax(scores)_k            Simonyan et al., arXiv:1312.6034
    adversarial  -log p of the start's class      Madry et al., arXiv:1706.06083
    inversion    -|f - f'|^2 / |f'|^2             Mahendran & Vedaldi, arXiv:1412.0035

h(a) is a^2 / 2 up to g, and g |a| - g^2 / 2 beyond (Huber).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array
from zoo.data.inputs import read_array
from zoo.interpret.activation_maximization import channel_means

from .config import Config
from .objective_language import Term

CLASSES = "classes"  # the name of the one-hot classes of the start among the references
CLASS_KINDS = ("class", "logit", "adversarial")
REFERENCE_KINDS = ("inversion", "adversarial")  # each image is compared with a reference of its own
SINGLE_READING_KINDS = ("layer", "deepdream", "inversion", "direction")

References = Mapping[str, Array]
"""Features of the targets by layer, and one-hot classes of the start images."""


@dataclass(frozen=True)
class Choice:
    """What one image takes of one term: a reading of a layer."""

    layer: str
    reading: int
    label: str


@dataclass(frozen=True, eq=False)
class Objective:
    """The terms, and what each image takes of each.

    Args:
        terms: the terms.
        choices: for each term, a choice for each image, or one choice for all.
        config: the settings.
    """

    terms: Sequence[Term]
    choices: Sequence[Sequence[Choice]]
    config: Config

    @property
    def count(self) -> int:
        """The number of images that the objective names."""
        return max(map(len, self.choices))

    @property
    def layers(self) -> list[str]:
        """The layers whose output the terms read."""
        return list(dict.fromkeys(choice.layer for row in self.choices for choice in row))

    @property
    def labels(self) -> list[str]:
        """What each image shows."""
        several = [row for row in self.choices if len(row) > 1] or self.choices[:1]
        return [" ".join(row[image].label for row in several) for image in range(self.count)]

    def has(self, *kinds: str) -> bool:
        """Return whether a term is of one of some kinds."""
        return any(term.kind in kinds for term in self.terms)

    def values(self, features: Mapping[str, Any], count: int, references: References) -> Any:
        """Return the objective of each image, summed over its windows, shape (count,).

        Args:
            features: by layer, its output for windows of the images, shape (windows * count, ...).
            count: the number of images.
            references: what the images are compared with.
        """
        total = 0.0
        for term, row in zip(self.terms, self.choices, strict=True):
            for layer in dict.fromkeys(choice.layer for choice in row):
                readings = self.readings(term, features[layer], references, layer, count)
                width = readings.shape[-1]
                chosen = np.resize(one_hot_rows(row, layer, width), (count, width))
                total += term.scale * ops.sum(split_windows(readings, count) * chosen, (0, 2))
        return total

    def table(self, features: Mapping[str, Any]) -> Array:
        """Return the objective of each image, computed for other images, shape (n, count).

        Args:
            features: by layer, its output for the n other images.
        """
        total = np.zeros((1, 1), np.float32)
        for term, row in zip(self.terms, self.choices, strict=True):
            for layer in dict.fromkeys(choice.layer for choice in row):
                readings = ops.convert_to_numpy(
                    self.readings(term, features[layer], {}, layer, len(features[layer]))
                )
                total = (
                    total + term.scale * readings @ one_hot_rows(row, layer, readings.shape[-1]).T
                )
        return total

    def readings(self, term: Term, f: Any, references: References, layer: str, count: int) -> Any:
        """Return all readings of a layer's output, shape (n, k).

        Args:
            term: the term that reads.
            f: the output, shape (n, ..., channels).
            references: what the images are compared with.
            layer: the name of the layer.
            count: the number of images, which divides n.
        """
        positions = tuple(range(1, len(f.shape) - 1))
        all_axes = (*positions, len(f.shape) - 1)
        if term.kind == "neuron":
            return f[(slice(None), *neuron_position(term, f.shape[1:-1]))]
        if term.kind == "channel":
            return channel_means(f)
        if term.kind == "layer":
            return ops.sum(amplification(f, self.config), all_axes)[:, None]
        if term.kind == "deepdream":
            return ops.mean(ops.square(f), all_axes)[:, None]
        if term.kind == "direction":
            along = ops.matmul(f, read_direction(term, f.shape[-1]))
            return ops.mean(along, positions)[:, None] if positions else along[:, None]
        if term.kind == "inversion":
            return -feature_distance(split_windows(f, count), references[layer])
        if term.kind == "logit":
            return f
        logarithms = ops.log_softmax(f, -1)
        if term.kind == "class" or term.words:
            return logarithms
        own = ops.sum(split_windows(logarithms, count) * references[CLASSES], -1)
        return -ops.reshape(own, (-1, 1))


def one_hot_rows(row: Sequence[Choice], layer: str, width: int) -> Array:
    """Return the one-hot choices of a term's images at one layer; 0 where an image reads another layer.

    Args:
        row: the choice of each image.
        layer: the name of the layer.
        width: the number of readings of the layer.
    """
    rows = np.zeros((len(row), width), np.float32)
    for image, choice in enumerate(row):
        if choice.layer == layer:
            rows[image, choice.reading] = 1
    return rows


def split_windows(x: Any, count: int) -> Any:
    """Reshape (windows * count, ...) to (windows, count, ...)."""
    return ops.reshape(x, (-1, count, *x.shape[1:]))


def amplification(a: Any, config: Config) -> Any:
    """Return l1 a|a|/2 + l2 h(a) of each element."""
    size = ops.abs(a)
    inside = ops.minimum(size, config.grad_clip)
    huber = inside * (size - inside / 2)
    return config.l1 * a * size / 2 + config.l2 * huber


def feature_distance(f: Any, reference: Array) -> Any:
    """Return |f - f'|^2 / |f'|^2, shape (windows * count, 1).

    Args:
        f: features of shape (windows, count, ...).
        reference: features of the targets, shape (count, ...).
    """
    axes = tuple(range(2, len(f.shape)))
    size = np.square(reference).sum(tuple(range(1, reference.ndim))) + 1e-8
    return ops.reshape(ops.sum(ops.square(f - reference), axes) / size, (-1, 1))


def neuron_position(term: Term, sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the position of a neuron in its layer: the middle, if the term names none.

    Raises:
        SettingError: the layer has no such position.
    """
    words = term.words[2:]
    if not words:
        return tuple(size // 2 for size in sizes)
    position = tuple(map(int, words)) if all(map(str.isdecimal, words)) else ()
    inside = (0 <= p < size for p, size in zip(position, sizes, strict=False))
    if len(position) != len(sizes) or not all(inside):
        raise zoo.SettingError(
            f"objective: {term} names the position {':'.join(words)}; {term.layer} has positions below "
            f"{':'.join(map(str, sizes)) or 'none'}."
        )
    return position


def read_direction(term: Term, channels: int) -> Array:
    """Return the direction in feature space that a term names, of length 1.

    Raises:
        SettingError: it does not fit the layer, or is 0.
    """
    path = Path(term.words[1])
    vector = read_array(path).astype(np.float32).ravel()
    if len(vector) != channels or not 0 < np.linalg.norm(vector) < np.inf:
        raise zoo.SettingError(
            f"objective: {path} holds {len(vector)} numbers; {term.layer} has {channels} channels. "
            "Expected: one finite number for each channel, not all 0."
        )
    direction: Array = vector / np.linalg.norm(vector)
    return direction
