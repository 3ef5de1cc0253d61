"""Parts: the graphs worth shipping, brought to one form before any format writes them.

A part becomes a clone with names that depend on nothing but itself, without regularizers (they
break ONNX, and only training needs them), with meaningful input and output names, and with a
contract that every format keeps. The clone must compute what the original does: the gate compares
every file with the original.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError, format_cause
from zoo.exporters.canonical import (
    canonical_copy,
    is_automatic,
    layers_of,
    names_in,
    portable_name,
    unused_name,
)
from zoo.registry.architectures import registry

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
    customs: tuple[Any, ...] = ()
    """Classes and functions that are neither Keras' nor TensorFlow's."""

    @property
    def requires(self) -> tuple[str, ...]:
        """The modules that must be imported before a file of Keras' can be opened again."""
        return tuple(sorted({custom.__module__ for custom in self.customs}))


def prepare_part(role: str, model: keras.Model, origin: dict[str, str] | None = None) -> Part:
    """Bring one part to the form that every format writes.

    Raises:
        ExportError: the part is no Functional model, its outputs cannot be named, or a layer of it
            cannot be rebuilt.
    """
    if not re.fullmatch(r"[A-Za-z]\w*(-\w+)*", role, re.ASCII):
        raise ExportError(f"A part's role must be a word, such as encoder. Received: {role!r}")
    model = _functional(role, model)
    outputs = _outputs(role, model)
    clone = _clone(role, model, outputs)
    contract = Contract(
        tuple(_tensor(tensor.name, tensor, True) for tensor in clone.inputs),
        tuple(_tensor(name, tensor, False) for name, tensor in _named(clone, outputs)),
    )
    _check_contract(role, contract)
    return Part(role, model, clone, contract, origin or {}, _customs(clone))


def call_part(model: keras.Model, inputs: Sequence[Any]) -> list[Any]:
    """Call a model with inputs in its contract's order; give its outputs in that order."""
    import keras

    given = keras.tree.pack_sequence_as(model.input, list(inputs))
    return flat_outputs(model, model(given, training=False))


def flat_outputs(model: keras.Model, values: Any) -> list[Any]:
    """Order what a call of the model returned as its contract does."""
    if isinstance(values, dict):
        return [values[key] for key in model.output]
    return list(values) if isinstance(values, list | tuple) else [values]


def is_comparable(dtype: str) -> bool:
    """Tell whether values of a dtype can be kept in an .npz and compared."""
    return re.fullmatch(r"float(16|32|64)|u?int(8|16|32|64)|bool", dtype) is not None


def known_packages() -> set[str]:
    """Name the top-level modules that alone a file may ask to import: ours, and installed plug-ins'."""
    return {"zoo", *registry().shelf.modules()}


def _functional(role: str, model: keras.Model) -> keras.Model:
    """Give a Sequential model, which has no `output` of its own, as a Functional one.

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


def _outputs(role: str, model: keras.Model) -> dict[str, Any]:
    """Name the outputs: a dict's keys, else the last layer where its name was chosen, else output."""
    structure = model.output
    if isinstance(structure, dict):
        names, tensors = [portable_name(key) for key in structure], list(structure.values())
    else:
        tensors = list(structure) if isinstance(structure, list | tuple) else [structure]
        taken = {operation.name for operation in model.operations}
        names = _numbered(
            [_chosen_name(tensor) or unused_name("output", taken) for tensor in tensors], taken
        )
    if any(isinstance(tensor, dict | list | tuple) for tensor in tensors):
        raise ExportError(
            f"The outputs of the part {role!r} are nested. Give one tensor, a list of tensors, or a "
            "dictionary of tensors."
        )
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise ExportError(f"The part {role!r} has two outputs called {twice[0]!r}. Rename one.")
    return dict(zip(names, tensors, strict=True))


def _numbered(names: list[str], taken: set[str]) -> list[str]:
    """Number the names that stand there more than once."""
    counts, seen = Counter(names), Counter[str]()
    for at, name in enumerate(names):
        if counts[name] > 1:
            names[at] = unused_name(f"{name}_{seen[name]}", taken)
            seen[name] += 1
    return names


def _chosen_name(tensor: Any) -> str | None:
    operation = tensor._keras_history.operation
    kind = type(operation).__name__
    if kind == "InputLayer" or is_automatic(operation.name, kind):
        return None
    return portable_name(operation.name)


def _clone(role: str, model: keras.Model, outputs: dict[str, Any]) -> keras.Model:
    import keras

    flat = keras.Model(model.inputs, list(outputs.values()), name=role.replace("-", "_"))
    try:
        return canonical_copy(flat, list(outputs), isinstance(model.output, dict))
    except Exception as error:  # a layer's own get_config and from_config may raise anything
        raise ExportError(
            f"The part {role!r} cannot be rebuilt from its layers' configs, so no file of it could "
            f"be reopened: {format_cause(error)}. Use Keras' own layers, zoo.layers, or layers with a "
            "get_config, and functions registered with keras.saving."
        ) from error


def _named(clone: keras.Model, outputs: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(zip(outputs, flat_outputs(clone, clone.output), strict=True))


def _check_contract(role: str, contract: Contract) -> None:
    """Refuse what no format could keep."""
    inputs = {tensor.name for tensor in contract.inputs}
    for tensor in contract.outputs:
        if tensor.name in inputs:
            raise ExportError(
                f"The part {role!r} has an input and an output called {tensor.name!r}. Rename one: "
                "ONNX takes the same name for the same tensor."
            )
    for tensor in contract.inputs + contract.outputs:
        if not is_comparable(tensor.dtype):
            raise ExportError(
                f"{tensor.name!r} of the part {role!r} is {tensor.dtype}, which cannot be compared. "
                "Cast it to float32 or to a whole number inside the part."
            )


def _tensor(name: str, tensor: Any, into: bool) -> Tensor:
    symbols = _AXES.get(len(tensor.shape), ())
    shape: list[int | str] = []
    for axis, size in enumerate(tensor.shape):
        symbol = (
            "batch" if axis == 0 else symbols[axis - 1] if axis <= len(symbols) else f"axis_{axis}"
        )
        shape.append(symbol if size is None else int(size))
    image = into and len(shape) == 4 and str(tensor.dtype).startswith("float")
    return Tensor(name, str(tensor.dtype), tuple(shape), "image in [0, 1], NHWC" if image else "")


def _customs(model: keras.Model) -> tuple[Any, ...]:
    """Find the classes and functions that a file of the model needs, beyond Keras and TensorFlow."""
    import keras

    registered = map(keras.saving.get_registered_object, names_in(model.get_config()))
    found = {type(layer) for layer in layers_of(model)} | set(registered) - {None}
    theirs = [
        custom
        for custom in found
        if custom.__module__.partition(".")[0] not in ("keras", "tensorflow")
    ]
    return tuple(sorted(theirs, key=lambda custom: (custom.__module__, custom.__qualname__)))
