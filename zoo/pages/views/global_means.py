"""An edit of a verified ONNX file: its means over the whole image can be given instead of computed.

Channel attention takes the mean of a map over the whole image. An image in tiles needs the same mean in every
tile, or the tiles would differ in brightness. The edit changes letters of names in the file's bytes, and
appends a few nodes; all weights stay those of the file:

    m'_i = fixed ? given_i : m_i     for each global mean m_i, in place of m_i

Bytes that are appended to a message of protobuf are merged with it
(https://protobuf.dev/programming-guides/encoding/#last-one-wins).
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

__all__ = ["Edit", "edit_of"]

FIXED = "fixed_means"  # the new input that says whether the means are given
GRAPH, NODE, INPUT = 7, 1, 1  # numbers of fields: of ModelProto, GraphProto and NodeProto


@dataclass(frozen=True)
class Edit:
    """What to change in a file's bytes, and the names of the new inputs and outputs.

    Args:
        letters: positions in the file, and the byte that each gets.
        tail: the bytes to append.
        means: for each global mean the new input that gives it, the new output that tells it, and its
            number of channels.
    """

    letters: tuple[tuple[int, int], ...]
    tail: bytes
    means: tuple[tuple[str, str, int], ...]

    def apply(self, content: bytes) -> bytes:
        """Return the edited bytes of a file."""
        edited = bytearray(content)
        for position, letter in self.letters:
            edited[position] = letter
        return bytes(edited) + self.tail


def edit_of(content: bytes) -> Edit | None:
    """Return the edit of an ONNX file; None where the graph has no global mean that it can reach.

    Args:
        content: of the file.
    """
    import onnx

    model = onnx.load_from_string(content)
    channels = channels_by_mean(model)
    names = all_names(model)
    renamed = {name: free_name(name, names) for name in channels}
    if not channels or not all(renamed.values()):
        return None
    letters = tuple(
        (position, ord(str(renamed[name])[0]))
        for name, position in input_positions(content)
        if name in renamed
    )
    tail = appended_graph(renamed, channels)
    means = tuple((f"given_{name}", name, count) for name, count in channels.items())
    return Edit(letters, tail, means)


def channels_by_mean(model: ModelProto) -> dict[str, int]:
    """Return the outputs of the graph's global average poolings, with their number of channels."""
    import onnx

    shapes = {
        value.name: channel_count(value)
        for value in onnx.shape_inference.infer_shapes(model).graph.value_info
    }
    pools = [node for node in model.graph.node if node.op_type == "GlobalAveragePool"]
    return {node.output[0]: shapes.get(node.output[0], 0) for node in pools}


def channel_count(value: ValueInfoProto) -> int:
    """Return the size of the second axis; 0 where it is not known."""
    sizes = value.type.tensor_type.shape.dim
    return sizes[1].dim_value if len(sizes) > 1 else 0


def all_names(model: ModelProto) -> set[str]:
    """Return every name of a tensor in a graph."""
    nodes = {name for node in model.graph.node for name in (*node.input, *node.output)}
    return nodes | {value.name for value in (*model.graph.input, *model.graph.initializer)}


def free_name(name: str, names: set[str]) -> str | None:
    """Return a name that differs in its first letter and that nothing has; None where there is none."""
    options = (letter + name[1:] for letter in string.ascii_letters)
    return next((option for option in options if option not in names), None)


def appended_graph(renamed: dict[str, str | None], channels: dict[str, int]) -> bytes:
    """Return the nodes, inputs and outputs to append, as bytes of a model.

    Args:
        renamed: the name of the mean that the graph goes on with, by the name of the computed one.
        channels: the number of channels of each.
    """
    import onnx
    from onnx import TensorProto, helper

    model = onnx.ModelProto()
    graph = model.graph
    graph.input.append(helper.make_tensor_value_info(FIXED, TensorProto.BOOL, [1]))
    for name, count in channels.items():
        given = f"given_{name}"
        shape = ["batch", count or f"{name}_channels", 1, 1]
        graph.input.append(helper.make_tensor_value_info(given, TensorProto.FLOAT, shape))
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        graph.node.append(helper.make_node("Where", [FIXED, given, name], [str(renamed[name])]))
    return bytes(model.SerializePartialToString())


def input_positions(content: bytes) -> Iterator[tuple[str, int]]:
    """Yield the name of each input of each node of an ONNX file, and the position of its first letter."""
    for field, start, end in fields(content, 0, len(content)):
        if field != GRAPH:
            continue
        for inner, first, last in fields(content, start, end):
            if inner != NODE:
                continue
            for member, begin, stop in fields(content, first, last):
                if member == INPUT:
                    yield content[begin:stop].decode(), begin


def fields(content: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of each field with a length in a message of protobuf.

    Args:
        content: bytes that hold the message.
        position: where it begins.
        end: where it ends.
    """
    while position < end:
        key, position = varint(content, position)
        kind = key & 7
        if kind == 2:
            length, position = varint(content, position)
            yield key >> 3, position, position + length
            position += length
        elif kind == 0:
            _, position = varint(content, position)
        else:
            position += {1: 8, 5: 4}[kind]


def varint(content: bytes, position: int) -> tuple[int, int]:
    """Return a number of variable length, and the position after it."""
    value = shift = 0
    while True:
        byte = content[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position
