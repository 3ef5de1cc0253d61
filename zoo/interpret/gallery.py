"""A gallery: what excites each channel of a network's layers, made and real, with the numbers.

A convolution is looked at where the network uses it: behind the normalisation and the activation that
follow it. What a channel gives for an input is its mean over all places. A channel is dead when it gives
the same number everywhere for every real example.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.data.split import Split
from zoo.errors import DataError, SettingError, UnknownName
from zoo.interpret import networks
from zoo.interpret.activation_maximization import AscentConfig, maximize
from zoo.interpret.top_activations import TopActivations, classes_of, top_activations
from zoo.runs.recipe import recipe_from_run
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

LAYERS = 2  # last convolutions that are looked at where no layer is named
KEPT = 9  # real examples of each channel
SIDE = 128  # of images, where neither the network nor the data says
NOISE = 32  # inputs that tell what a channel gives, where there are no real ones
FOLLOWERS = ("Normalization", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU")

Tracked = Callable[[Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True)
class GalleryConfig:
    """What a gallery is asked to show: `zoo gallery`'s arguments."""

    network: str
    layers: tuple[str, ...] = ()
    data: str | None = None
    steps: int = 256
    channels: int | None = None
    size: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "channels", "size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingError(f"{name} must be at least 1. Received: {value}.")

    @property
    def command(self) -> str:
        """The command that makes the gallery again."""
        words = ["zoo", "gallery", self.network]
        words += [word for layer in self.layers for word in ("--layers", layer)]
        for name in ("data", "steps", "channels", "size", "seed"):
            if getattr(self, name) is not None:
                words += [f"--{name}", str(getattr(self, name))]
        return shlex.join(words)


@dataclass(frozen=True, eq=False)
class ChannelImages:
    """One channel: the input made for it, what that reached, and the strongest real examples."""

    at: int
    image: Array
    reached: float
    best: float | None = None
    real: Array | None = None
    classes: str = ""
    dead: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times the best real example's is reached, where that is above 0."""
        return self.reached / self.best if self.best and self.best > 0 else None


@dataclass(frozen=True, eq=False)
class LayerGallery:
    """One layer: its name, the convolution that it follows, its shape, and its channels."""

    layer: networks.LayerInfo
    follows: str
    channels: tuple[ChannelImages, ...]

    @property
    def dead(self) -> list[int]:
        """The channels that never change."""
        return [each.at for each in self.channels if each.dead]

    @property
    def above(self) -> float | None:
        """The share of live channels whose made input exceeds the best real one."""
        live = [each for each in self.channels if not each.dead and each.best is not None]
        better = [each for each in live if each.best is not None and each.reached > each.best]
        return len(better) / len(live) if live else None


@dataclass(frozen=True, eq=False)
class Gallery:
    """Everything on the page."""

    asked: GalleryConfig
    architecture: str
    digest: str
    dataset: str
    examples: int
    walls: tuple[LayerGallery, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the numbers as plain data."""
        layers = [
            {
                "layer": wall.layer.name,
                "follows": wall.follows,
                "above the best real": wall.above,
                "dead": wall.dead,
                "channels": [
                    {"channel": c.at, "reached": c.reached, "best": c.best, "classes": c.classes}
                    for c in wall.channels
                ],
            }
            for wall in self.walls
        ]
        return {"network": self.asked.network, "weights": self.digest, "layers": layers}


def make_gallery(asked: GalleryConfig, tracked: Tracked = iter) -> Gallery:
    """Make a gallery: open the network, find the strongest examples, and climb for every channel.

    Raises:
        SettingError: there is no such network or layer, or its inputs' range or size is not known.
        DataError: the data does not fit the network.
    """
    network = networks.open_network(asked.network)
    if len(network.inputs) != 1:
        raise SettingError(f"{asked.network} takes {len(network.inputs)} inputs. Expected: one.")
    layers, data = select_layers(network, asked.layers), _data(asked, network)
    shape = _shape(asked, network, data)
    extract = networks.truncate(network, [seen.name for seen, _, _ in layers], shape)
    real = {} if data is None else top_activations(extract, data.test, KEPT, tracked)
    walls = []
    for seen, follows, before in layers:
        cut = networks.truncate(network, [before or seen.name], shape)
        start = _single(cut), bool(before)
        reach = _single(networks.truncate(network, [seen.name], shape))
        walls.append(
            _wall(asked, (seen, follows), start, reach, data, real.get(seen.name), shape, tracked)
        )
    return Gallery(
        asked,
        _architecture(asked.network, network),
        networks.weights_digest(network),
        data.name if data else "",
        len(data.test) if data else 0,
        tuple(walls),
    )


def select_layers(
    network: keras.Model, patterns: Sequence[str]
) -> list[tuple[networks.LayerInfo, str, str]]:
    """Choose the layers: each with the convolution that it follows, and what a last ReLU is given.

    Raises:
        SettingError: there is no such layer.
    """
    seen = {layer.name: layer for layer in networks.layers_of(network)}
    following = _following(network)
    if patterns:
        names = [(layer.name, "") for layer in networks.find_layers(network, patterns, "layers")]
    else:
        names = [(_used(name, seen, following), name) for name in _last(list(seen.values()))]
    before = {after: name for name, after in following.items()}
    found = []
    for name, follows in names:
        rectifies = _rectifies(network.get_layer(name)) and name in before
        found.append(
            (seen[name], follows if follows != name else "", before[name] if rectifies else "")
        )
    return found


def _last(layers: Sequence[networks.LayerInfo]) -> list[str]:
    """Name the last two convolutions, or the last two layers with weights before the answer."""
    convolutions = [layer.name for layer in layers if "Conv" in layer.kind and layer.is_map]
    weighted = [layer.name for layer in layers if layer.parameters][:-1]
    return (convolutions or weighted or [layers[-1].name])[-LAYERS:]


def _used(name: str, seen: dict[str, networks.LayerInfo], following: dict[str, str]) -> str:
    """Follow a layer to where its normalisation and activation end."""
    while (after := following.get(name)) and seen[after].kind.endswith(FOLLOWERS):
        name = after
    return name


def _following(network: keras.Model) -> dict[str, str]:
    """Name for each layer the one that alone takes what it gives."""
    nodes = [node for at in network._nodes_by_depth.values() for node in at if not node.is_input]
    takers: dict[str, set[str]] = {}
    for node in nodes:
        for tensor in node.input_tensors:
            takers.setdefault(tensor._keras_history.operation.name, set()).add(node.operation.name)
    named = {layer.name for layer in networks.layers_of(network)}
    alone = {name: next(iter(after)) for name, after in takers.items() if len(after) == 1}
    return {name: after for name, after in alone.items() if {name, after} <= named}


def _rectifies(layer: Any) -> bool:
    """Tell whether a layer is a plain ReLU and nothing else."""
    import keras

    if isinstance(layer, keras.layers.Activation):
        return bool(layer.activation.__name__ == "relu")
    if not isinstance(layer, keras.layers.ReLU):
        return False
    return not layer.negative_slope and not layer.threshold and layer.max_value is None


def _single(cut: keras.Model) -> keras.Model:
    """Give a model of one named output as one that gives the tensor."""
    import keras

    (tensor,) = cut.output.values()
    return keras.Model(cut.inputs[0], tensor)


def _wall(
    asked: GalleryConfig,
    about: tuple[networks.LayerInfo, str],
    start: tuple[keras.Model, bool],
    reach: keras.Model,
    data: Dataset | None,
    real: TopActivations | None,
    shape: tuple[int, ...],
    tracked: Tracked,
) -> LayerGallery:
    """Make one layer's part of the page."""
    seen, follows = about
    channels = np.arange(min(seen.channels, asked.channels or seen.channels))
    bounds = _bounds(asked, shape, data)
    scales = np.abs(real.means[0]) if real else _on_noise(reach, shape, bounds, asked.seed)
    climb = AscentConfig(asked.steps, jitter=_jitter(shape), seed=asked.seed)
    images = maximize(start[0], channels, scales[channels], bounds, shape, climb, start[1], tracked)
    reached = _reached(reach, images, channels)
    shown = [ChannelImages(int(at), images[at], float(reached[at])) for at in channels]
    if real is not None and data is not None:
        shown = [
            _beside(each, data, real, names)
            for each, names in zip(shown, _names(data, real), strict=False)
        ]
    return LayerGallery(seen, follows, tuple(shown))


def _beside(each: ChannelImages, data: Dataset, real: TopActivations, names: str) -> ChannelImages:
    """Put the strongest real examples beside what was made."""
    examples = data.test.take(real.positions[:, each.at]).inputs
    best, dead = float(real.means[0, each.at]), not bool(real.lives[each.at])
    return ChannelImages(each.at, each.image, each.reached, best, examples, names, dead)


def _names(data: Dataset, real: TopActivations) -> list[str]:
    return classes_of(data.test, real.positions, dict(enumerate(data.classes or ())))


def _reached(reach: keras.Model, images: Array, channels: Array) -> Array:
    """Measure what each channel gives for its own image."""
    found = []
    for image, channel in zip(images, channels, strict=True):
        maps = np.asarray(reach(image[None], training=False), np.float32)
        found.append(maps[..., channel].mean())
    return np.array(found)


def _on_noise(
    reach: keras.Model, shape: tuple[int, ...], bounds: tuple[Array, Array], seed: int
) -> Array:
    """Measure how much each channel gives for noise."""
    low, high = bounds
    noise = low + (high - low) * np.random.default_rng(seed).random((NOISE, *shape), np.float32)
    maps = [np.asarray(reach(each[None], training=False), np.float32) for each in noise]
    size: Array = np.abs(np.concatenate(maps)).reshape(-1, maps[0].shape[-1]).mean(0)
    return size


def _jitter(shape: tuple[int, ...]) -> int:
    """Choose by how many places images are shaken: 2 of 28, 8 of 224."""
    return max(1, min(8, shape[0] // 14)) if len(shape) > 1 else 0


def _bounds(
    asked: GalleryConfig, shape: tuple[int, ...], data: Dataset | None
) -> tuple[Array, Array]:
    """Give the least and largest values of an input: pixels' 0 and 1, else those of the examples."""
    if len(shape) > 2:
        return np.zeros(1, np.float32), np.ones(1, np.float32)
    if data is None:
        raise SettingError(
            f"{asked.network} takes inputs of shape {shape}, whose range only examples tell. Give --data."
        )
    axes = tuple(range(len(shape)))
    inputs = data.test.inputs
    return inputs.min(axes), inputs.max(axes)


def _data(asked: GalleryConfig, network: keras.Model) -> Dataset | None:
    """Open the data: the one that is named, else the run's own; none for files and Keras' networks."""
    run = _run(asked.network)
    wanted = tuple(network.inputs[0].shape[1:])
    data: Dataset | None = None
    if asked.data is not None:
        data = open_dataset(asked.data, wanted)
    elif run is not None:
        data = recipe_from_run(run).load_data()
    if data is not None and not _fits(data.test, wanted):
        raise DataError(
            f"{data.name} has inputs of shape {data.input_shape}, and {asked.network} takes {wanted}."
        )
    return data


def _fits(split: Split, wanted: tuple[int | None, ...]) -> bool:
    shape = split.stored.shape[1:]
    return len(shape) == len(wanted) and all(
        want in (None, size) for size, want in zip(shape, wanted, strict=True)
    )


def _shape(asked: GalleryConfig, network: keras.Model, data: Dataset | None) -> tuple[int, ...]:
    """Decide the size of what is made: the examples', else the network's own, else --size."""
    if data is not None:
        return data.input_shape
    return tuple(int(want or asked.size or SIDE) for want in network.inputs[0].shape[1:])


def _run(name: str) -> Run | None:
    if Path(name).suffix in networks.SUFFIXES or name in networks.applications():
        return None
    try:
        return Run.open(name.partition(":")[0])
    except UnknownName:
        return None


def _architecture(name: str, network: keras.Model) -> str:
    run = _run(name)
    kind = f"{run.record['architecture']} ({run.record['package']})" if run else network.name
    return f"{kind}, {sum(layer.parameters for layer in networks.layers_of(network)):,} parameters"
