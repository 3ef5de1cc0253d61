"""One layer of a gallery: for each channel the image made for it, the strongest real examples, the numbers.

A channel's activation is the mean of its map over all positions. A channel is dead if it has the same value
everywhere for every real example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.errors import SettingError
from zoo.interpret.activation_maximization import AscentConfig, Bounds, Track, maximize
from zoo.interpret.networks import LayerInfo, truncate
from zoo.interpret.top_activations import TopActivations, main_classes

if TYPE_CHECKING:
    import keras

NOISE_INPUTS = 32  # that measure what a channel returns, where there are no real examples


@dataclass(frozen=True, eq=False)
class ChannelGallery:
    """One channel.

    Args:
        index: its number in the layer.
        image: the input that was made for it.
        activation: its activation for that input.
        best_real: its largest activation for a real example, if there are any.
        examples: the real examples that excite it most, strongest first.
        classes: the class of most of them, such as `7 in 8 of 9`.
        dead: whether it never changes.
    """

    index: int
    image: Array = field(repr=False)
    activation: float
    best_real: float | None = None
    examples: Array | None = field(default=None, repr=False)
    classes: str = ""
    dead: bool = False

    @property
    def ratio(self) -> float | None:
        """The activation divided by that of the best real example, if the latter is above 0."""
        return self.activation / self.best_real if self.best_real and self.best_real > 0 else None


@dataclass(frozen=True)
class ChosenLayer:
    """A layer to show.

    Args:
        layer: the layer.
        follows: the convolution that it normalises or activates, or "".
        rectified: if the layer is a ReLU, the layer before it; else "".
    """

    layer: LayerInfo
    follows: str = ""
    rectified: str = ""


@dataclass(frozen=True, eq=False)
class LayerGallery:
    """One layer: what it is, the convolution that it follows, and its channels."""

    layer: LayerInfo
    follows: str
    channels: tuple[ChannelGallery, ...] = field(repr=False)

    @property
    def dead(self) -> list[int]:
        """The numbers of the channels that never change."""
        return [each.index for each in self.channels if each.dead]

    @property
    def above(self) -> float | None:
        """The share of live channels that are excited more by their image than by any real example."""
        pairs = [(c.activation, c.best_real) for c in self.channels if not c.dead]
        better = [made > best for made, best in pairs if best is not None]
        return sum(better) / len(better) if better else None

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as plain data."""
        channels = [
            {"channel": c.index, "reached": c.activation, "best": c.best_real, "classes": c.classes}
            for c in self.channels
        ]
        return {
            "layer": self.layer.name,
            "follows": self.follows,
            "above the best real": self.above,
            "dead": self.dead,
            "channels": channels,
        }


def make_layer_galleries(
    network: keras.Model,
    chosen: Sequence[ChosenLayer],
    config: AscentConfig,
    shape: tuple[int, ...],
    channels: int | None,
    data: Dataset | None,
    real: Mapping[str, TopActivations],
    track: Track,
) -> tuple[LayerGallery, ...]:
    """Make an image for each channel of some layers, and put the strongest real examples beside it.

    Args:
        network: a flat model with one input.
        chosen: the layers.
        config: the steps of the images.
        shape: the shape of one input.
        channels: how many channels of each layer to show, the first ones; None for all.
        data: the examples, for the range of inputs and the names of classes.
        real: by the name of a layer, the strongest examples of its channels.
        track: shows progress over the steps.

    Raises:
        SettingError: the range of the inputs is not known.
    """
    options: dict[str, Any] = {"config": config, "shape": shape, "channels": channels}
    options |= {"data": data, "track": track}
    return tuple(
        _make_layer_gallery(network, each, real.get(each.layer.name), **options) for each in chosen
    )


def _make_layer_gallery(
    network: keras.Model,
    chosen: ChosenLayer,
    real: TopActivations | None,
    *,
    config: AscentConfig,
    shape: tuple[int, ...],
    channels: int | None,
    data: Dataset | None,
    track: Track,
) -> LayerGallery:
    """Make the gallery of one layer."""
    count = min(chosen.layer.channels, channels or chosen.layer.channels)
    indices, bounds = np.arange(count), _input_bounds(network, shape, data)
    layer = _tensor_model(truncate(network, [chosen.layer.name], shape))
    scales = np.abs(real.means[0]) if real else _noise_scales(layer, shape, bounds, config.seed)
    start = _tensor_model(truncate(network, [chosen.rectified or chosen.layer.name], shape))
    rectify = bool(chosen.rectified)
    images = maximize(start, indices, scales[indices], bounds, shape, config, rectify, track)
    shown = [
        ChannelGallery(index, image, _activation(layer, image, index))
        for index, image in enumerate(images)
    ]
    if real is not None and data is not None:
        names = main_classes(data.test, real.positions, dict(enumerate(data.classes or ())))
        shown = [_add_examples(each, data, real, names[each.index]) for each in shown]
    return LayerGallery(chosen.layer, chosen.follows, tuple(shown))


def _input_bounds(network: keras.Model, shape: tuple[int, ...], data: Dataset | None) -> Bounds:
    """Return the least and the largest value of an input: 0 and 1 of pixels, else those of the examples.

    Raises:
        SettingError: it is neither an image nor a volume, and there are no examples.
    """
    if len(shape) > 2:
        return np.zeros(1, np.float32), np.ones(1, np.float32)
    if data is None:
        raise SettingError(
            f"{network.name} takes inputs of shape {shape}, and only examples tell their range. Give --data."
        )
    axes, inputs = tuple(range(len(shape))), data.test.inputs
    return inputs.min(axes), inputs.max(axes)


def _tensor_model(cut: keras.Model) -> keras.Model:
    """Return a model of one named output as one that returns the tensor."""
    import keras

    (tensor,) = cut.output.values()
    return keras.Model(cut.inputs[0], tensor)


def _add_examples(
    channel: ChannelGallery, data: Dataset, real: TopActivations, classes: str
) -> ChannelGallery:
    return replace(
        channel,
        best_real=float(real.means[0, channel.index]),
        examples=data.test.take(real.positions[:, channel.index]).inputs,
        classes=classes,
        dead=not bool(real.live[channel.index]),
    )


def _activation(layer: keras.Model, image: Array, index: int) -> float:
    """Return the activation of a channel for one image."""
    maps = np.asarray(layer(image[None], training=False), np.float32)
    return float(maps[..., index].mean())


def _noise_scales(layer: keras.Model, shape: tuple[int, ...], bounds: Bounds, seed: int) -> Array:
    """Return the mean absolute value of each channel for noise."""
    low, high = bounds
    uniform = np.random.default_rng(seed).random((NOISE_INPUTS, *shape), np.float32)
    noise = low + (high - low) * uniform
    maps = [np.asarray(layer(each[None], training=False), np.float32) for each in noise]
    scales: Array = np.abs(np.concatenate(maps)).reshape(-1, maps[0].shape[-1]).mean(0)
    return scales
