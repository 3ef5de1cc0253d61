"""Parts: the graphs worth shipping, brought to one form before any format writes them.

A part becomes a clone with names that depend on nothing but itself, without regularizers (they
break ONNX, and only training needs them), with meaningful input and output names, and with a
contract that every format keeps. The clone must compute what the original does: the gate compares
every file with the original.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.registry import registry

if TYPE_CHECKING:
    import keras

_AXES = {3: ("time",), 4: ("height", "width"), 5: ("depth", "height", "width")}


@dataclass(frozen=True)
class Tensor:
    """One input or output: its name, its dtype, and its shape with names for the free sizes."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    expects: str = ""

    @property
    def sizes(self) -> tuple[int | None, ...]:
        """The shape with None for the free sizes."""
        return tuple(size if isinstance(size, int) else None for size in self.shape)


@dataclass(frozen=True)
class Contract:
    """What goes into a part and what comes out, the same in every format."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Contract:
        """Read what `to_json` gave."""

        def tensors(items: Any) -> tuple[Tensor, ...]:
            return tuple(Tensor(**{**item, "shape": tuple(item["shape"])}) for item in items)

        return cls(tensors(value["inputs"]), tensors(value["outputs"]))


@dataclass(frozen=True)
class Part:
    """One part, ready to be written: the original, its clone and their contract."""

    role: str
    original: keras.Model
    model: keras.Model
    contract: Contract
    origin: dict[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()


def prepare(role: str, model: keras.Model, origin: dict[str, str] | None = None) -> Part:
    """Bring one part to the form that every format writes.

    Raises:
        ExportError: the part is no Functional model, or a layer of it cannot be rebuilt.
    """
    if not re.fullmatch(r"[A-Za-z]\w*(-\w+)*", role):
        raise ExportError(f"A part's role must be a word, such as encoder. Received: {role!r}")
    model = _functional(model)
    outputs = _outputs(role, model)
    clone = _clone(role, model, outputs)
    contract = Contract(
        tuple(_tensor(tensor.name, tensor, True) for tensor in clone.inputs),
        tuple(_tensor(name, tensor, False) for name, tensor in _named(clone, outputs)),
    )
    return Part(role, model, clone, contract, origin or {}, tuple(sorted(_foreign(model))))


def called(model: keras.Model, inputs: Sequence[Any]) -> list[Any]:
    """Call a model with inputs in its contract's order; give its outputs in that order."""
    import keras

    given = keras.tree.pack_sequence_as(model.input, list(inputs))
    return flat_outputs(model, model(given, training=False))


def flat_outputs(model: keras.Model, values: Any) -> list[Any]:
    """Order what a call of the model returned as its contract does."""
    if isinstance(values, dict):
        return [values[key] for key in model.output]
    return list(values) if isinstance(values, list | tuple) else [values]


def layers_of(model: keras.Model) -> Iterator[keras.Layer]:
    """Walk through all layers, those inside nested models and wrappers included."""
    yield from model._flatten_layers(include_self=False, recursive=True)


def _functional(model: keras.Model) -> keras.Model:
    """Give a Sequential model, which has no `output` of its own, as a Functional one."""
    import keras

    if not isinstance(model, keras.Sequential) or not model.built:
        return model
    return keras.Model(model.inputs[0], model.outputs[0], name=model.name)


def _outputs(role: str, model: keras.Model) -> dict[str, Any]:
    """Name the outputs: a dict's keys, else the last layer where its name was chosen, else output."""
    try:
        structure = model.output
    except (AttributeError, ValueError) as error:
        raise ExportError(
            f"The part {role!r} is a {type(model).__name__} without a graph. Make it a Functional "
            "model: keras.Model(inputs, outputs)."
        ) from error
    if isinstance(structure, dict):
        return {_word(key): tensor for key, tensor in structure.items()}
    tensors = list(structure) if isinstance(structure, list | tuple) else [structure]
    names = [_chosen_name(tensor) or "output" for tensor in tensors]
    counts = Counter(names)
    if len(names) > 1:
        seen: Counter[str] = Counter()
        for at, name in enumerate(names):
            if counts[name] > 1:
                names[at] = f"{name}_{seen[name]}"
                seen[name] += 1
    return dict(zip(names, tensors, strict=True))


def _chosen_name(tensor: Any) -> str | None:
    operation = tensor._keras_history.operation
    return (
        None if _is_automatic(operation.name, type(operation).__name__) else _word(operation.name)
    )


def _clone(role: str, model: keras.Model, outputs: dict[str, Any]) -> keras.Model:
    import keras

    flat = keras.Model(model.inputs, list(outputs.values()), name=role.replace("-", "_"))
    custom = {type(layer).__name__: type(layer) for layer in layers_of(model)}
    try:
        config = _canonical(flat.get_config())
        with keras.utils.custom_object_scope(custom):
            clone = keras.Model.from_config(config)
        clone.set_weights(flat.get_weights())
    except Exception as error:  # a layer's own get_config and from_config may raise anything
        said = " ".join(str(error).split())[:300]
        raise ExportError(
            f"The part {role!r} cannot be rebuilt from its layers' configs, so no file of it could "
            f"be reopened: {said} Use Keras' own layers, zoo.layers, or layers with a get_config."
        ) from error
    return _with_names(clone, outputs, isinstance(model.output, dict))


def _with_names(clone: keras.Model, outputs: dict[str, Any], as_dict: bool) -> keras.Model:
    """Put an Identity of the right name behind each output whose layer is called otherwise."""
    import keras

    taken = {layer.name for layer in clone.layers}
    named = {}
    for name, tensor in zip(outputs, clone.outputs, strict=True):
        if tensor._keras_history.operation.name != name:
            layer_name = name if name not in taken else f"{name}_output"
            tensor = keras.layers.Identity(name=layer_name)(tensor)
            taken.add(layer_name)
        named[name] = tensor
    structure: Any = named if as_dict else list(named.values())
    if not as_dict and len(named) == 1:
        structure = structure[0]
    return keras.Model(clone.inputs, structure, name=clone.name)


def _named(clone: keras.Model, outputs: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(zip(outputs, flat_outputs(clone, clone.output), strict=True))


def _canonical(config: dict[str, Any]) -> dict[str, Any]:
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


def _new_name(layer: dict[str, Any], taken: set[str]) -> str:
    if not _automatic_layer(layer):
        name = str(layer["name"])
        return _word(name) if layer["class_name"] == "InputLayer" else name
    stem = "input" if layer["class_name"] == "InputLayer" else _snake(layer["class_name"])
    number = 0
    while (name := stem if not number else f"{stem}_{number}") in taken:
        number += 1
    taken.add(name)
    return name


def _stripped(value: Any, taken: set[str]) -> Any:
    """Clean a layer's config, and the layers and models within it."""
    if isinstance(value, list | tuple):
        return type(value)(_stripped(item, taken) for item in value)
    if not isinstance(value, dict):
        return value
    if "layers" in value and "input_layers" in value:
        return _canonical(value)
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
    return _is_automatic(str(layer["name"]), str(layer["class_name"]))


def _is_automatic(name: str, kind: str) -> bool:
    return re.fullmatch(rf"{re.escape(_snake(kind))}(_\d+)?", name) is not None


def _snake(kind: str) -> str:
    """Turn a class name into the name that Keras gives its first instance."""
    kind = re.sub(r"\W+", "", kind)
    kind = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", kind).lower()


def _word(name: str) -> str:
    """Make a name that every runtime takes as it is."""
    word = re.sub(r"\W", "_", str(name))
    return word if word and not word[0].isdigit() else f"_{word}"


def _tensor(name: str, tensor: Any, into: bool) -> Tensor:
    free = _AXES.get(len(tensor.shape), ())
    shape: list[int | str] = []
    for axis, size in enumerate(tensor.shape):
        symbol = "batch" if axis == 0 else free[axis - 1] if axis <= len(free) else f"axis_{axis}"
        shape.append(symbol if size is None else int(size))
    image = into and len(shape) == 4 and str(tensor.dtype).startswith("float")
    return Tensor(name, str(tensor.dtype), tuple(shape), "image in [0, 1], NHWC" if image else "")


def _foreign(model: keras.Model) -> set[str]:
    """Name the packages, beyond Keras and the zoo, whose layers a Keras file needs to be reopened."""
    modules = {type(layer).__module__.partition(".")[0] for layer in layers_of(model)}
    return modules - {"keras", "zoo", "tensorflow"}


def known_packages() -> set[str]:
    """Name the top-level modules of the installed plug-ins, which alone a file may ask to import."""
    return registry().shelf.modules()
