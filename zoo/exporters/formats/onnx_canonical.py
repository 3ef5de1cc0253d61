"""An ONNX graph in canonical form: nothing twice, nothing unused, everything numbered in order.

tf2onnx counts on from whatever the process converted before and walks through sets, so that one model
comes out with other names and in another order each time. Here a graph is written anew from its
outputs: each node after those that it needs, equal nodes once, names in the order of first use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_EXPANSIONS = {"Erfc": ("Erf", "Sub"), "Expm1": ("Exp", "Sub")}


def nodes_of(graph: Any) -> Iterator[Any]:
    """Walk through the nodes, those of branches and loops included."""
    for node in graph.node:
        yield node
        for inner in _subgraphs(node):
            yield from nodes_of(inner)


def expand_operators(graph: Any) -> None:
    """Write what ONNX lacks with what it has: erfc(x) = 1 - erf(x), expm1(x) = exp(x) - 1."""
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


def canonical_graph(graph: Any, inputs: Sequence[str], outputs: Sequence[str]) -> Any:
    """Write a graph anew, its inputs and outputs in the order given.

    What those are called stays; every other name becomes a number.
    """
    import onnx

    made = onnx.GraphProto(name="zoo")
    found = {value.name: value for value in [*graph.input, *graph.output]}
    made.input.extend(found[name] for name in inputs)
    made.output.extend(found[name] for name in outputs)
    written = _Writer(graph, made, {name: name for name in inputs}, [0]).write(outputs)
    renamed = dict(zip(written, outputs, strict=True))
    for node in nodes_of(made):
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
    return made


class _Writer:
    """Writes one graph, or one branch or loop body, into an empty one."""

    def __init__(self, graph: Any, made: Any, names: dict[str, str], count: list[int]) -> None:
        self.graph, self.made, self.names, self.count = graph, made, names, count
        self.initializers = {tensor.name: tensor for tensor in graph.initializer}
        self.aliases = {
            node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"
        }
        self.known: dict[tuple[Any, ...], list[str]] = {}

    def write(self, outputs: Sequence[str]) -> list[str]:
        """Write the nodes that lead to some outputs; give the names that those have now."""
        for node in _in_order(self.graph, self.aliases):
            self._write_node(node)
        local = {name for node in self.made.node for name in node.output}
        written: list[str] = []
        for name in outputs:
            new = self._named(self._root(name))
            if new in written or new not in local:  # the same twice, an input, or a constant
                new = self._append("Identity", [new], [self._fresh()]).output[0]
            written.append(new)
        return written

    def _write_node(self, node: Any) -> None:
        inputs = [self._named(self._root(name)) for name in node.input]
        attributes = [
            self._attribute(item) for item in sorted(node.attribute, key=lambda a: a.name)
        ]
        described = tuple(item.SerializeToString(deterministic=True) for item in attributes)
        asked = tuple(bool(name) for name in node.output)
        key = (node.op_type, node.domain, tuple(inputs), described, asked)
        if key in self.known:
            self.names.update(zip(node.output, self.known[key], strict=True))
            return
        outputs = [self._named(name) for name in node.output]
        self.known[key] = outputs
        written = self._append(node.op_type, inputs, outputs)
        written.attribute.extend(attributes)
        if node.domain:
            written.domain = node.domain

    def _append(self, kind: str, inputs: Sequence[str], outputs: Sequence[str]) -> Any:
        return self.made.node.add(
            op_type=kind, name=f"{kind}_{len(self.made.node)}", input=inputs, output=outputs
        )

    def _attribute(self, attribute: Any) -> Any:
        """Copy an attribute; a subgraph in it is written anew."""
        copy = type(attribute).FromString(attribute.SerializeToString())
        copy.doc_string = ""
        if not attribute.HasField("g"):
            return copy
        copy.ClearField("g")
        copy.g.name = "zoo"
        local = {*_producers(attribute.g), *(tensor.name for tensor in attribute.g.initializer)}
        names = {old: new for old, new in self.names.items() if old not in local}
        for outer in _free(attribute.g):
            names[outer] = self._named(self._root(outer))
        inner = _Writer(attribute.g, copy.g, names, self.count)
        for value in attribute.g.input:
            names[value.name] = self._fresh()
            copy.g.input.append(_loose(value, names[value.name]))
        written = inner.write([value.name for value in attribute.g.output])
        copy.g.output.extend(map(_loose, attribute.g.output, written))
        return copy

    def _root(self, name: str) -> str:
        """Follow Identity nodes back to the tensor that they stand for."""
        while name in self.aliases:
            name = self.aliases[name]
        return name

    def _named(self, name: str) -> str:
        """Give a tensor's new name; a constant is written where it is first used."""
        if not name or name in self.names:
            return self.names.get(name, "")
        tensor = self.initializers.get(name)
        if tensor is None:
            self.names[name] = self._fresh()
            return self.names[name]
        copy = type(tensor).FromString(tensor.SerializeToString())
        copy.name = copy.doc_string = ""
        key = ("constant", copy.SerializeToString(deterministic=True))
        if key not in self.known:
            self.known[key] = [self._fresh()]
            copy.name = self.known[key][0]
            self.made.initializer.append(copy)
        self.names[name] = self.known[key][0]
        return self.names[name]

    def _fresh(self) -> str:
        self.count[0] += 1
        return f"t{self.count[0] - 1}"


def _in_order(graph: Any, aliases: Mapping[str, str]) -> list[Any]:
    """List the nodes that the outputs need, each after those that it needs itself."""
    producers, done, order = _producers(graph), set[str](), []
    stack = [value.name for value in reversed(graph.output)]
    while stack:
        name = stack[-1]
        node = producers.get(name)
        if node is None or name in done:
            stack.pop()
            continue
        needed = [*node.input, *(name for inner in _subgraphs(node) for name in _free(inner))]
        open_ = [other for other in needed if other in producers and other not in done]
        if open_:
            stack.extend(reversed(open_))
            continue
        done.update(node.output)
        if name not in aliases:
            order.append(node)
    return order


def _producers(graph: Any) -> dict[str, Any]:
    return {name: node for node in graph.node for name in node.output if name}


def _free(graph: Any) -> list[str]:
    """List the names that a subgraph takes from outside, in the order of first use."""
    known = {value.name for value in [*graph.input, *graph.initializer]} | set(_producers(graph))
    aliases: Mapping[str, str] = {}
    used = [
        name
        for node in _in_order(graph, aliases)
        for name in [*node.input, *(n for inner in _subgraphs(node) for n in _free(inner))]
    ] + [value.name for value in graph.output]
    return list(dict.fromkeys(name for name in used if name and name not in known))


def _subgraphs(node: Any) -> list[Any]:
    found = sorted((item for item in node.attribute if item.HasField("g")), key=lambda a: a.name)
    return [attribute.g for attribute in found]


def _loose(value: Any, name: str) -> Any:
    """Copy what is said of a tensor without the names of its free sizes, which differ each time."""
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
