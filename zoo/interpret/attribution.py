"""Attribution: how much each number of an input contributes to one class' logit F(x).

gradient     dF/dx                                    Simonyan et al. 2013, arXiv:1312.6034
smoothgrad   mean over e of dF(x + e)/dx              Smilkov et al. 2017, arXiv:1706.03825
             e ~ N(0, (noise (max x - min x))^2)
integrated   (x - b) int_0^1 dF(b + t (x - b))/dx dt  Sundararajan et al. 2017, arXiv:1703.01365
             its sum is F(x) - F(b)
gradcam      relu(sum_k w_k A_k), w_k = mean over positions of dF/dA_k, of a layer's maps A,
             resized to the input's size              Selvaraju et al. 2017, arXiv:1610.02391

Inputs are images (height, width, channels) in [0, 1], series (time, channels), volumes (depth, height,
width, channels), or rows of numbers; one at a time, without a batch axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.arrays import Array, example_kind
from zoo.errors import SettingError, UnknownName, ZooError
from zoo.interpret.gradients import GradientFunction, gradient_in_batches, logit_gradient
from zoo.interpret.networks import LayerInfo, find_layers, layers_of, truncate

if TYPE_CHECKING:
    import keras

    from zoo.interpret.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Explainer:
    """A classifier and the settings of each method; its gradients are compiled once for all inputs.

    Args:
        classifier: what `open_classifier` returns.
        layer: the layer whose maps gradcam weighs; None for the maps of the last convolution.
        draws: the number of noisy copies that smoothgrad averages over.
        noise: their standard deviation, as a share of the input's range.
        steps: the number of points between baseline and input at which integrated takes gradients.
        baseline: the value without information; None for 0, or for the mean of each channel of a series.
        seed: the seed of smoothgrad's noise.

    Raises:
        SettingError: a setting is out of range.

    Example:
        >>> explainer = Explainer(open_classifier("cnn.mnist"))
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

    def explain(self, x: Array, index: int, method: str) -> Array:
        """Return how much each number of an input contributes to the logit of a class.

        Args:
            x: one input, without a batch axis.
            index: the number of the class.
            method: one of METHODS.

        Returns:
            For gradcam one number for each position of the input, at least 0; else an array of its shape.

        Raises:
            UnknownName: there is no such method.
            ZooError: the gradient is 0 everywhere, or not finite.
        """
        if method not in METHODS:
            raise UnknownName("method", method, METHODS)
        values = METHODS[method](self, np.asarray(x, np.float32), index)
        name = self.classifier.name
        if not np.isfinite(values).all():
            raise ZooError(f"The gradient of {name} with respect to this input is not finite.")
        if not values.any() and method != "gradcam":
            raise ZooError(
                f"The logit of class {self.classifier.classes[index]} of {name} does not change with this "
                "input: its gradient is 0 everywhere. An operation before the logit has no gradient (a "
                "rounding, an argmax), or all units of a layer return 0."
            )
        return values

    def gradient(self, inputs: Array, index: int) -> Array:
        """Return the gradient of a class' logit with respect to each input of a batch."""
        return gradient_in_batches(self._gradient, inputs, index)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that can be used: gradcam only where a layer has maps."""
        maps = self.layer or default_layers(layers_of(self.classifier.logits))
        return tuple(name for name in METHODS if name != "gradcam" or maps)

    @cached_property
    def _gradient(self) -> GradientFunction:
        return logit_gradient(self.classifier.logits)

    @cached_property
    def _halves(self) -> tuple[keras.Model, GradientFunction]:
        """The network up to the layer, and the gradient of what comes after it."""
        body, head = split_at(self.classifier.logits, self.layer)
        return body, logit_gradient(head)

    def maps_and_gradient(self, x: Array, index: int) -> tuple[Array, Array]:
        """Return a layer's maps of an input, and the gradient of a class' logit with respect to them."""
        body, gradient = self._halves
        maps = np.asarray(body(x[None]), np.float32)
        return maps[0], gradient_in_batches(gradient, maps, index)[0]


def _gradient(explainer: Explainer, x: Array, index: int) -> Array:
    """Return dF/dx."""
    return np.asarray(explainer.gradient(x[None], index)[0])


def _smoothgrad(explainer: Explainer, x: Array, index: int) -> Array:
    """Return the mean of dF/dx over noisy copies of x."""
    deviation = explainer.noise * (x.max() - x.min() or 1.0)
    generator = np.random.default_rng(explainer.seed)
    noise = generator.normal(0, deviation, (explainer.draws, *x.shape))
    mean: Array = explainer.gradient((x + noise).astype(np.float32), index).mean(0)
    return mean


def _integrated_gradients(explainer: Explainer, x: Array, index: int) -> Array:
    """Return the integral of dF/dx along the line from the baseline to x, by the midpoint rule."""
    start = _baseline(explainer, x)
    fractions = (np.arange(explainer.steps, dtype=np.float32) + 0.5) / explainer.steps
    points = start + fractions.reshape(-1, *[1] * x.ndim) * (x - start)
    return np.asarray((x - start) * explainer.gradient(points, index).mean(0))


def _gradcam(explainer: Explainer, x: Array, index: int) -> Array:
    """Return a layer's maps, weighted by how much the logit grows with each; negative values become 0."""
    maps, slopes = explainer.maps_and_gradient(x, index)
    positions = tuple(range(maps.ndim - 1))
    weighted = np.maximum((maps * slopes.mean(positions)).sum(-1), 0)
    return resize_linearly(weighted, x.shape[: maps.ndim - 1])


METHODS: dict[str, Callable[[Explainer, Array, int], Array]] = {
    "gradient": _gradient,
    "smoothgrad": _smoothgrad,
    "integrated": _integrated_gradients,
    "gradcam": _gradcam,
}


def _baseline(explainer: Explainer, x: Array) -> Array:
    """Return the input without information: black, or the mean of each channel of a series."""
    if explainer.baseline is None and example_kind(x.shape) == "series":
        return np.broadcast_to(x.mean(0), x.shape)
    return np.full_like(x, explainer.baseline or 0)


def resize_linearly(values: Array, sizes: Sequence[int]) -> Array:
    """Return an array at other sizes, by linear interpolation along each axis; the edges stay edges."""
    for axis, size in enumerate(sizes):
        old = values.shape[axis]
        centres = (np.arange(size) + 0.5) * old / size - 0.5
        weights = np.stack([np.interp(centres, np.arange(old), row) for row in np.eye(old)], 1)
        values = np.moveaxis(np.tensordot(weights, values, (1, axis)), 0, axis)
    return values


def default_layers(layers: Sequence[LayerInfo]) -> list[str]:
    """Return the names of the layers with maps, from the last convolution, normalised and activated, back.

    Without convolutions they begin with the last layer that has maps. Maps of one position are left out; a
    free size is above 1.
    """
    maps = [
        layer
        for layer in layers
        if layer.is_map and math.prod(size or 2 for size in layer.shape[:-1]) > 1
    ]
    end = len(maps) - 1
    convolutions = [position for position, layer in enumerate(maps) if "Conv" in layer.kind]
    if convolutions:
        shape = maps[convolutions[-1]].shape
        end = max(at for at in range(convolutions[-1], len(maps)) if maps[at].shape == shape)
    return [layer.name for layer in reversed(maps[: end + 1])]


def split_at(logits: keras.Model, layer: str | None) -> tuple[keras.Model, keras.Model]:
    """Split a network at a layer: from inputs to its maps, and from its maps to the logits.

    Args:
        logits: the network.
        layer: the name; None: the first of `default_layers` that every path passes.

    Raises:
        SettingError: there is no such layer, it has no maps, or a path of the network goes around it.
    """
    names = [layer] if layer else default_layers(layers_of(logits))
    if not names:
        raise SettingError(f"{logits.name} has no layer with maps, which gradcam needs.")
    for name in names[:-1]:
        with suppress(SettingError):
            return _split_at(logits, name)
    return _split_at(logits, names[-1])


def _split_at(logits: keras.Model, layer: str) -> tuple[keras.Model, keras.Model]:
    """Split a network at one layer.

    Raises:
        SettingError: there is no such layer, it has no maps, or a path of the network goes around it.
    """
    import keras

    (info,) = find_layers(logits, [layer])[:1]
    if not info.is_map:
        raise SettingError(
            f"layer={info.name} has no maps. Expected: an output of positions and channels. Received: "
            f"shape {info.shape}"
        )
    last = logits.outputs[0]._keras_history.operation.name
    whole = truncate(logits, [info.name, last])
    maps = whole.output[info.name]
    try:
        head = keras.Model(maps, whole.output[last])
    except ValueError as error:
        raise SettingError(
            f"layer={info.name}: another path of {logits.name} goes around it. Choose a layer that "
            "every path passes."
        ) from error
    return keras.Model(whole.inputs[0], maps), head
