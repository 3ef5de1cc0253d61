"""A part: one graph of a model that is worth shipping, brought to one form before any format writes it.

A part becomes a clone with names that depend on the part alone, without regularizers (they break ONNX,
and only training needs them), with meaningful names of inputs and outputs, and with a contract that every
format keeps. The clone must compute what the original computes: every file is compared with the original.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zoo.compute.layer_names import is_automatic
from zoo.errors import ExportError, format_cause
from zoo.exporters.parts.canonical import (
    canonical_copy,
    layers_of,
    portable_name,
    unused_name,
)
from zoo.exporters.parts.contract import Contract, check_contract, describe_tensor

if TYPE_CHECKING:
    import keras

__all__ = ["Part", "call_part"]


@dataclass(frozen=True, eq=False)
class Part:
    """One part, ready to be written: the original, its clone and their contract.

    `custom_objects` are the classes and functions of the clone that neither Keras nor TensorFlow has.
    """

    role: str
    original: keras.Model
    model: keras.Model
    contract: Contract
    origin: dict[str, str] = field(default_factory=dict)
    custom_objects: tuple[Any, ...] = ()

    @property
    def requires(self) -> tuple[str, ...]:
        """The modules to import before Keras can open a file of the part."""
        return tuple(sorted({custom.__module__ for custom in self.custom_objects}))


def prepare_part(
    role: str, model: keras.Model, origin: dict[str, str] | None = None, batch: int | None = None
) -> Part:
    """Return one part in the form that every format writes.

    Args:
        role: the part's name, such as encoder: letters, digits, `_` and `-`.
        model: a Functional or a built Sequential model.
        origin: facts that are written into the files, such as the zoo's version.
        batch: the size of the batch, for engines that need a fixed one; None leaves it free.

    Raises:
        ExportError: the part has no graph, its outputs cannot be named, or one of its layers cannot be
            rebuilt from its config.
    """
    if not re.fullmatch(r"[A-Za-z]\w*(-\w+)*", role, re.ASCII):
        raise ExportError(f"A part's role must be a word, such as encoder. Received: {role!r}")
    model = _functional_model(role, model)
    outputs = _named_outputs(role, model)
    clone = _clone(role, model, outputs, batch)
    contract = Contract(
        tuple(describe_tensor(tensor.name, tensor, True) for tensor in clone.inputs),
        tuple(
            describe_tensor(name, tensor, False)
            for name, tensor in zip(outputs, flat_outputs(clone, clone.output), strict=True)
        ),
    )
    check_contract(role, contract)
    return Part(role, model, clone, contract, origin or {}, _custom_objects(clone))


def call_part(model: keras.Model, inputs: Sequence[Any], training: bool = False) -> list[Any]:
    """Call a model, and return its outputs in the order of its contract.

    Args:
        model: the model.
        inputs: one for each input of the contract, in its order.
        training: whether the layers compute as in training.
    """
    import keras

    arguments = keras.tree.pack_sequence_as(model.input, list(inputs))
    return flat_outputs(model, model(arguments, training=training))


def flat_outputs(model: keras.Model, values: Any) -> list[Any]:
    """Return what a call of the model returned as a list, in the order of its contract."""
    if isinstance(values, dict):
        return [values[key] for key in model.output]
    return list(values) if isinstance(values, list | tuple) else [values]


def _functional_model(role: str, model: keras.Model) -> keras.Model:
    """Return a Functional model as it is, and a Sequential one, which has no `output`, as Functional.

    Raises:
        ExportError: it has no graph.
    """
    import keras

    if isinstance(model, keras.Sequential):
        if model.built:
            return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
        raise ExportError(
            f"The part {role!r} is a Sequential that was never called, so its shapes are not known. "
            "Begin it with a keras.Input."
        )
    try:
        _ = model.output, model.inputs
    except (AttributeError, ValueError) as error:
        raise ExportError(
            f"The part {role!r} is a {type(model).__name__} without a graph. Make it a Functional "
            "model: keras.Model(inputs, outputs)."
        ) from error
    return model


def _named_outputs(role: str, model: keras.Model) -> dict[str, Any]:
    """Return the outputs by name: a dict's keys, else the last layer's chosen name, else `output`."""
    structure = model.output
    if isinstance(structure, dict):
        names, tensors = [portable_name(key) for key in structure], list(structure.values())
    else:
        tensors = list(structure) if isinstance(structure, list | tuple) else [structure]
        taken = {operation.name for operation in model.operations}
        names = _number_duplicates(
            [_chosen_name(tensor) or unused_name("output", taken) for tensor in tensors], taken
        )
    if any(isinstance(tensor, dict | list | tuple) for tensor in tensors):
        raise ExportError(
            f"The outputs of the part {role!r} are nested. Expected: one tensor, a list of tensors, or "
            "a dictionary of tensors."
        )
    if duplicates := [name for name, count in Counter(names).items() if count > 1]:
        raise ExportError(
            f"The part {role!r} has two outputs called {duplicates[0]!r}. Rename one."
        )
    return dict(zip(names, tensors, strict=True))


def _number_duplicates(names: list[str], taken: set[str]) -> list[str]:
    """Return the names with a number behind each that occurs more than once."""
    counts, seen = Counter(names), Counter[str]()
    for position, name in enumerate(names):
        if counts[name] > 1:
            names[position] = unused_name(f"{name}_{seen[name]}", taken)
            seen[name] += 1
    return names


def _chosen_name(tensor: Any) -> str | None:
    """Return the name of the layer behind a tensor; None where Keras chose the name."""
    operation = tensor._keras_history.operation
    kind = type(operation).__name__
    if kind == "InputLayer" or is_automatic(operation.name, kind):
        return None
    return portable_name(operation.name)


def _clone(
    role: str, model: keras.Model, outputs: dict[str, Any], batch: int | None
) -> keras.Model:
    import keras

    flat = keras.Model(model.inputs, list(outputs.values()), name=role.replace("-", "_"))
    try:
        return canonical_copy(flat, list(outputs), isinstance(model.output, dict), batch)
    except Exception as error:  # a layer's own get_config and from_config may raise anything
        raise ExportError(
            f"The part {role!r} cannot be rebuilt from its layers' configs, so no file of it could "
            f"be opened again: {format_cause(error)}. Use Keras' own layers, zoo.layers, or layers with "
            "a get_config, and functions registered with keras.saving."
        ) from error


def _custom_objects(model: keras.Model) -> tuple[Any, ...]:
    """Return the classes and functions that a file of the model needs, beyond Keras and TensorFlow."""
    import keras

    registered = map(keras.saving.get_registered_object, _names_in(model.get_config()))
    objects = {type(layer) for layer in layers_of(model)} | set(registered) - {None}
    custom = [
        each for each in objects if each.__module__.partition(".")[0] not in ("keras", "tensorflow")
    ]
    return tuple(sorted(custom, key=lambda each: (each.__module__, each.__qualname__)))


def _names_in(config: Any) -> set[str]:
    """Return every name in a config that may be registered with Keras."""
    if isinstance(config, list | tuple):
        return {name for item in config for name in _names_in(item)}
    if not isinstance(config, dict):
        return set()
    names = {name for item in config.values() for name in _names_in(item)}
    if config.get("class_name") == "function":
        names.add(str(config.get("config")))
    elif config.get("registered_name"):
        names.add(str(config["registered_name"]))
    return names
