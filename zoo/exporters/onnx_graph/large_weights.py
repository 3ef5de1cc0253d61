"""Large weights, which tf2onnx never sees; beyond 2 GiB they lie in a file of their own.

tf2onnx copies constants many times: 100 million parameters take it 10 GB and more than 400 s. So large
weights are inputs of the function that it converts, and come back as initializers without values. The values
are put into the file at the end. A protobuf holds 2 GiB at most; beyond that they are written straight to a
second file, one after the other, in the layout of `onnx.save_model(save_as_external_data=True)`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

LARGEST_FILE = 2**31 - 2**27  # bytes of weights that lie in the one file, with room for the graph
LARGEST_CONVERSION = 2**26  # bytes of weights that tf2onnx converts in a few seconds
LEAST_LARGE = 2**16  # bytes of a weight that tf2onnx does not see; it may fold smaller ones
_PAGE = 4096  # each weight starts at a multiple, so that a runtime can map it to memory
_FOLDED = (
    "Identity",
    "Reshape",
    "Transpose",
)  # what tf2onnx applies to the weights of convolutions


@dataclass(frozen=True)
class _Weight:
    """A weight, and what is applied to it before it is written: a new shape, or an order of axes."""

    variable: Any
    shape: tuple[int, ...]
    steps: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def apply(self, step: str, value: tuple[int, ...]) -> _Weight:
        if step == "Identity":
            return self
        new_shape = tuple(self.shape[axis] for axis in value) if step == "Transpose" else value
        return _Weight(self.variable, new_shape, (*self.steps, (step, value)))

    def array(self) -> Any:
        array = self.variable.numpy()
        for step, value in self.steps:
            array = array.transpose(value) if step == "Transpose" else array.reshape(value)
        return array


def needs_second_file(part: Part) -> bool:
    """Return whether the weights of a part need a file of their own."""
    return _size_of_all(part) > LARGEST_FILE


def large_weights(part: Part) -> dict[str, Any]:
    """Return the weights that tf2onnx does not see, by the names of the inputs that stand for them."""
    if _size_of_all(part) <= LARGEST_CONVERSION:
        return {}
    large = [weight for weight in part.model.variables if _size(weight) >= LEAST_LARGE]
    return {f"large_weight_{number}": weight for number, weight in enumerate(large)}


def move_weights_out(graph: Any, variables: Mapping[str, Any]) -> dict[str, _Weight]:
    """Turn inputs that stand for weights into initializers without values, in place.

    What is only a new shape or order of axes of a weight becomes an initializer of its own.

    Args:
        graph: a GraphProto.
        variables: the weights by the names of the inputs.

    Returns:
        The weights by the keys that the initializers have in place of values.
    """
    weights = {
        name: _Weight(variable, tuple(variable.shape)) for name, variable in variables.items()
    }
    others = [value for value in graph.input if value.name not in weights]
    del graph.input[:]
    graph.input.extend(others)
    constants = {tensor.name: tensor for tensor in graph.initializer}
    remaining = []
    for node in graph.node:
        value = _folded_value(node, weights, constants)
        if value is None:
            remaining.append(node)
        else:
            weights[node.output[0]] = weights[node.input[0]].apply(node.op_type, value)
    del graph.node[:]
    graph.node.extend(remaining)
    graph.initializer.extend(_initializer(name, weight) for name, weight in weights.items())
    return weights


def insert_weights(graph: Any, weights: Mapping[str, _Weight]) -> None:
    """Put the values into all initializers that have none, in place.

    Args:
        graph: a GraphProto in canonical form.
        weights: what `move_weights_out` returned.
    """
    for tensor in graph.initializer:
        if tensor.external_data:
            weight = weights[tensor.external_data[0].value]
            tensor.ClearField("external_data")
            tensor.ClearField("data_location")
            tensor.raw_data = bytes(_bytes(weight.array()))


def write_weights(graph: Any, weights: Mapping[str, _Weight], path: Path) -> None:
    """Write the values of all initializers that have none to a file, and their places into the graph.

    Args:
        graph: a GraphProto in canonical form.
        weights: what `move_weights_out` returned.
        path: of the new file.
    """
    with path.open("wb") as file:
        for tensor in graph.initializer:
            if not tensor.external_data:
                continue
            weight = weights[tensor.external_data[0].value]
            file.seek(math.ceil(file.tell() / _PAGE) * _PAGE)
            offset = file.tell()
            file.write(_bytes(weight.array()))
            del tensor.external_data[:]
            for key, value in (
                ("location", path.name),
                ("offset", offset),
                ("length", file.tell() - offset),
            ):
                tensor.external_data.add(key=key, value=str(value))


def _size_of_all(part: Part) -> int:
    return sum(map(_size, part.model.variables))


def _size(variable: Any) -> int:
    import numpy as np

    return int(math.prod(variable.shape) * np.dtype(variable.dtype).itemsize)


def _folded_value(
    node: Any, weights: Mapping[str, Any], constants: Mapping[str, Any]
) -> tuple[int, ...] | None:
    """Return the order of axes or the shape that a node gives to a weight; None for any other node."""
    from onnx import numpy_helper

    if node.op_type not in _FOLDED or node.input[0] not in weights:
        return None
    if node.op_type == "Transpose":
        return next((tuple(item.ints) for item in node.attribute if item.name == "perm"), None)
    if node.op_type == "Identity":
        return ()
    if node.input[1] not in constants:
        return None
    shape = [int(size) for size in numpy_helper.to_array(constants[node.input[1]])]
    if 0 in shape:
        return None
    if -1 in shape:
        known = -math.prod(shape)
        shape[shape.index(-1)] = math.prod(weights[node.input[0]].shape) // known
    return tuple(shape)


def _initializer(key: str, weight: _Weight) -> Any:
    import numpy as np
    import onnx

    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(weight.variable.dtype))
    tensor = onnx.TensorProto(name=key, data_type=kind, dims=weight.shape)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=key)
    return tensor


def _bytes(array: Any) -> Any:
    """Return the bytes of an array in ONNX's order, without a copy where it has that order already."""
    import numpy as np

    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8).data
