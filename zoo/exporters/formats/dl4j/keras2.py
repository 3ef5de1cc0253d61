"""A Keras model as Keras 2.9 would have saved it: the config and the weights in one HDF5 file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

    from zoo.exporters.parts.part import Part

_VERSION, _BACKEND = "2.9.0", "tensorflow"
_ZEROS = {"class_name": "Zeros", "config": {}}
_ACTIVATIONS = {"silu": "swish"}

# The settings of each class that Keras 2 knows, beside name, trainable and dtype.
_WINDOW = ("padding", "strides", "data_format")
_CONVOLUTION = (*_WINDOW, "filters", "kernel_size", "dilation_rate", "activation", "use_bias")
_SETTINGS: dict[str, tuple[str, ...]] = {
    "Activation": ("activation",),
    "Concatenate": ("axis",),
    "Dense": ("units", "activation", "use_bias"),
    "DepthwiseConv2D": (
        *_WINDOW,
        "kernel_size",
        "dilation_rate",
        "activation",
        "use_bias",
        "depth_multiplier",
    ),
    "ELU": ("alpha",),
    "LSTM": (
        "units",
        "activation",
        "recurrent_activation",
        "use_bias",
        "unit_forget_bias",
        "dropout",
        "recurrent_dropout",
        "return_sequences",
        "return_state",
        "go_backwards",
        "stateful",
        "unroll",
    ),
    "PReLU": ("shared_axes",),
    "ReLU": ("max_value", "negative_slope", "threshold"),
    "RepeatVector": ("n",),
    "Reshape": ("target_shape",),
    "BatchNormalization": ("momentum", "epsilon", "center", "scale"),
}
_SETTINGS_BY_PREFIX = {
    "Conv": _CONVOLUTION,
    "Cropping": ("cropping", "data_format"),
    "Flatten": ("data_format",),
    "Global": ("data_format",),
    "MaxPooling": (*_WINDOW, "pool_size"),
    "AveragePooling": (*_WINDOW, "pool_size"),
    "UpSampling": ("size", "data_format", "interpolation"),
    "ZeroPadding": ("padding", "data_format"),
}
_INITIALIZERS = {
    "BatchNormalization": ("beta", "gamma", "moving_mean", "moving_variance"),
    "DepthwiseConv2D": ("depthwise", "bias"),
    "LSTM": ("kernel", "recurrent", "bias"),
    "PReLU": ("alpha",),
}
_REGULARIZERS = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")


def write_keras2(model: keras.Model, path: Path, part: Part) -> None:
    """Write a flat Functional model, in which each layer is called once.

    Args:
        model: whose layers are all known to Keras 2.
        path: of the new file.
        part: whose contract and origin go into the file's attributes.
    """
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = _VERSION, _BACKEND
        file.attrs["model_config"] = json.dumps(_model_config(model))
        file.attrs["zoo_contract"] = json.dumps(part.contract.to_json(), sort_keys=True)
        for name, fact in sorted(part.origin.items()):
            file.attrs[f"zoo_{name}"] = fact
        root = file.create_group("model_weights")
        root.attrs["keras_version"], root.attrs["backend"] = _VERSION, _BACKEND
        root.attrs["layer_names"] = _names([layer.name for layer in model.layers])
        for layer in model.layers:
            _write_weights(root.create_group(layer.name), layer)


def _write_weights(group: Any, layer: keras.Layer) -> None:
    """Write a layer's weights under the names that Keras 2 gave them: dense/kernel:0."""
    names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
    group.attrs["weight_names"] = _names(names)
    for name, weight in zip(names, layer.weights, strict=True):
        group[name] = np.asarray(weight.value)


def _names(names: list[str]) -> Any:
    """Return names as HDF5 stores them for Keras: text of a fixed length."""
    return np.array([name.encode() for name in names], f"S{max(map(len, names), default=1)}")


def _model_config(model: keras.Model) -> dict[str, Any]:
    config = {
        "name": model.name,
        "layers": [_layer_config(layer) for layer in model.layers],
        "input_layers": [_reference(tensor) for tensor in model.inputs],
        "output_layers": [_reference(tensor) for tensor in model.outputs],
    }
    return {
        "class_name": "Functional",
        "config": config,
        "keras_version": _VERSION,
        "backend": _BACKEND,
    }


def _layer_config(layer: keras.Layer) -> dict[str, Any]:
    kind = type(layer).__name__
    node = layer._inbound_nodes[0]
    calls = [[[*_reference(tensor), {}] for tensor in node.input_tensors]]
    if kind == "InputLayer":
        config, calls = {"batch_input_shape": list(layer.batch_shape), "sparse": False}, []
    else:
        config = {"trainable": True, **_settings(layer, kind)}
    return {
        "class_name": kind,
        "config": {"name": layer.name, "dtype": "float32", **config},
        "name": layer.name,
        "inbound_nodes": calls,
    }


def _reference(tensor: Any) -> list[Any]:
    """Return a tensor as Keras 2 names it: layer, number of the call, number of the output."""
    history = tensor._keras_history
    return [history.operation.name, history.node_index, history.tensor_index]


def _settings(layer: keras.Layer, kind: str) -> dict[str, Any]:
    """Return a layer's settings as Keras 2 names them."""
    prefixes = [prefix for prefix in _SETTINGS_BY_PREFIX if kind.startswith(prefix)]
    names = _SETTINGS.get(kind) or [
        name for prefix in prefixes for name in _SETTINGS_BY_PREFIX[prefix]
    ]
    values = layer.get_config()
    config = {name: values[name] for name in names if name in values}
    if "activation" in config:
        config["activation"] = _ACTIVATIONS.get(config["activation"], config["activation"])
    if kind == "LeakyReLU":
        config["alpha"] = values["negative_slope"]
    if kind == "BatchNormalization":
        config["axis"] = [len(layer.input.shape) - 1]
    if layer.weights or kind in _INITIALIZERS:
        weights = _INITIALIZERS.get(kind, ("kernel", "bias"))
        config |= {f"{name}_initializer": _ZEROS for name in weights}
        config |= {f"{name}_constraint": None for name in weights}
        config |= dict.fromkeys(_REGULARIZERS)
    return config
