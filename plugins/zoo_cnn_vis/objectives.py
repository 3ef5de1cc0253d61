"""Objectives: what each image raises, from the features of a network.

Every kind of term gives *readings* of a layer's output f for each image, shape (n, k): all its
channels, all its classes, or a single number. Each image takes one of them, so that an objective is

    O_i = sum_t s_t <readings_t(f)_i, chosen_ti>

with a one-hot row chosen_ti. The same readings of other images say what else reaches how much.

    neuron       f_c at one place                     Erhan et al. 2009
    channel      mean_xy f_c                          Olah et al. 2017, doi:10.23915/distill.00007
    layer        sum l1 a|a|/2 + l2 h(a)              whose gradient is l1 |a| + l2 clip(a, +-g): cnn-vis
    deepdream    mean f^2                             Mordvintsev et al. 2015
    direction    mean_xy <f, v / |v|>                 Olah et al. 2017
    class        log softmax(scores)_k                Simonyan et al., arXiv:1312.6034
    adversarial  -log p of the start's class          Madry et al., arXiv:1706.06083
    inversion    -|f - f'|^2 / |f'|^2                 Mahendran & Vedaldi, arXiv:1412.0035

h(a) is a^2 / 2 up to g, and g |a| - g^2 / 2 beyond.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

import zoo
from zoo.interpret import networks
from zoo.io.safe_load import read_array

from . import objective_language
from .objective_language import Term
from .visualized_network import Network

SCORED = ("class", "logit", "adversarial")
REFERRED = ("inversion", "adversarial")  # to what an image of its own is like
ALONE = ("layer", "deepdream", "inversion", "direction")  # a single reading a layer


@dataclass(frozen=True)
class Choice:
    """What one image takes of one term: a reading of a layer."""

    layer: str
    reading: int
    label: str


@dataclass(eq=False)
class Objective:
    """The terms, and what each image takes of each."""

    terms: Sequence[Term]
    choices: Sequence[Sequence[Choice]]
    widths: Mapping[str, int]
    config: Any
    references: dict[str, np.ndarray] = field(default_factory=dict)
    """Features of the targets by layer, and one-hot classes of the start."""

    @property
    def count(self) -> int:
        """How many images it stands for."""
        return max(map(len, self.choices))

    @property
    def layers(self) -> list[str]:
        """The layers that it looks at."""
        return list(dict.fromkeys(choice.layer for row in self.choices for choice in row))

    @property
    def labels(self) -> list[str]:
        """What each image is of."""
        several = [row for row in self.choices if len(row) > 1] or self.choices[:1]
        return [" ".join(row[at].label for row in several) for at in range(self.count)]

    def has(self, *kinds: str) -> bool:
        """Tell whether a term is of one of some kinds."""
        return any(term.kind in kinds for term in self.terms)

    def values(self, features: Mapping[str, Any], images: int) -> Any:
        """Give what each image reaches, shape (n,): image i is the i mod `images`-th."""
        total = 0.0
        for term, row in zip(self.terms, self.choices, strict=True):
            for layer in dict.fromkeys(choice.layer for choice in row):
                read = self.readings(term, layer, features[layer], images)
                chosen = np.resize(
                    self.chosen(row, layer, read.shape[-1]), (images, read.shape[-1])
                )
                total += term.scale * ops.sum(repeated(read, images) * chosen, (0, 2))
        return total

    def table(self, features: Mapping[str, Any]) -> np.ndarray:
        """Give what each of some other images would reach as each of ours, shape (n, count)."""
        total = np.zeros((1, 1), np.float32)
        for term, row in zip(self.terms, self.choices, strict=True):
            for layer in dict.fromkeys(choice.layer for choice in row):
                read = ops.convert_to_numpy(self.readings(term, layer, features[layer], 0))
                chosen = self.chosen(row, layer, read.shape[-1])
                total = total + term.scale * read @ chosen.T
        return total

    def chosen(self, row: Sequence[Choice], layer: str, width: int) -> np.ndarray:
        """Give the one-hot rows of a term's images at one layer, 0 where an image looks elsewhere."""
        rows = np.zeros((len(row), width), np.float32)
        for at, choice in enumerate(row):
            if choice.layer == layer:
                rows[at, choice.reading] = 1
        return rows

    def readings(self, term: Term, layer: str, f: Any, images: int) -> Any:
        """Give all readings of a layer's output f of shape (n, ..., channels), shape (n, k)."""
        places = tuple(range(1, len(f.shape) - 1))
        everywhere = (*places, len(f.shape) - 1)
        if term.kind == "neuron":
            return f[(slice(None), *place(term, f.shape[1:-1]))]
        if term.kind == "channel":
            return ops.mean(f, places) if places else f
        if term.kind == "layer":
            return ops.sum(amplified(f, self.config), everywhere)[:, None]
        if term.kind == "deepdream":
            return ops.mean(ops.square(f), everywhere)[:, None]
        if term.kind == "direction":
            along = ops.matmul(f, direction(term, f.shape[-1]))
            return ops.mean(along, places)[:, None] if places else along[:, None]
        if term.kind == "inversion":
            return -distance(repeated(f, images), self.references[layer], images)
        if term.kind == "logit":
            return f
        logarithms = ops.log_softmax(f, -1)
        if term.kind == "class" or term.words:
            return logarithms
        own = ops.sum(repeated(logarithms, images) * self.references["classes"], -1)
        return -ops.reshape(own, (-1, 1))


def repeated(x: Any, images: int) -> Any:
    """Part (windows * images, ...) into (windows, images, ...)."""
    return ops.reshape(x, (-1, images, *x.shape[1:]))


def amplified(a: Any, config: Any) -> Any:
    """Compute l1 a|a|/2 + l2 h(a), element by element."""
    size = ops.abs(a)
    inside = ops.minimum(size, config.grad_clip)
    huber = inside * (size - inside / 2)
    return config.l1 * a * size / 2 + config.l2 * huber


def distance(f: Any, reference: np.ndarray, images: int) -> Any:
    """Compute |f - f'|^2 / |f'|^2 of features of shape (windows, images, ...), shape (n, 1)."""
    axes = tuple(range(2, len(f.shape)))
    size = np.square(reference).sum(tuple(range(1, reference.ndim))) + 1e-8
    return ops.reshape(ops.sum(ops.square(f - reference), axes) / size, (-1, 1))


def place(term: Term, sizes: Sequence[int]) -> tuple[int, ...]:
    """Give the place of a neuron: the middle, where none is said.

    Raises:
        SettingError: the layer has no such place.
    """
    said = term.words[2:]
    at = tuple(map(int, said)) if all(map(str.isdecimal, said)) else (-1,)
    if not said:
        return tuple(size // 2 for size in sizes)
    if len(at) != len(sizes) or not all(0 <= a < size for a, size in zip(at, sizes, strict=True)):
        raise zoo.SettingError(
            f"objective: {term} names the place {':'.join(said)}; {term.layer} has places below "
            f"{':'.join(map(str, sizes)) or 'none'}."
        )
    return at


def direction(term: Term, channels: int) -> np.ndarray:
    """Read a direction in feature space, of length 1.

    Raises:
        SettingError: it does not fit the layer, or is 0.
    """
    path = Path(term.words[1])
    vector = read_array(path).astype(np.float32).ravel()
    if len(vector) != channels or not 0 < np.linalg.norm(vector) < np.inf:
        raise zoo.SettingError(
            f"objective: {path} holds {len(vector)} numbers; {term.layer} has {channels} channels. "
            "Expected: one finite number a channel, not all 0."
        )
    return vector / np.linalg.norm(vector)


def parsed(config: Any, network: Network) -> Objective:
    """Read the objective, and find its layers and channels in the network.

    Raises:
        SettingError: there is no such layer or channel, or terms stand for different numbers of images.
    """
    terms = objective_language.terms(config.objective)
    widths = {seen.name: seen.channels for seen in networks.layers_of(network.model)}
    choices = [choices_of(term, network, widths) for term in terms]
    counts = sorted({len(row) for row in choices} - {1})
    if len(counts) > 1:
        raise zoo.SettingError(
            f"objective: its terms stand for {' and '.join(map(str, counts))} images. Give as many "
            "channels in each, or one."
        )
    return Objective(terms, choices, widths, config)


def choices_of(term: Term, network: Network, widths: Mapping[str, int]) -> list[Choice]:
    """List what a term stands for: each layer with each channel."""
    if term.kind in SCORED:
        return classes_of(term, network, widths)
    found = networks.find_layers(network.model, [term.layer], "objective: layer")
    for seen in found:
        check_gradient(network, seen)
        if term.kind == "neuron" and None not in seen.shape:
            place(term, seen.shape[:-1])
    if term.kind in ALONE:
        return [Choice(seen.name, 0, seen.name) for seen in found]
    return [
        Choice(seen.name, at, f"{seen.name}:{at}")
        for seen in found
        for at in objective_language.numbers(
            term.which, seen.channels, f"objective: channels of {seen.name}"
        )
    ]


def classes_of(term: Term, network: Network, widths: Mapping[str, int]) -> list[Choice]:
    """List the classes that a term stands for."""
    layer = network.scores or (network.model.layers[-1].name if term.kind == "logit" else None)
    if layer is None:
        raise zoo.SettingError(
            f"objective: {term} needs a network that ends in a softmax over classes. "
            f"Received: {network.model.name}, which ends in {network.model.layers[-1].name}"
        )
    if term.kind == "adversarial" and not term.words:
        return [Choice(layer, 0, "adversarial")]
    of = objective_language.numbers(term.which, widths[layer], f"objective: {term.kind}")
    return [Choice(layer, at, f"{term.kind} {at}") for at in of]


def check_gradient(network: Network, seen: Any) -> None:
    """Refuse a layer through which no gradient flows, since it gives whole numbers."""
    dtype = network.model.get_layer(seen.name).compute_dtype
    output = network.model.get_layer(seen.name).output
    if "float" not in str(getattr(output, "dtype", dtype)):
        raise zoo.SettingError(
            f"objective: {seen.name} gives {output.dtype}, so it has no gradient. "
            "Name a layer before it."
        )
