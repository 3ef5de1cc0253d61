"""Trained networks by name, to be looked into: a run's, a file's, or one that Keras offers.

Public. Whatever it was, a network is opened as one flat Functional model of pixels in [0, 1] that
nothing trains: models used as layers are laid open, and what Keras' own networks want instead of
pixels (another range, blue first) is their first layer. `layers_of` lists what there is to look at,
`chosen` finds layers by name or glob, and `at` cuts a network off where one looks.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import PluginError, SettingError, UnknownName, ZooError, nearest
from zoo.exporters.canonical import is_automatic
from zoo.exporters.formats.keras import open_model_file as opened_file
from zoo.registry.catalog import catalog
from zoo.runs.load import load_run_model
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

SUFFIXES = (".keras", ".h5")


@dataclass(frozen=True)
class LayerInfo:
    """A layer that one can look at: its name, kind, and output shape without the batch."""

    name: str
    kind: str
    shape: tuple[int | None, ...]
    parameters: int

    @property
    def channels(self) -> int:
        """How many feature maps or units it has."""
        return int(self.shape[-1] or 0)

    @property
    def is_map(self) -> bool:
        """Whether its channels are spread over places, as a convolution's are."""
        return len(self.shape) > 1


def open_network(name: str, setting: str = "network", example: str = "cnn.mnist") -> keras.Model:
    """Open a trained network, frozen, with pixels in [0, 1] at its door.

    Args:
        name: a finished run (`cnn.mnist`; of a model that is no single graph, a part of it:
            `vae.mnist:encoder`), a .keras or .h5 file, or a network of `keras.applications` (`VGG16`),
            with the weights that Keras has for it.
        setting: that the name was given for, for the message.
        example: a model to train where there is none of that name, for the message.

    Raises:
        SettingError: there is none of that name (the message says how to make it), its weights
            could not be fetched, or it is no graph of layers.
    """
    told = f"{setting}={name}"
    if Path(name).suffix in SUFFIXES and Path(name).is_file():
        model = flatten(_file(name, told))
    elif name in applications():
        model = renumber_layers(flatten(open_application(name, told)))
    else:
        model = renumber_layers(flatten(_run(name, told, example)))
    model.trainable = False
    return model


def applications() -> list[str]:
    """List the networks that Keras has weights for."""
    import keras

    return [name for name in dir(keras.applications) if name[0].isupper()]


def open_application(name: str, told: str, weights: str | None = "imagenet") -> keras.Model:
    """Make one of Keras' own networks, with a first layer that turns pixels into what it wants.

    Raises:
        SettingError: its weights could not be fetched.
    """
    import keras

    make = getattr(keras.applications, name)
    try:
        network = make(weights=weights)
    except Exception as error:  # Keras raises bare Exceptions where a download fails
        raise SettingError(
            f"{told}: Keras could not fetch the weights of {name} ({str(error)[:120]}). With a "
            "connection once, it keeps them in ~/.keras/models; or name a run or a .keras file."
        ) from error
    module = getattr(keras.applications, make.__module__.rpartition(".")[2])
    kernel, bias = preprocessing_matrix(module.preprocess_input)
    pixels = keras.Input(network.input_shape[1:], name="pixels")
    wanted = keras.layers.Conv2D(3, 1, name="preprocessing")
    front = wanted(pixels)
    wanted.set_weights([kernel[None, None], bias])
    return keras.Model(pixels, network(front), name=name.lower())


def preprocessing_matrix(preprocess: Any) -> tuple[Any, Any]:
    """Find the matrix (3, 3) and offset (3,) of a preprocessing, for pixels in [0, 1] as rows."""
    colours = np.concatenate([np.zeros((1, 3)), np.eye(3)])[:, None, None] * 255.0
    black, *pure = np.asarray(preprocess(colours.astype(np.float32)))[:, 0, 0]
    return np.stack(pure) - black, black


def flatten(model: keras.Model) -> keras.Model:
    """Lay open the models that are used as layers, sharing every weight.

    Raises:
        SettingError: it is no graph of layers, or two of its layers have one name.
    """
    import keras

    if not _is_graph(model) or not model.built:
        raise SettingError(
            f"{model.name} is no graph of layers, so there is nothing to look into. "
            "Expected: a Functional or Sequential model."
        )
    given = [keras.Input(batch_shape=t.shape, dtype=t.dtype, name=t.name) for t in model.inputs]
    whole = model
    if isinstance(model, keras.Sequential):
        whole = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    try:
        return _through(whole, given)
    except ValueError as error:
        raise SettingError(f"{model.name} cannot be laid open: {str(error)[:200]}") from error


def renumber_layers(model: keras.Model) -> keras.Model:
    """Number the layers that Keras named from 0, whatever this process built before; in place."""
    kinds = {layer: type(layer).__name__ for layer in model.layers}
    automatic = [layer for layer, kind in kinds.items() if is_automatic(layer.name, kind)]
    taken = {layer.name for layer in model.layers if layer not in automatic}
    for layer in automatic:
        stem = re.sub(r"_\d+$", "", layer.name)
        numbers = (f"{stem}_{number}" if number else stem for number in itertools.count())
        layer.name = next(name for name in numbers if name not in taken)
        taken.add(layer.name)
    return model


def layers_of(model: keras.Model) -> list[LayerInfo]:
    """List the layers of a flat model in order, its inputs aside."""
    import keras

    return [
        LayerInfo(layer.name, type(layer).__name__, _shape(layer), layer.count_params())
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]


def find_layers(
    model: keras.Model, patterns: Sequence[str], setting: str = "layer"
) -> list[LayerInfo]:
    """Give the layers that have one of the names, or match one of the globs, in the model's order.

    Raises:
        SettingError: a pattern fits none; the message has the nearest names.
    """
    everything = layers_of(model)
    names = [layer.name for layer in everything]
    found: set[str] = set()
    for pattern in patterns:
        fits = {name for name in names if fnmatchcase(name, pattern)}
        if not fits:
            near = difflib.get_close_matches(pattern, names, 3, 0.4)
            told = f"Did you mean {' or '.join(near)}?" if near else f"Layers: {', '.join(names)}."
            raise SettingError(f"{setting}={pattern}: {model.name} has no such layer. {told}")
        found |= fits
    return [layer for layer in everything if layer.name in found]


def truncate(
    model: keras.Model, names: Sequence[str], shape: Sequence[int | None] | None = None
) -> keras.Model:
    """Cut a flat model off at some layers, whose names its outputs have.

    (`layer.output` is that of the layer's first graph, which need not be this model's.)

    Args:
        model: with one input.
        names: of the layers.
        shape: of one input, where it is not the model's own: for other sizes of image. Layers after
            a Flatten have none.

    Raises:
        SettingError: there is no such layer, or a layer does not go with that shape.
    """
    import keras

    layers = [find_layers(model, [name])[0].name for name in names]
    seen: dict[str, Any] = {}
    given = [keras.Input(model.inputs[0].shape[1:], name=model.inputs[0].name)]
    _through(model, given, seen)
    cut = keras.Model(given[0], {name: seen[name] for name in layers}, name=model.name)
    if shape is None:
        return cut
    try:
        return _through(cut, [keras.Input(tuple(shape), name=given[0].name)])
    except ValueError as error:
        raise SettingError(
            f"{', '.join(names)} of {model.name} cannot look at inputs of shape {tuple(shape)}: "
            f"{str(error)[:200]}"
        ) from error


def weights_digest(model: keras.Model) -> str:
    """Hash all weights of a model: the same numbers in the same order give the same sha256."""
    total = hashlib.sha256()
    for weight in model.weights:
        array = np.ascontiguousarray(weight.numpy())
        total.update(f"{array.shape}{array.dtype}".encode() + array.tobytes())
    return total.hexdigest()


def _through(
    model: keras.Model, given: Sequence[Any], seen: dict[str, Any] | None = None
) -> keras.Model:
    """Send input tensors through a graph, and through the graphs inside it; note what layers give."""
    import keras

    seen = {} if seen is None else seen

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        inside = isinstance(layer, keras.Model) and _is_graph(layer)
        seen[layer.name] = layer.call(*args) if inside else layer(*args, **kwargs)
        return seen[layer.name]

    model = keras.models.clone_model(
        model,
        input_tensors=keras.tree.pack_sequence_as(model.input, list(given)),
        clone_function=lambda layer: layer,
        call_function=call,
    )
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model) and _is_graph(layer)]
    return _through(model, given, seen) if inner else model


def _is_graph(model: keras.Model) -> bool:
    return hasattr(model, "operations") or hasattr(model, "_functional")


def _shape(layer: Any) -> tuple[int | None, ...]:
    """Give the shape of a layer's output without the batch; of several, the first one's."""
    import keras

    first = keras.tree.flatten(layer.output)[0]
    return tuple(first.shape[1:])


def _file(name: str, told: str) -> keras.Model:
    """Open a model file."""
    try:
        return opened_file(Path(name))
    except ZooError:
        raise
    except Exception as error:  # whatever Keras meets in somebody's file
        raise SettingError(f"{told}: Keras cannot open it: {str(error)[:300]}") from error


def _run(name: str, told: str, example: str) -> keras.Model:
    """Rebuild a run's model; where it is no single graph, the part that is asked for, or the first."""
    path, _, role = name.partition(":")
    try:
        recipe, model = load_run_model(Run.open(path))
    except UnknownName as error:
        if path in {entry.name for entry in catalog().find("*")}:
            hint = f"Train one: zoo train {path}"
        else:
            hint = nearest(path, (*error.choices, *applications())) + f" Or: zoo train {example}"
        raise SettingError(
            f"{told}: there is no such run, no such .keras file and no such network of "
            f"keras.applications. {hint}"
        ) from error
    if not role and hasattr(model, "operations"):
        return model
    parts = recipe.architecture.export(model, recipe.config)
    if role and role not in parts:
        raise SettingError(f"{told}: {path} has no part {role}. Parts: {', '.join(sorted(parts))}.")
    part = parts[role] if role else next(iter(parts.values()), None)
    if part is None:
        raise PluginError(f"{told}: {path} has no part to look into.")
    return part
