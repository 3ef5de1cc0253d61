"""The contract of a part: the names, dtypes and shapes of its inputs and outputs in every format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from zoo.errors import ExportError, brief

__all__ = ["Contract", "Tensor", "check_contracts"]

_DTYPE = re.compile(r"(u?int|b?float|complex)\d{1,3}|bool|string")

_AXES = {3: ("time",), 4: ("height", "width"), 5: ("depth", "height", "width")}


@dataclass(frozen=True)
class Tensor:
    """One input or output: its name, its dtype, and its shape with names for the free sizes.

    `expects` says in words what an input holds, such as "image in [0, 1], NHWC"; it may be empty.
    """

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
    """The inputs and outputs of a part, the same in every format."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the contract as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Contract:
        """Return the contract that `to_json` wrote."""

        def tensors(items: Any) -> tuple[Tensor, ...]:
            return tuple(Tensor(**{**item, "shape": tuple(item["shape"])}) for item in items)

        return cls(tensors(value["inputs"]), tensors(value["outputs"]))


def check_contracts(contracts: Mapping[str, Contract]) -> None:
    """Refuse a tensor of a dtype that no array has, or of a size below 0.

    Args:
        contracts: of the parts, by role.

    Raises:
        ValueError: there is one.
    """
    named = [
        (role, each) for role, part in contracts.items() for each in part.inputs + part.outputs
    ]
    for role, tensor in named:
        sizes = [size for size in tensor.shape if isinstance(size, int)]
        if not _DTYPE.fullmatch(tensor.dtype) or min(sizes, default=0) < 0:
            raise ValueError(
                f"parts: {brief(role)} has {brief(tensor.name)}, of the dtype {brief(tensor.dtype)} and "
                f"of the shape {brief(tensor.shape)}"
            )


def describe_tensor(name: str, tensor: Any, is_input: bool) -> Tensor:
    """Return the contract's entry for a tensor of a Keras graph.

    Args:
        name: in the contract, which may differ from the tensor's own.
        tensor: a KerasTensor; its free sizes are named by rank: batch, time, height, width, depth.
        is_input: an input of rank 4 with real numbers is taken for an image in [0, 1].
    """
    symbols = ("batch", *_AXES.get(len(tensor.shape), ()))
    shape: list[int | str] = []
    for axis, size in enumerate(tensor.shape):
        symbol = symbols[axis] if axis < len(symbols) else f"axis_{axis}"
        shape.append(symbol if size is None else int(size))
    is_image = is_input and len(shape) == 4 and str(tensor.dtype).startswith("float")
    expects = "image in [0, 1], NHWC" if is_image else ""
    return Tensor(name, str(tensor.dtype), tuple(shape), expects)


def check_contract(role: str, contract: Contract) -> None:
    """Refuse what some format cannot keep.

    Raises:
        ExportError: an input and an output have one name, or a dtype cannot be compared.
    """
    inputs = {tensor.name for tensor in contract.inputs}
    for tensor in contract.outputs:
        if tensor.name in inputs:
            raise ExportError(
                f"The part {role!r} has an input and an output called {tensor.name!r}. Rename one: "
                "in ONNX one name stands for one tensor."
            )
    for tensor in contract.inputs + contract.outputs:
        if not is_comparable(tensor.dtype):
            raise ExportError(
                f"{tensor.name!r} of the part {role!r} has the dtype {tensor.dtype}, which cannot be "
                "compared. Cast it to float32 or to a whole number inside the part."
            )


def is_comparable(dtype: str) -> bool:
    """Return whether values of a dtype can be saved in an .npz and compared."""
    return re.fullmatch(r"float(16|32|64)|u?int(8|16|32|64)|bool", dtype) is not None
