"""An ONNX graph in canonical form: no duplicates, nothing unused, names and order from the graph alone.

tf2onnx numbers names from a counter of the process and walks through sets, so that one model gets other
names and another order in each export. `write_canonical_graph` writes the graph again, starting at its
outputs: each node stands after those that it needs, equal nodes are merged, and names are numbered by
first use.
"""
# onnx-ir 1.1 has passes that merge identities, equal nodes and equal constants. It was tried and is not
# used: its topological sort keeps the order of the input and its names stay, so that two exports of a GRU
# still differ, and most of this module would remain; and it needs sympy, 80 MB.

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_EXPANSIONS = {"Erfc": ("Erf", "Sub"), "Expm1": ("Exp", "Sub")}


def nodes_of(graph: Any) -> Iterator[Any]:
    """Yield all nodes, those of branches and loops included."""
    for node in graph.node:
        yield node
        for inner in _subgraphs(node):
            yield from nodes_of(inner)


def expand_operators(graph: Any) -> None:
    """Replace operators that ONNX lacks, in place: erfc(x) = 1 - erf(x), expm1(x) = exp(x) - 1."""
    import numpy as np
    from onnx import helper, numpy_helper

    types = _element_types(graph)
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        for inner in _subgraphs(node):
            expand_operators(inner)
        if node.op_type not in _EXPANSIONS:
            graph.node.append(node)
            continue
        source, target = node.input[0], node.output[0]
        one, inner_name = f"{target}/one", f"{target}/inner"
        ones = np.ones((), types.get(source, np.float32))
        graph.initializer.append(numpy_helper.from_array(ones, one))
        first, second = _EXPANSIONS[node.op_type]
        order = [one, inner_name] if node.op_type == "Erfc" else [inner_name, one]
        graph.node.append(helper.make_node(first, [source], [inner_name], f"{node.name}/inner"))
        graph.node.append(helper.make_node(second, order, [target], node.name))


def write_canonical_graph(
    graph: Any, canonical: Any, inputs: Sequence[str], outputs: Sequence[str]
) -> None:
    """Write a graph in canonical form.

    Args:
        graph: a GraphProto; it is not changed.
        canonical: an empty GraphProto, which is filled. A message cannot be moved into another one, so a
            graph that came back as a value would have to be copied with all of its weights.
        inputs: the names of its inputs in the order wanted; these names stay.
        outputs: the names of its outputs in the order wanted; these names stay.
    """
    canonical.name = "zoo"
    values = {value.name: value for value in [*graph.input, *graph.output]}
    canonical.input.extend(values[name] for name in inputs)
    canonical.output.extend(values[name] for name in outputs)
    numbered = _Writer(graph, canonical, {name: name for name in inputs}, [0]).write(outputs)
    renamed = dict(zip(numbered, outputs, strict=True))
    for node in nodes_of(canonical):
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]


class _Writer:
    """Writes one graph, or the body of one branch or loop, into an empty graph.

    `names` maps the names of tensors to their new names; `count` holds the number of the next name.
    """

    def __init__(self, graph: Any, target: Any, names: dict[str, str], count: list[int]) -> None:
        self.graph, self.target, self.names, self.count = graph, target, names, count
        self.initializers = {tensor.name: tensor for tensor in graph.initializer}
        self.aliases = {
            node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"
        }
        self.written: dict[tuple[Any, ...], list[str]] = {}

    def write(self, outputs: Sequence[str]) -> list[str]:
        """Write the nodes that some outputs need; return the new names of the outputs."""
        for node in _in_order(self.graph, self.aliases):
            self._write_node(node)
        local = {name for node in self.target.node for name in node.output}
        new_names: list[str] = []
        for name in outputs:
            new = self._new_name(self._root(name))
            if new in new_names or new not in local:  # a duplicate, an input, or a constant
                new = self._append("Identity", [new], [self._next_name()]).output[0]
            new_names.append(new)
        return new_names

    def _write_node(self, node: Any) -> None:
        inputs = [self._new_name(self._root(name)) for name in node.input]
        attributes = [
            self._attribute(item) for item in sorted(node.attribute, key=lambda a: a.name)
        ]
        contents = tuple(item.SerializeToString(deterministic=True) for item in attributes)
        used_outputs = tuple(bool(name) for name in node.output)
        key = (node.op_type, node.domain, tuple(inputs), contents, used_outputs)
        if key in self.written:
            self.names.update(zip(node.output, self.written[key], strict=True))
            return
        outputs = [self._new_name(name) for name in node.output]
        self.written[key] = outputs
        copy = self._append(node.op_type, inputs, outputs)
        copy.attribute.extend(attributes)
        if node.domain:
            copy.domain = node.domain

    def _append(self, kind: str, inputs: Sequence[str], outputs: Sequence[str]) -> Any:
        return self.target.node.add(
            op_type=kind, name=f"{kind}_{len(self.target.node)}", input=inputs, output=outputs
        )

    def _attribute(self, attribute: Any) -> Any:
        """Return a copy of an attribute; a subgraph in it is in canonical form too."""
        copy = type(attribute).FromString(attribute.SerializeToString())
        copy.doc_string = ""
        if not attribute.HasField("g"):
            return copy
        copy.ClearField("g")
        copy.g.name = "zoo"
        local = {*_producers(attribute.g), *(tensor.name for tensor in attribute.g.initializer)}
        names = {old: new for old, new in self.names.items() if old not in local}
        for outer in _outer_names(attribute.g):
            names[outer] = self._new_name(self._root(outer))
        inner = _Writer(attribute.g, copy.g, names, self.count)
        for value in attribute.g.input:
            names[value.name] = self._next_name()
            copy.g.input.append(_renamed_value(value, names[value.name]))
        outputs = inner.write([value.name for value in attribute.g.output])
        copy.g.output.extend(map(_renamed_value, attribute.g.output, outputs))
        return copy

    def _root(self, name: str) -> str:
        """Return the tensor that a chain of Identity nodes copies."""
        while name in self.aliases:
            name = self.aliases[name]
        return name

    def _new_name(self, name: str) -> str:
        """Return a tensor's new name; a constant is written where it is first used."""
        if not name or name in self.names:
            return self.names.get(name, "")
        tensor = self.initializers.get(name)
        if tensor is None:
            self.names[name] = self._next_name()
            return self.names[name]
        copy = type(tensor).FromString(tensor.SerializeToString())
        copy.name = copy.doc_string = ""
        content = hashlib.sha256(copy.SerializeToString(deterministic=True)).digest()
        key = ("constant", content)  # the content itself would hold all weights in memory once more
        if key not in self.written:
            self.written[key] = [self._next_name()]
            copy.name = self.written[key][0]
            self.target.initializer.append(copy)
        self.names[name] = self.written[key][0]
        return self.names[name]

    def _next_name(self) -> str:
        """Return the next number as a name."""
        self.count[0] += 1
        return f"t{self.count[0] - 1}"


def _in_order(graph: Any, aliases: Mapping[str, str]) -> list[Any]:
    """Return the nodes that the outputs need, each after those that it needs itself."""
    producers, done, order = _producers(graph), set[str](), []
    stack = [value.name for value in reversed(graph.output)]
    while stack:
        name = stack[-1]
        node = producers.get(name)
        if node is None or name in done:
            stack.pop()
            continue
        needed = [
            *node.input,
            *(name for inner in _subgraphs(node) for name in _outer_names(inner)),
        ]
        missing = [other for other in needed if other in producers and other not in done]
        if missing:
            stack.extend(reversed(missing))
            continue
        done.update(node.output)
        if name not in aliases:
            order.append(node)
    return order


def _producers(graph: Any) -> dict[str, Any]:
    return {name: node for node in graph.node for name in node.output if name}


def _outer_names(graph: Any) -> list[str]:
    """Return the names that a subgraph takes from outside, in the order of first use."""
    known = {value.name for value in [*graph.input, *graph.initializer]} | set(_producers(graph))
    aliases: Mapping[str, str] = {}
    used = [
        name
        for node in _in_order(graph, aliases)
        for name in [*node.input, *(n for inner in _subgraphs(node) for n in _outer_names(inner))]
    ] + [value.name for value in graph.output]
    return list(dict.fromkeys(name for name in used if name and name not in known))


def _subgraphs(node: Any) -> list[Any]:
    attributes = [attribute for attribute in node.attribute if attribute.HasField("g")]
    return [attribute.g for attribute in sorted(attributes, key=lambda each: each.name)]


def _renamed_value(value: Any, name: str) -> Any:
    """Return a tensor's type and shape under a new name, without the names of its free sizes.

    tf2onnx numbers those from a counter too.
    """
    copy = type(value).FromString(value.SerializeToString())
    copy.name, copy.doc_string = name, ""
    for size in copy.type.tensor_type.shape.dim:
        if size.HasField("dim_param"):
            size.Clear()
    return copy


def _element_types(graph: Any) -> dict[str, Any]:
    from onnx import helper

    return {
        value.name: helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        for value in [*graph.value_info, *graph.input]
        if value.type.tensor_type.elem_type
    }
