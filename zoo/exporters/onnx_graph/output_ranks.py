"""Outputs have the rank of their contract.

tf2onnx 1.17 turns a Transpose over an axis of size 1 into a Reshape and a Squeeze of leading axes. It loses
the Squeeze where the Reshape computes an output of the graph, which depends on the order of a set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_AXES_ARE_INPUT = 13  # the first opset where the axes of Squeeze are an input


def squeeze_outputs(graph: Any, ranks: Mapping[str, int], opset: int) -> None:
    """Add the Squeeze that is missing behind a Reshape to leading axes of size 1, in place.

    Args:
        graph: a GraphProto.
        ranks: the rank of each output, by name.
        opset: of ONNX.
    """
    from onnx import numpy_helper

    shapes = {tensor.name: tensor for tensor in graph.initializer}
    for index, node in reversed(list(enumerate(graph.node))):
        if node.op_type != "Reshape" or node.output[0] not in ranks or node.input[1] not in shapes:
            continue
        shape = numpy_helper.to_array(shapes[node.input[1]]).tolist()
        extra = len(shape) - ranks[node.output[0]]
        if extra > 0 and shape[:extra] == [1] * extra:
            _add_squeeze(graph, index, extra, opset)


def _add_squeeze(graph: Any, index: int, count: int, opset: int) -> None:
    """Add a Squeeze of the first axes behind a node; the node's other readers still see all axes."""
    import numpy as np
    from onnx import helper, numpy_helper

    name = graph.node[index].output[0]
    unsqueezed, axes = f"{name}/unsqueezed", list(range(count))
    for other in graph.node:
        other.input[:] = [unsqueezed if each == name else each for each in other.input]
    graph.node[index].output[0] = unsqueezed
    if opset < _AXES_ARE_INPUT:
        squeeze = helper.make_node("Squeeze", [unsqueezed], [name], f"{name}/squeeze", axes=axes)
    else:
        constant = numpy_helper.from_array(np.array(axes, np.int64), f"{name}/axes")
        graph.initializer.append(constant)
        squeeze = helper.make_node(
            "Squeeze", [unsqueezed, constant.name], [name], f"{name}/squeeze"
        )
    graph.node.insert(index + 1, squeeze)
