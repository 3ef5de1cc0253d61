"""Trained networks to look into: opened by name, listed by layer, and cut off at a layer.

A network is opened as one flat Functional model: the models that it uses as layers are replaced by their
own layers, and every layer has a name of its own. All networks of images take pixels in [0, 1].
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.compute.layer_names import automatic_stem_of, free_name, renumber_layers
from zoo.errors import SettingError, format_cause
from zoo.exporters.sources import Source, is_graph, open_source
from zoo.interpret.inputs.pixel_values import PixelValues, with_unit_pixels
from zoo.io.digest import weights_digest
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

__all__ = [
    "LayerInfo",
    "find_layers",
    "flatten",
    "layers_of",
    "open_network",
    "truncate",
    "weights_digest",
]


@dataclass(frozen=True)
class LayerInfo:
    """A layer: its name, class, output shape without the batch, and number of parameters."""

    name: str
    kind: str
    shape: tuple[int | None, ...]
    parameters: int

    @property
    def channels(self) -> int:
        """The number of its feature maps or units."""
        return int(self.shape[-1] or 0)

    @property
    def is_map(self) -> bool:
        """Whether its output has positions beside channels, like a convolution's."""
        return len(self.shape) > 1


def open_network(
    network: str | Path | Run | keras.Model | Source,
    setting: str | None = "network",
    example: str = "cnn.mnist",
    pixels: PixelValues | None = None,
) -> keras.Model:
    """Open a trained network as one flat model.

    Args:
        network: a run, a part of a run (`vae.mnist:encoder`), a .keras or .h5 file, a network of
            keras.applications (`VGG16`) with the weights of ImageNet, or a model.
        setting: the setting that names the network, for the message of an error; None for an argument.
        example: a model to train where nothing has the name, for the message of an error.
        pixels: those that a network from elsewhere wants; None where its first layers may tell.

    Returns:
        A Functional model of images from 0 to 1; it shares its layers with a model that was passed in, else
        it is frozen.

    Raises:
        SettingError: nothing has this name, its weights cannot be read, it is no graph of layers, or
            `pixels` do not go with it. Without `setting`, an unknown name is an UnknownName.
    """
    source = open_source(network, setting=setting, example=example)
    network = source.network()
    model = flatten(network)
    if source.kind in ("file", "model"):
        converted = with_unit_pixels(network, model, pixels or PixelValues(), source.name)
        model = model if converted is None else flatten(converted)
    elif pixels is not None and pixels.is_given:
        raise SettingError(
            f"{source.name} takes pixels from 0 to 1 here. A range and a preprocessing are for .keras and "
            ".h5 files."
        )
    else:
        renumber_layers(model)
    if source.kind != "model":
        model.trainable = False
    return model


def flatten(model: keras.Model) -> keras.Model:
    """Replace the models that a model uses as layers by their own layers, sharing every weight.

    Where two layers have one name, the later one is renamed: `dense`, `dense_1`.

    Raises:
        SettingError: it is no graph of layers.
    """
    import keras

    if not is_graph(model) or not model.built:
        raise SettingError(
            f"{model.name} is no graph of layers, so there is nothing to look into. "
            "Expected: a Functional or Sequential model."
        )
    inputs = [keras.Input(batch_shape=t.shape, dtype=t.dtype, name=t.name) for t in model.inputs]
    if isinstance(model, keras.Sequential):
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    _rename_duplicates(model)
    try:
        return _rebuild(model, inputs)
    except ValueError as error:
        raise SettingError(f"{model.name} cannot be flattened: {format_cause(error)}") from error


def _rename_duplicates(model: keras.Model) -> None:
    """Rename operations of a graph, and of the graphs in it, so that no two have one name, in place."""
    operations = list(dict.fromkeys(_operations(model)))
    taken, reserved = set[str](), {operation.name for operation in operations}
    for operation in operations:
        if operation.name in taken:
            name = automatic_stem_of(operation) or operation.name
            operation.name = free_name(name, reserved | taken)
        taken.add(operation.name)


def _operations(model: keras.Model) -> Iterator[Any]:
    """Yield every operation of a graph but its inputs; after a graph inside it, what that one holds."""
    import keras

    graph = model._functional if isinstance(model, keras.Sequential) else model
    for operation in graph.operations:
        yield from [] if isinstance(operation, keras.layers.InputLayer) else [operation]
        yield from _operations(operation) if _is_inner_graph(operation) else []


def layers_of(model: keras.Model) -> list[LayerInfo]:
    """Return the layers of a flat model in order, without its inputs."""
    import keras

    layers = [each for each in model.layers if not isinstance(each, keras.layers.InputLayer)]
    shapes = [tuple(keras.tree.flatten(layer.output)[0].shape[1:]) for layer in layers]
    return [
        LayerInfo(layer.name, type(layer).__name__, shape, layer.count_params())
        for layer, shape in zip(layers, shapes, strict=True)
    ]


def find_layers(
    model: keras.Model, patterns: Sequence[str], setting: str = "layer"
) -> list[LayerInfo]:
    """Return the layers whose names are among the patterns, or match one, in the model's order.

    Args:
        model: a flat model.
        patterns: names or globs, such as `conv2d*`.
        setting: the setting that has the patterns, for the message of an error.

    Raises:
        SettingError: a pattern matches no layer; the message has the nearest names.
    """
    everything = layers_of(model)
    names = [layer.name for layer in everything]
    matches: set[str] = set()
    for pattern in patterns:
        matching = {name for name in names if fnmatchcase(name, pattern)}
        if not matching:
            near = difflib.get_close_matches(pattern, names, 3, 0.4)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Choices: {', '.join(names)}."
            raise SettingError(f"{setting}={pattern}: {model.name} has no such layer. {hint}")
        matches |= matching
    return [layer for layer in everything if layer.name in matches]


def truncate(
    model: keras.Model, names: Sequence[str], shape: Sequence[int | None] | None = None
) -> keras.Model:
    """Return a model from the inputs of a flat model to the outputs of some layers: {name: tensor}.

    Args:
        model: a flat model with one input. (A layer's `output` may be that of another graph.)
        names: the layers' names.
        shape: the shape of one input, if it is not the model's own: for images of another size. Layers
            after a Flatten take no other size.

    Raises:
        SettingError: there is no such layer, or a layer does not take inputs of that shape.
    """
    import keras

    layers = [find_layers(model, [name])[0].name for name in names]
    outputs: dict[str, Any] = {}
    pixels = keras.Input(model.inputs[0].shape[1:], name=model.inputs[0].name)
    _rebuild(model, [pixels], outputs)
    cut = keras.Model(pixels, {name: outputs[name] for name in layers}, name=model.name)
    if shape is None:
        return cut
    try:
        return _rebuild(cut, [keras.Input(tuple(shape), name=pixels.name)])
    except ValueError as error:
        raise SettingError(
            f"{', '.join(names)} of {model.name} cannot take inputs of shape {tuple(shape)}: "
            f"{format_cause(error)}"
        ) from error


def _rebuild(
    model: keras.Model, inputs: Sequence[Any], outputs: dict[str, Any] | None = None
) -> keras.Model:
    """Call the layers of a graph, and of the graphs inside it, on other inputs; add to `outputs`."""
    import keras

    outputs = {} if outputs is None else outputs

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        inner = _is_inner_graph(layer)
        outputs[layer.name] = layer.call(*args) if inner else layer(*args, **kwargs)
        return outputs[layer.name]

    model = keras.models.clone_model(
        model,
        input_tensors=keras.tree.pack_sequence_as(model.input, list(inputs)),
        clone_function=lambda layer: layer,
        call_function=call,
    )
    any_inner = any(map(_is_inner_graph, model.layers))
    return _rebuild(model, inputs, outputs) if any_inner else model


def _is_inner_graph(operation: Any) -> bool:
    import keras

    return isinstance(operation, keras.Model) and is_graph(operation)
