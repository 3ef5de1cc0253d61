"""Where a classifier looks: how much each place of an input has to do with one class's logit F(x).

gradient     dF/dx                                    Simonyan et al. 2013, arXiv:1312.6034
smoothgrad   mean over e of dF(x + e)/dx              Smilkov et al. 2017, arXiv:1706.03825
             e ~ N(0, (noise (max x - min x))^2)
integrated   (x - b) int_0^1 dF(b + t (x - b))/dx dt  Sundararajan et al. 2017, arXiv:1703.01365
             its sum is F(x) - F(b)
gradcam      relu(sum_k w_k A_k), w_k = mean over places of dF/dA_k, of a layer's maps A,
             stretched to the input's size            Selvaraju et al. 2017, arXiv:1610.02391

Inputs are as the network takes them: images (height, width, channels) in [0, 1], series (time,
channels), volumes (depth, height, width, channels), or rows of numbers; one at a time, no batch axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import SettingError, UnknownName, ZooError
from zoo.interpret import gradients, networks

if TYPE_CHECKING:
    import keras

    from zoo.interpret.classifier import Classifier

NUMBERS = 1_000_000  # of input that go through a network at once
MOST = 32  # inputs that do


@dataclass(frozen=True, eq=False)
class Explainer:
    """A classifier's gradients, compiled once for all inputs, and how each method is set.

    Args:
        classifier: what `classifiers.opened` gives.
        layer: whose maps gradcam weighs; None: those of the last convolution.
        draws: noisy copies that smoothgrad averages over.
        noise: their standard deviation, as a share of the input's range.
        steps: points on the way from the baseline at which `integrated` takes gradients.
        baseline: the value without information; None: 0, and for series each channel's mean.
        seed: of the noise.

    Example:
        >>> explainer = attribution.Explainer(classifiers.opened("cnn.mnist"))
        >>> explainer.explain(image, 3, "integrated").shape
        (28, 28, 1)
    """

    classifier: Classifier
    layer: str | None = None
    draws: int = 32
    noise: float = 0.15
    steps: int = 256
    baseline: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("draws", "steps"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} must be at least 1. Received: {getattr(self, name)}.")
        if not 0 < self.noise < math.inf:
            raise SettingError(f"noise must be above 0. Received: {self.noise}.")

    def explain(self, x: Array, at: int, method: str) -> Array:
        """Say how much each place of an input counts for the class at a position.

        Returns:
            For gradcam, one number for each place, at least 0; else one for each number of the input.

        Raises:
            UnknownName: there is no such method.
            ZooError: the logit does not change with the input at all.
        """
        if method not in METHODS:
            raise UnknownName("method", method, METHODS)
        found = METHODS[method](self, np.asarray(x, np.float32), at)
        if not np.isfinite(found).all():
            raise ZooError(
                f"{self.classifier.name} has a gradient that is not a finite number here."
            )
        if not found.any() and method != "gradcam":
            raise ZooError(
                f"The logit of class {self.classifier.classes[at]} of {self.classifier.name} does not "
                "change with this input: its gradient is 0 everywhere. Something on its way has none (a "
                "rounding, an argmax), or no unit of some layer fires."
            )
        return found

    def slope(self, inputs: Array, at: int) -> Array:
        """Give the gradient of a class's logit at each input of a batch."""
        return _in_turns(self._slope, inputs, at)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that this network's shapes allow."""
        maps = self.layer or last_map(networks.layers_of(self.classifier.logits))
        return tuple(name for name in METHODS if name != "gradcam" or maps)

    @cached_property
    def _slope(self) -> gradients.Graded:
        return _of_class(self.classifier.logits)

    @cached_property
    def _halves(self) -> tuple[keras.Model, gradients.Graded]:
        """The network up to the layer, and the gradient of what comes after."""
        body, head = split_at(self.classifier.logits, self.layer)
        return body, _of_class(head)

    def maps(self, x: Array, at: int) -> tuple[Array, Array]:
        """Give a layer's maps of an input, and the gradient of a class's logit with respect to them."""
        body, slope = self._halves
        found = np.asarray(body(x[None]), np.float32)
        return found[0], _in_turns(slope, found, at)[0]


def gradient(by: Explainer, x: Array, at: int) -> Array:
    """Take dF/dx."""
    found: Array = by.slope(x[None], at)[0]
    return found


def smoothgrad(by: Explainer, x: Array, at: int) -> Array:
    """Average dF/dx over noisy copies of x."""
    deviation = by.noise * (x.max() - x.min() or 1.0)
    noise = np.random.default_rng(by.seed).normal(0, deviation, (by.draws, *x.shape))
    mean: Array = by.slope((x + noise).astype(np.float32), at).mean(0)
    return mean


def integrated_gradients(by: Explainer, x: Array, at: int) -> Array:
    """Add up dF/dx along the straight way from the baseline, by the midpoint rule."""
    start = baseline(by, x)
    shares = (np.arange(by.steps, dtype=np.float32) + 0.5) / by.steps
    way = start + shares.reshape(-1, *[1] * x.ndim) * (x - start)
    mean: Array = (x - start) * by.slope(way, at).mean(0)
    return mean


def gradcam(by: Explainer, x: Array, at: int) -> Array:
    """Weigh a layer's maps by how much the logit grows with each, and keep what speaks for it."""
    maps, slopes = by.maps(x, at)
    places = tuple(range(maps.ndim - 1))
    weighed = np.maximum((maps * slopes.mean(places)).sum(-1), 0)
    return resize_linearly(weighed, x.shape[: maps.ndim - 1])


METHODS: dict[str, Callable[[Explainer, Array, int], Array]] = {
    "gradient": gradient,
    "smoothgrad": smoothgrad,
    "integrated": integrated_gradients,
    "gradcam": gradcam,
}


def baseline(by: Explainer, x: Array) -> Array:
    """Give the input without information: black, or for a series the mean of each channel."""
    if by.baseline is None and x.ndim == 2:
        return np.broadcast_to(x.mean(0), x.shape)
    return np.full_like(x, by.baseline or 0)


def resize_linearly(values: Array, sizes: Sequence[int]) -> Array:
    """Stretch an array to other sizes, linearly along each axis, with the edges of both on each other."""
    for axis, size in enumerate(sizes):
        here = values.shape[axis]
        wanted = (np.arange(size) + 0.5) * here / size - 0.5
        weights = np.stack([np.interp(wanted, np.arange(here), row) for row in np.eye(here)], 1)
        values = np.moveaxis(np.tensordot(weights, values, (1, axis)), 0, axis)
    return values


def last_map(layers: Sequence[networks.LayerInfo]) -> str | None:
    """Name the layer that has the last convolution's maps in the end, normalised and activated.

    Of a network without convolutions, the last layer that has maps; None where there is none.
    """
    maps = [
        layer for layer in layers if layer.is_map and math.prod(map(_size, layer.shape[:-1])) > 1
    ]
    convolved = [at for at, layer in enumerate(maps) if "Conv" in layer.kind]
    if convolved:
        maps = [
            layer for layer in maps[convolved[-1] :] if layer.shape == maps[convolved[-1]].shape
        ]
    return maps[-1].name if maps else None


def split_at(logits: keras.Model, layer: str | None) -> tuple[keras.Model, keras.Model]:
    """Cut a network at a layer: from inputs to its maps, and from its maps to the logits.

    Raises:
        SettingError: there is no such layer, it has no maps, or the network also goes around it.
    """
    import keras

    layer = layer or last_map(networks.layers_of(logits))
    if layer is None:
        raise SettingError(f"{logits.name} has no layer with maps, which gradcam weighs.")
    (seen,) = networks.find_layers(logits, [layer])[:1]
    if not seen.is_map:
        raise SettingError(
            f"layer={seen.name} has no maps: its shape is {seen.shape}. Expected: places, then channels."
        )
    last = logits.outputs[0]._keras_history.operation.name
    whole = networks.truncate(logits, [seen.name, last])
    maps = whole.output[seen.name]
    try:
        head = keras.Model(maps, whole.output[last])
    except ValueError as error:
        raise SettingError(
            f"{logits.name} also goes around layer={seen.name}. Choose one that everything passes."
        ) from error
    return keras.Model(whole.inputs[0], maps), head


def _size(size: int | None) -> int:
    """Take an axis of any size for a long one."""
    return size or 2


def _of_class(network: keras.Model) -> gradients.Graded:
    """Make the gradient of the logit of the class at `at`."""

    def logit(x: Any, at: Any) -> Any:
        from keras import ops

        logits = ops.cast(network(x, training=False), "float32")
        return ops.sum(logits * ops.one_hot(at, logits.shape[-1]), -1)

    return gradients.of(logit, network.variables)


def _in_turns(slope: gradients.Graded, inputs: Array, at: int) -> Array:
    """Take gradients of a batch some at a time, so that they fit into memory."""
    size = max(1, min(MOST, NUMBERS // inputs[0].size))
    turns = [inputs[start : start + size] for start in range(0, len(inputs), size)]
    found = [np.asarray(slope(turn, np.full(len(turn), at, np.int32))[1]) for turn in turns]
    return np.concatenate(found)
