"""A copy of a Functional model under names that depend on nothing but the model itself.

Keras counts on from whatever the process built before (dense_7), so that the same model would be
written with other bytes. A name that was given on purpose stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def canonical_copy(model: keras.Model, names: Sequence[str], as_dict: bool) -> keras.Model:
    """Rebuild a model from its config, with its weights, and with names for its outputs.

    It happens in a thread of its own, where the counters behind Keras' names begin at 0.
    """
    import keras

    policy = keras.config.dtype_policy()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_rebuilt, model, policy, names, as_dict).result()


def layers_of(model: keras.Model) -> Iterator[keras.Layer]:
    """Walk through all layers, those inside nested models and wrappers included."""
    yield from model._flatten_layers(include_self=False, recursive=True)


def operations_of(model: keras.Model) -> Iterator[Any]:
    """Walk through all nodes of the graph, those of nested models included."""
    for operation in model.operations:
        yield operation
        if hasattr(operation, "operations"):
            yield from operations_of(operation)


def unused_name(name: str, taken: set[str]) -> str:
    """Lengthen a name until no layer has it."""
    while name in taken:
        name = f"{name}_out"
    return name


def canonical_config(config: dict[str, Any]) -> dict[str, Any]:
    """Rename what was named automatically, by class and order, and strip what only training needs."""
    names: dict[str, str] = {}
    taken = {layer["name"] for layer in config["layers"] if not _automatic_layer(layer)}
    for layer in config["layers"]:
        names[layer["name"]] = _new_name(layer, taken)
    for layer in config["layers"]:
        layer["name"] = layer["config"]["name"] = names[layer["name"]]
        layer["config"] = _stripped(layer["config"], taken)
        layer["inbound_nodes"] = _renamed(layer.get("inbound_nodes", []), names)
    for key in ("input_layers", "output_layers"):
        config[key] = _renamed_references(config[key], names)
    return config


def is_automatic(name: str, kind: str) -> bool:
    """Tell whether Keras chose a name; Bidirectional puts a word before that of its layers."""
    stem = re.escape(_snake(kind))
    return re.fullmatch(rf"((forward|backward)_)?{stem}(_\d+)?", name) is not None


def portable_name(name: str) -> str:
    """Make a name that every runtime takes as it is: letters of ASCII, digits and underscores."""
    made = re.sub(r"\W", "_", str(name), flags=re.ASCII)
    return made if re.match(r"[A-Za-z]", made) else f"x{made}"


def names_in(config: Any) -> set[str]:
    """Collect every name in a config that could be one registered with Keras."""
    if isinstance(config, list | tuple):
        return {name for item in config for name in names_in(item)}
    if not isinstance(config, dict):
        return set()
    found = {name for item in config.values() for name in names_in(item)}
    if config.get("class_name") == "function":
        found.add(str(config.get("config")))
    elif config.get("registered_name"):
        found.add(str(config["registered_name"]))
    return found


def _rebuilt(flat: keras.Model, policy: Any, names: Sequence[str], as_dict: bool) -> keras.Model:
    import keras

    keras.config.set_dtype_policy(policy)  # a thread begins with Keras' own
    custom = {type(layer).__name__: type(layer) for layer in layers_of(flat)}
    with keras.utils.custom_object_scope(custom):
        clone = keras.Model.from_config(canonical_config(flat.get_config()))
    clone.set_weights(flat.get_weights())
    for layer in layers_of(clone):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()  # Normalization computes with what it derives from its weights
    return _with_names(clone, names, as_dict)


def _with_names(clone: keras.Model, names: Sequence[str], as_dict: bool) -> keras.Model:
    """Put an Identity of the right name behind each output whose layer is called otherwise."""
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
    if not _automatic_layer(layer):
        name = str(layer["name"])
        return _argument(name) if layer["class_name"] == "InputLayer" else name
    stem = "input" if layer["class_name"] == "InputLayer" else _snake(layer["class_name"])
    number = 0
    while (name := stem if not number else f"{stem}_{number}") in taken:
        number += 1
    taken.add(name)
    return name


def _argument(name: str) -> str:
    """Make a name that a function's argument can have, as TensorFlow's signatures require."""
    made = portable_name(name)
    return f"{made}_" if iskeyword(made) else made


def _stripped(value: Any, taken: set[str]) -> Any:
    """Clean a layer's config, and the layers and models within it."""
    if isinstance(value, list | tuple):
        return type(value)(_stripped(item, taken) for item in value)
    if not isinstance(value, dict):
        return value
    if "layers" in value and "input_layers" in value:
        return canonical_config(value)
    cleaned = {key: _stripped(item, taken) for key, item in value.items() if key != "build_config"}
    for key in cleaned:
        if key.endswith("_regularizer"):
            cleaned[key] = None
        if key == "seed" and cleaned[key] is None:
            cleaned[key] = 0  # a seed drawn anew would change the file's bytes
    if _is_layer(cleaned) and _automatic_layer({"name": cleaned["config"]["name"], **cleaned}):
        cleaned["config"]["name"] = _new_name({"name": cleaned["config"]["name"], **cleaned}, taken)
        if "name" in cleaned:
            cleaned["name"] = cleaned["config"]["name"]
    return cleaned


def _is_layer(value: dict[str, Any]) -> bool:
    return (
        isinstance(value.get("class_name"), str)
        and isinstance(value.get("config"), dict)
        and isinstance(value["config"].get("name"), str)
    )


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_renamed(item, names) for item in value)
    if isinstance(value, dict):
        return {
            key: [names[item[0]], *item[1:]] if key == "keras_history" else _renamed(item, names)
            for key, item in value.items()
        }
    return value


def _renamed_references(value: Any, names: dict[str, str]) -> Any:
    """Rename the layer in each [name, node, tensor] of input_layers and output_layers."""
    if isinstance(value, dict):
        return {key: _renamed_references(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple) and value and isinstance(value[0], str):
        return [names[value[0]], *value[1:]]
    return [_renamed_references(item, names) for item in value]


def _automatic_layer(layer: dict[str, Any]) -> bool:
    return is_automatic(str(layer["name"]), str(layer["class_name"]))


def _snake(kind: str) -> str:
    """Turn a class name into the name that Keras gives its first instance."""
    kind = re.sub(r"\W+", "", kind)
    kind = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", kind).lower()
