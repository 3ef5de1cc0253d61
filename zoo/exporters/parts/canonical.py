"""A copy of a Functional model with names that depend on the model alone.

Keras numbers names from a counter of the process (dense_7), so that files of one model would have other
bytes each time. A name that the author chose stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from zoo.compute.layer_names import automatic_stem, is_automatic

if TYPE_CHECKING:
    import keras


def canonical_copy(
    model: keras.Model, names: Sequence[str], as_dict: bool, batch: int | None = None
) -> keras.Model:
    """Rebuild a model from its config, with its weights, and with names for its outputs.

    This runs in another thread, where the counters behind Keras' names begin at 0.

    Args:
        model: a Functional model with a flat list of outputs.
        names: of the outputs, in order.
        as_dict: whether the copy returns its outputs as a dictionary with these names.
        batch: the size of the batch where it is free in the model; None leaves it free.

    Raises:
        Exception: whatever `get_config` or `from_config` of a layer raises.
    """
    import keras

    policy = keras.config.dtype_policy()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_rebuild, model, policy, names, as_dict, batch).result()


def layers_of(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield all layers, those inside nested models and wrappers included."""
    yield from model._flatten_layers(include_self=False, recursive=True)


def operations_of(model: keras.Model) -> Iterator[Any]:
    """Yield all operations of the graph, layers and others, those of nested models included."""
    for operation in model.operations:
        yield operation
        if hasattr(operation, "operations"):
            yield from operations_of(operation)


def unused_name(name: str, taken: set[str]) -> str:
    """Return the name, with `_out` appended until it is unused."""
    while name in taken:
        name = f"{name}_out"
    return name


def canonical_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return a model's config with names by class and order, and without what only training needs.

    The names that Keras chose change; the names that the author chose stay.
    """
    names: dict[str, str] = {}
    taken = {layer["name"] for layer in config["layers"] if not _automatic_layer(layer)}
    for layer in config["layers"]:
        names[layer["name"]] = _new_name(layer, taken)
    for layer in config["layers"]:
        layer["name"] = layer["config"]["name"] = names[layer["name"]]
        layer["config"] = _inference_config(layer["config"], taken)
        layer["inbound_nodes"] = _rename_nodes(layer.get("inbound_nodes", []), names)
    for key in ("input_layers", "output_layers"):
        config[key] = _rename_references(config[key], names)
    return config


def portable_name(name: str) -> str:
    """Return a name that no runtime changes: ASCII letters, digits and underscores, a letter first."""
    portable = re.sub(r"\W", "_", str(name), flags=re.ASCII)
    return portable if re.match(r"[A-Za-z]", portable) else f"x{portable}"


def _rebuild(
    flat: keras.Model, policy: Any, names: Sequence[str], as_dict: bool, batch: int | None
) -> keras.Model:
    import keras

    keras.config.set_dtype_policy(policy)  # a new thread has Keras' default
    with keras.utils.custom_object_scope(_custom_layers(flat)):
        clone = _clone_with_shared_weights(flat, batch) or _clone_with_copied_weights(flat, batch)
    for layer in layers_of(clone):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()  # Normalization computes with values derived from its weights
    return _name_outputs(clone, names, as_dict)


def _custom_layers(model: keras.Model) -> dict[str, Any]:
    """Return the classes by name of the layers that are not Keras' own.

    Keras finds its own by their modules. By its name alone, the operation `Add` would become the layer `Add`.
    """
    classes = map(type, layers_of(model))
    return {each.__name__: each for each in classes if not each.__module__.startswith("keras.")}


def _config(model: keras.Model, batch: int | None) -> dict[str, Any]:
    """Return the canonical config, with the batch of its inputs fixed where it is free."""
    config = canonical_config(model.get_config())
    for layer in config["layers"] if batch else ():
        if layer["class_name"] == "InputLayer":
            size, *others = layer["config"]["batch_shape"]
            layer["config"]["batch_shape"] = (size or batch, *others)
    return config


def _clone_with_shared_weights(flat: keras.Model, batch: int | None) -> keras.Model | None:
    """Return a clone whose weights are the original's own tensors, so that they need no memory.

    Returns None where the clone must hold values while it is built: a layer from elsewhere may compute
    with them, and on another backend than TensorFlow a tensor is not shared by `_initialize`.
    """
    import keras

    packages = {type(layer).__module__.partition(".")[0] for layer in layers_of(flat)}
    if keras.backend.backend() != "tensorflow" or not packages <= {"keras", "zoo"}:
        return None
    try:
        with keras.StatelessScope(initialize_variables=False):
            clone = keras.Model.from_config(_config(flat, batch))
    except Exception:  # a layer that wants values; the other way says what is wrong, if anything
        return None
    if [weight.shape for weight in clone.weights] != [weight.shape for weight in flat.weights]:
        return None
    for weight, original in zip(clone.weights, flat.weights, strict=True):
        weight._initialize(original.value)
    for variable in clone.variables:  # the seeds of layers that draw random numbers in training
        if variable._value is None:
            variable._deferred_initialize()
    return clone


def _clone_with_copied_weights(flat: keras.Model, batch: int | None) -> keras.Model:
    import keras

    clone = keras.Model.from_config(_config(flat, batch))
    clone.set_weights(flat.get_weights())
    return clone


def _name_outputs(clone: keras.Model, names: Sequence[str], as_dict: bool) -> keras.Model:
    """Return a model with an Identity of the right name behind each output whose layer has another name."""
    import keras

    taken = {layer.name for layer in clone.layers}
    named = {}
    for name, tensor in zip(names, clone.outputs, strict=True):
        if tensor._keras_history.operation.name != name:
            layer_name = unused_name(name, taken)
            tensor = keras.layers.Identity(name=layer_name, dtype=tensor.dtype)(tensor)
            taken.add(layer_name)
        named[name] = tensor
    structure: Any = named if as_dict else list(named.values())
    if not as_dict and len(named) == 1:
        structure = structure[0]
    inputs = clone.inputs if len(clone.inputs) > 1 else clone.inputs[0]
    return keras.Model(inputs, structure, name=clone.name)


def _new_name(layer: dict[str, Any], taken: set[str]) -> str:
    """Return the name that a layer gets: the author's, or its class with the first free number."""
    if not _automatic_layer(layer):
        name = str(layer["name"])
        return _argument_name(name) if layer["class_name"] == "InputLayer" else name
    stem = "input" if layer["class_name"] == "InputLayer" else automatic_stem(layer["class_name"])
    number = 0
    while (name := stem if not number else f"{stem}_{number}") in taken:
        number += 1
    taken.add(name)
    return name


def _argument_name(name: str) -> str:
    """Return a name that an argument of a Python function may have, as TensorFlow's signatures require."""
    portable = portable_name(name)
    return f"{portable}_" if iskeyword(portable) else portable


def _inference_config(value: Any, taken: set[str]) -> Any:
    """Return a layer's config without what only training needs; layers and models in it too."""
    if isinstance(value, list | tuple):
        return type(value)(_inference_config(item, taken) for item in value)
    if not isinstance(value, dict):
        return value
    if "layers" in value and "input_layers" in value:
        return canonical_config(value)
    config = {
        key: _inference_config(item, taken) for key, item in value.items() if key != "build_config"
    }
    for key in config:
        if key.endswith("_regularizer"):
            config[key] = None
        if key == "seed" and config[key] is None:
            config[key] = 0  # Keras draws a new seed each time, and the file's bytes would change
    if _is_layer(config) and _automatic_layer({"name": config["config"]["name"], **config}):
        config["config"]["name"] = _new_name({"name": config["config"]["name"], **config}, taken)
        if "name" in config:
            config["name"] = config["config"]["name"]
    return config


def _is_layer(value: dict[str, Any]) -> bool:
    """Return whether a dictionary is a layer's serialized form."""
    return (
        isinstance(value.get("class_name"), str)
        and isinstance(value.get("config"), dict)
        and isinstance(value["config"].get("name"), str)
    )


def _rename_nodes(value: Any, names: dict[str, str]) -> Any:
    """Return inbound nodes with new names of layers."""
    if isinstance(value, list | tuple):
        return type(value)(_rename_nodes(item, names) for item in value)
    if isinstance(value, dict):
        return {
            key: [names[item[0]], *item[1:]]
            if key == "keras_history"
            else _rename_nodes(item, names)
            for key, item in value.items()
        }
    return value


def _rename_references(value: Any, names: dict[str, str]) -> Any:
    """Return input_layers or output_layers, made of [name, node, tensor], with new names of layers."""
    if isinstance(value, dict):
        return {key: _rename_references(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple) and value and isinstance(value[0], str):
        return [names[value[0]], *value[1:]]
    return [_rename_references(item, names) for item in value]


def _automatic_layer(layer: dict[str, Any]) -> bool:
    return is_automatic(str(layer["name"]), str(layer["class_name"]))
