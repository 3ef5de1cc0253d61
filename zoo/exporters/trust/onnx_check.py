"""The check of an ONNX file before a runtime opens it: its operators, and where its weights lie.

Neither the package `onnx` is imported nor are the weights read. All graphs count: those in Loop, If and
Scan, and those of local functions.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from zoo.errors import UnsafeFile, brief
from zoo.exporters.trust.operators import ONNX_DOMAINS, check_operator
from zoo.exporters.trust.protobuf import FieldReader, read_text

# numbers of fields in onnx.proto
_MODEL_GRAPH, _MODEL_TRAINING, _MODEL_FUNCTION = 7, 20, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_FUNCTION_NAME, _FUNCTION_NODE, _FUNCTION_DOMAIN, _FUNCTION_ATTRIBUTE = 1, 7, 10, 11
_ATTRIBUTE_GRAPHS, _ATTRIBUTE_TENSORS, _ATTRIBUTE_SPARSE = (6, 11), (5, 10), (22, 23)
_SPARSE_TENSORS, _TENSOR_EXTERNAL, _ENTRY_KEY, _ENTRY_VALUE = (1, 2), 13, 1, 2
_MOST_FUNCTIONS = 10_000


def check_onnx(path: Path, data: str = "") -> None:
    """Refuse an ONNX file with an operator that is not on the list, or with weights elsewhere.

    Args:
        path: of the file.
        data: the name of the file beside it that may hold its weights; empty where there is none.

    Raises:
        UnsafeFile: the message says what was found; it has no name of the file.
    """
    if not path.stat().st_size:
        raise UnsafeFile("it is empty")
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    reader = _Reader(data)
    reader.read_model(content)
    reader.check_calls()


class _Reader:
    """Checks the operators of all graphs; a call of a local function waits until all functions are known."""

    def __init__(self, data: str) -> None:
        self._data = data
        self._messages = FieldReader().messages
        self._calls: set[tuple[str, str]] = set()
        self._functions: set[tuple[str, str]] = set()

    def read_model(self, model: memoryview) -> None:
        for number, content in self._messages(model, 0):
            if number == _MODEL_GRAPH:
                self._read_graph(content, 1)
            elif number == _MODEL_FUNCTION:
                self._read_function(content)
            elif number == _MODEL_TRAINING:
                raise UnsafeFile("it holds graphs for training, which no inference needs")

    def check_calls(self) -> None:
        for domain, name in sorted(self._calls - self._functions):
            check_operator("onnx", name, domain)

    def _read_graph(self, graph: memoryview, level: int) -> None:
        for number, content in self._messages(graph, level):
            if number == _GRAPH_NODE:
                self._read_node(content, level + 1)
            elif number == _GRAPH_INITIALIZER:
                self._read_tensor(content, level + 1)
            elif number == _GRAPH_SPARSE:
                self._read_sparse(content, level + 1)

    def _read_function(self, function: memoryview) -> None:
        names, domains = [""], [""]
        for number, content in self._messages(function, 1):
            if number == _FUNCTION_NAME:
                names.append(read_text(content))
            elif number == _FUNCTION_DOMAIN:
                domains.append(read_text(content))
            elif number == _FUNCTION_NODE:
                self._read_node(content, 2)
            elif number == _FUNCTION_ATTRIBUTE:
                self._read_attribute(content, 2)
        self._functions.add((_single(domains), _single(names)))

    def _read_node(self, node: memoryview, level: int) -> None:
        names, domains = [""], [""]
        for number, content in self._messages(node, level):
            if number == _NODE_OPERATOR:
                names.append(read_text(content))
            elif number == _NODE_DOMAIN:
                domains.append(read_text(content))
            elif number == _NODE_ATTRIBUTE:
                self._read_attribute(content, level + 1)
        domain, name = _single(domains), _single(names)
        if domain in ONNX_DOMAINS:
            check_operator("onnx", name)
        self._calls.add((domain, name))
        if len(self._calls) > _MOST_FUNCTIONS:
            raise UnsafeFile(f"it calls more than {_MOST_FUNCTIONS} operators of its own")

    def _read_attribute(self, attribute: memoryview, level: int) -> None:
        for number, content in self._messages(attribute, level):
            if number in _ATTRIBUTE_GRAPHS:
                self._read_graph(content, level + 1)
            elif number in _ATTRIBUTE_TENSORS:
                self._read_tensor(content, level + 1)
            elif number in _ATTRIBUTE_SPARSE:
                self._read_sparse(content, level + 1)

    def _read_sparse(self, sparse: memoryview, level: int) -> None:
        for number, content in self._messages(sparse, level):
            if number in _SPARSE_TENSORS:
                self._read_tensor(content, level + 1)

    def _read_tensor(self, tensor: memoryview, level: int) -> None:
        for number, content in self._messages(tensor, level):
            if number == _TENSOR_EXTERNAL:
                self._read_location(content, level + 1)

    def _read_location(self, entry: memoryview, level: int) -> None:
        texts = {number: read_text(content) for number, content in self._messages(entry, level)}
        location = texts.get(_ENTRY_VALUE, "")
        is_beside = location == self._data and "/" not in location  # "*/_ORT_MEM_ADDR_/*" is memory
        if texts.get(_ENTRY_KEY) == "location" and not (location and is_beside):
            raise UnsafeFile(
                f"it takes weights from the file {brief(location)}, which the report does not name"
            )


def _single(texts: list[str]) -> str:
    """Return the text of a field that occurs once, or the first, empty one where it does not occur.

    Raises:
        UnsafeFile: it occurs twice; parsers take the last.
    """
    if len(texts) > 2:
        raise UnsafeFile("it holds a node or a function with two names")
    return texts[-1]
