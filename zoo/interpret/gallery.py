"""`zoo gallery`: what excites each channel of a network's layers, made and real, on one page.

A convolution is shown where the network uses it: after the normalisation and the activation that follow it.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.dataset import Dataset
from zoo.errors import SettingError
from zoo.exporters.locations import Location
from zoo.exporters.sources import Source, open_source
from zoo.interpret.activation_maximization import AscentConfig, Track
from zoo.interpret.gallery_html import Gallery, write_page
from zoo.interpret.inputs.examples import image_shape, open_examples
from zoo.interpret.inputs.pixel_values import PixelValues
from zoo.interpret.inputs.response import probe_outputs, warn_if_unresponsive
from zoo.interpret.layer_gallery import ChosenLayer, make_layer_galleries
from zoo.interpret.networks import (
    LayerInfo,
    find_layers,
    layers_of,
    open_network,
    truncate,
    weights_digest,
)
from zoo.interpret.top_activations import top_activations
from zoo.runs.display.choice import choose_track
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

__all__ = ["gallery"]

DEFAULT_LAYERS = 2  # the last convolutions that are shown if no layer is named
EXAMPLES = 9  # real examples of each channel
FOLLOWERS = ("Normalization", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU")


def gallery(
    network: str | Path | Run | keras.Model | Location,
    *,
    layers: Sequence[str] = (),
    data: str | Path | Dataset | None = None,
    out: str | Path | None = "gallery.html",
    steps: int = 256,
    channels: int | None = None,
    size: int | None = None,
    seed: int = 0,
    track: Track | None = None,
    pixel_range: str | Sequence[float] | None = None,
    preprocess: str | None = None,
) -> Gallery:
    """Make a page that shows what excites each channel of a network's layers.

    For each channel it shows the image that excites it most, made by activation maximisation, the nine
    examples of the test split that excite it most, and the numbers.

    Args:
        network: a run, a part of a run, a .keras or .h5 file, a network of keras.applications, or a model.
        layers: names of layers, or globs; the last two convolutions, if empty.
        data: a dataset, or the name of one; a run's own data, if None. Other networks are then shown
            without examples.
        out: the HTML file; None to write no file.
        steps: the number of steps for each image, at least 1.
        channels: how many channels of each layer to show, the first ones; None for all.
        size: the side of the images in pixels, if there is no data and the network takes any size.
        seed: the seed of the noise that images start from.
        track: shows progress over the batches and the steps; a bar if not given, see ZOO_PROGRESS.
        pixel_range: the values of black and white that a .keras or .h5 file or a model takes, such as
            `0..255`; if None, its first layers tell, else 0 to 1.
        preprocess: caffe, torch or tf: the preprocessing of keras.applications that it was trained with.

    Returns:
        The images and the numbers of each layer. Its `page` is the file.

    Raises:
        UnknownName: nothing has the network's name, or there is no such dataset.
        SettingError: there is no such layer, a number is below 1, or the range of the inputs is not known.
        DataError: the data does not fit the network.
        WriteError: the page cannot be written.

    Example:
        >>> found = zoo.gallery("cnn.mnist", layers=["conv2d_1"], out="page.html")
        >>> found.layers[0].dead
        []
    """
    layers = (layers,) if isinstance(layers, str) else tuple(layers)
    track = choose_track(track)
    _check_positive(steps=steps, channels=channels, size=size)
    source = open_source(network, example="cnn.mnist")
    pixels = PixelValues(pixel_range, preprocess)
    model = _open_network(source, pixels)
    chosen = choose_layers(model, layers)
    examples = open_examples(source, model, data)
    shape = image_shape(model, examples, size)
    outputs = truncate(model, [each.layer.name for each in chosen], shape)
    if source.kind in ("file", "model"):
        warn_if_unresponsive(source.name, probe_outputs(outputs))
    real = {} if examples is None else top_activations(outputs, examples.test, EXAMPLES, track)
    config = AscentConfig(steps, jitter=_jitter(shape), seed=seed)
    shown = make_layer_galleries(model, chosen, config, shape, channels, examples, real, track)
    options = {"data": data.name if isinstance(data, Dataset) else data, "steps": steps}
    options |= {"channels": channels, "size": size, "seed": seed, **pixels.options}
    result = Gallery(
        command=_command(source, layers=layers, **options),
        steps=steps,
        seed=seed,
        layers=shown,
        **_network_facts(source, model, examples),
    )
    return result if out is None else replace(result, page=write_page(result, Path(out)))


def choose_layers(network: keras.Model, patterns: Sequence[str]) -> list[ChosenLayer]:
    """Return the layers to show, in the network's order.

    Args:
        network: a flat model.
        patterns: names of layers, or globs; if empty, the last convolutions are shown after the
            normalisation and the activation that follow them.

    Raises:
        SettingError: there is no such layer.
    """
    infos = {layer.name: layer for layer in layers_of(network)}
    following = _following(network)
    if patterns:
        names = [(layer.name, "") for layer in find_layers(network, patterns, "layers")]
    else:
        last = _last_layers(list(infos.values()))
        names = [(_last_follower(name, infos, following), name) for name in last]
    before = {after: name for name, after in following.items()}
    chosen = []
    for name, convolution in names:
        rectified = before.get(name, "") if _is_relu(network.get_layer(name)) else ""
        follows = convolution if convolution != name else ""
        chosen.append(ChosenLayer(infos[name], follows, rectified))
    return chosen


def _open_network(source: Source, pixels: PixelValues) -> keras.Model:
    """Return a network as a flat model.

    Raises:
        SettingError: it takes several inputs.
    """
    model = open_network(source, pixels=pixels)
    if len(model.inputs) != 1:
        raise SettingError(f"{source.name} takes {len(model.inputs)} inputs. Expected: one.")
    return model


def _network_facts(source: Source, model: keras.Model, examples: Dataset | None) -> dict[str, Any]:
    """Return the fields of a Gallery that describe the network and its examples."""
    return {
        "network": _name(source),
        "architecture": _architecture(source, model),
        "digest": weights_digest(model),
        "dataset": examples.name if examples else "",
        "examples": len(examples.test) if examples else 0,
    }


def _check_positive(**values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < 1:
            raise SettingError(f"{name} must be at least 1. Received: {value}.")


def _last_layers(layers: Sequence[LayerInfo]) -> list[str]:
    """Return the names of the last convolutions, or of the last layers with weights before the output."""
    convolutions = [layer.name for layer in layers if "Conv" in layer.kind and layer.is_map]
    weighted = [layer.name for layer in layers if layer.parameters][:-1]
    return (convolutions or weighted or [layers[-1].name])[-DEFAULT_LAYERS:]


def _last_follower(name: str, infos: dict[str, LayerInfo], following: dict[str, str]) -> str:
    """Return the last of the normalisations and activations that follow a layer."""
    while (after := following.get(name)) and infos[after].kind.endswith(FOLLOWERS):
        name = after
    return name


def _following(network: keras.Model) -> dict[str, str]:
    """Return for each layer the layer that takes its output, if it is the only one."""
    nodes = [node for level in network._nodes_by_depth.values() for node in level]
    takers: dict[str, set[str]] = {}
    for node in nodes:
        for tensor in [] if node.is_input else node.input_tensors:
            takers.setdefault(tensor._keras_history.operation.name, set()).add(node.operation.name)
    names = {layer.name for layer in layers_of(network)}
    only = {name: next(iter(after)) for name, after in takers.items() if len(after) == 1}
    return {name: after for name, after in only.items() if {name, after} <= names}


def _is_relu(layer: Any) -> bool:
    """Return whether a layer is a plain ReLU and nothing else."""
    import keras

    if isinstance(layer, keras.layers.Activation):
        return bool(layer.activation.__name__ == "relu")
    if not isinstance(layer, keras.layers.ReLU):
        return False
    return not layer.negative_slope and not layer.threshold and layer.max_value is None


def _jitter(shape: tuple[int, ...]) -> int:
    """Return by how many positions images are rolled at most: 2 of 28, 8 of 224."""
    return max(1, min(8, shape[0] // 14)) if len(shape) > 1 else 0


def _name(source: Source) -> str:
    return f"{source.name}:{source.part}" if source.part else source.name


def _architecture(source: Source, network: keras.Model) -> str:
    kind = network.name
    if source.run is not None:
        kind = f"{source.run.record['architecture']} ({source.run.record['package']})"
    return f"{kind}, {sum(layer.parameters for layer in layers_of(network)):,} parameters"


def _command(source: Source, **options: Any) -> str:
    """Return the command that makes the gallery again; a model in memory has none."""
    if source.kind == "model":
        return "zoo.gallery(...) in Python"
    words = ["zoo", "gallery", _name(source)]
    words += [word for layer in options.pop("layers") for word in ("--layers", layer)]
    for option, value in options.items():
        words += [] if value is None else [f"--{option}", str(value)]
    return shlex.join(words)
