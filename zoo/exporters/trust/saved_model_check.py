"""The check of a SavedModel before TensorFlow opens it: its files, its operators, and what loading would do.

All graphs count: the graph of the signatures, and every function of the library. Which of them may run is
judged in `zoo.exporters.trust.saved_model_calls`. TensorFlow is not imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zoo.errors import UnsafeFile, brief
from zoo.exporters.trust.protobuf import FieldReader, read_text
from zoo.exporters.trust.saved_model_calls import RESTORE, Body, Calls

# numbers of fields in saved_model.proto and the files that it includes
_META_GRAPH = 2
_GRAPH, _SAVER, _COLLECTION, _SIGNATURE, _ASSET_FILE, _OBJECTS = 2, 3, 4, 5, 6, 7
_KEY, _VALUE = 1, 2  # of each entry of a map
_GRAPH_NODE, _GRAPH_LIBRARY, _LIBRARY_FUNCTION = 1, 2, 1
_FUNCTION_SIGNATURE, _FUNCTION_NODE, _SIGNATURE_NAME = 1, 3, 1
_NODE_NAME, _NODE_OPERATOR, _NODE_INPUT, _NODE_ATTRIBUTE = 1, 2, 3, 5
_ATTRIBUTE_LIST, _ATTRIBUTE_FUNCTION, _LIST_FUNCTION = 1, 10, 9
_CALL_NAME, _CALL_ATTRIBUTE = 1, 2
_SIGNATURE_OUTPUT, _TENSOR_NAME, _NODE_LIST, _RESTORE_NAME = 2, 1, 1, 3
_TENSOR_PARTS = (4, 5)  # of a sparse tensor, and of one that is composed of others
_OBJECT_NODE, _OBJECT_FUNCTION = 1, 2
_OBJECT_KINDS = {  # what loading acts on
    4: "a class", 5: "a file", 10: "a resource", 11: "a saved resource", 13: "a registered class",
    14: "a registered class", 16: "a registered saver",
}  # fmt: skip
_OBJECT_CLASS, _OBJECT_CLASS_NAME = 4, 1
_CLASSES = {"_generic_user_object", "trackable_list_wrapper", "signature_map"}
_REGISTERED_NAME = 13
_CONSTANT = b"tf.TrackableConstant"  # TensorFlow's own; its value is in the graph
_FILES = {"saved_model.pb", "fingerprint.pb", "variables.index", "variables.data-00000-of-00001"}
_SIGNATURES = {"serving_default", "__saved_model_init_op"}


def check_saved_model(path: Path) -> None:
    """Refuse a SavedModel with an operator that is not on the list, or that does more than compute.

    Args:
        path: of the folder; the SavedModel may lie in a folder in it, as TensorFlow Serving expects.

    Raises:
        UnsafeFile: the message says what was found; it has no name of the folder.
    """
    files = [item for item in path.rglob("*") if not item.is_dir()]
    if others := [item.name for item in files if item.name not in _FILES]:
        raise UnsafeFile(f"it holds the file {brief(sorted(others)[0])}, which no export needs")
    graphs = [item for item in files if item.name == "saved_model.pb"]
    if not graphs:
        raise UnsafeFile("it holds no saved_model.pb")
    for graph in graphs:
        _Reader().read(memoryview(graph.read_bytes()))


class _Reader:
    def __init__(self) -> None:
        self._messages = FieldReader().messages
        self._calls = Calls()

    def read(self, content: memoryview) -> None:
        for number, meta_graph in self._messages(content, 0):
            if number == _META_GRAPH:
                self._read_meta_graph(meta_graph)
        self._calls.check()

    def _read_meta_graph(self, meta_graph: memoryview) -> None:
        for number, content in self._messages(meta_graph, 1):
            if number == _GRAPH:
                self._read_graph(content)
            elif number == _ASSET_FILE:
                raise UnsafeFile("it reads a file (an asset) while it is loaded")
            elif number == _COLLECTION:
                self._read_collection(content)
            elif number == _SAVER:
                self._calls.restoring.add(_node(self._text(content, _RESTORE_NAME, 2)))
            elif number == _SIGNATURE:
                self._read_signature(content)
            elif number == _OBJECTS:
                self._read_objects(content)

    def _read_collection(self, entry: memoryview) -> None:
        """Read which nodes run while the file is loaded."""
        if (name := self._text(entry, _KEY, 2)) != "saved_model_main_op":
            raise UnsafeFile(f"it holds the collection {brief(name)}, which no export needs")
        for number, collection in self._messages(entry, 2):
            for kind, nodes in self._messages(collection, 3) if number == _VALUE else ():
                if kind != _NODE_LIST:
                    raise UnsafeFile("it holds a collection that is no list of nodes")
                names = {_node(read_text(node)) for _, node in self._messages(nodes, 4)}
                self._calls.outputs |= names

    def _read_graph(self, graph: memoryview) -> None:
        for number, content in self._messages(graph, 2):
            if number == _GRAPH_NODE:
                name, body = self._read_node(content, 3)
                merged = self._calls.nodes.setdefault(name, Body())
                merged.add(body)
                merged.inputs |= body.inputs
            elif number == _GRAPH_LIBRARY:
                for kind, function in self._messages(content, 3):
                    if kind == _LIBRARY_FUNCTION:
                        self._read_function(function)

    def _read_function(self, function: memoryview) -> None:
        name, body = "", Body()
        for number, content in self._messages(function, 4):
            if number == _FUNCTION_SIGNATURE:
                name = self._text(content, _SIGNATURE_NAME, 5) or name
            elif number == _FUNCTION_NODE:
                body.add(self._read_node(content, 5)[1])
        if name in self._calls.functions:
            raise UnsafeFile(f"it holds two functions of the name {brief(name)}")
        self._calls.functions[name] = body

    def _read_node(self, node: memoryview, level: int) -> tuple[str, Body]:
        """Return a node's name, its operator with the functions in its attributes, and its inputs."""
        names, inputs, operators = [""], list[str](), set[str]()
        for number, content in self._messages(node, level):
            if number == _NODE_NAME:
                names.append(read_text(content))
            elif number == _NODE_OPERATOR:
                operators.add(read_text(content))
            elif number == _NODE_INPUT:
                inputs.append(_node(read_text(content)))
            elif number == _NODE_ATTRIBUTE:
                operators |= set(self._functions_of(content, level + 1))
        files = set(inputs[:1]) if RESTORE in operators else set[str]()
        return names[-1], Body(operators, set(inputs), {names[-1]}, files)

    def _functions_of(self, entry: memoryview, level: int) -> Iterator[str]:
        """Yield the names of functions in an attribute, as in PartitionedCall, While and If."""
        for number, content in self._messages(entry, level):
            if number == _VALUE:
                for kind, value in self._messages(content, level + 1):
                    if kind == _ATTRIBUTE_FUNCTION:
                        yield from self._read_call(value, level + 2)
                    elif kind == _ATTRIBUTE_LIST:
                        for part, item in self._messages(value, level + 2):
                            if part == _LIST_FUNCTION:
                                yield from self._read_call(item, level + 3)

    def _read_call(self, call: memoryview, level: int) -> Iterator[str]:
        for number, content in self._messages(call, level):
            if number == _CALL_NAME:
                yield read_text(content)
            elif number == _CALL_ATTRIBUTE:
                yield from self._functions_of(content, level + 1)

    def _read_signature(self, entry: memoryview) -> None:
        name = self._text(entry, _KEY, 2)
        if name not in _SIGNATURES:
            raise UnsafeFile(f"it holds the signature {brief(name)}; an export has serving_default")
        for number, signature in self._messages(entry, 2):
            if number == _VALUE:
                for kind, output in self._messages(signature, 3):
                    if kind == _SIGNATURE_OUTPUT:
                        self._read_output(output)

    def _read_output(self, entry: memoryview) -> None:
        for number, tensor in self._messages(entry, 4):
            if number == _VALUE:
                self._calls.outputs.add(_node(self._text(tensor, _TENSOR_NAME, 5)))
                if any(kind in _TENSOR_PARTS for kind, _ in self._messages(tensor, 5)):
                    raise UnsafeFile("it holds an output that is made of several tensors")

    def _read_objects(self, objects: memoryview) -> None:
        for number, content in self._messages(objects, 2):
            if number == _OBJECT_FUNCTION:
                self._calls.roots.add(self._text(content, _KEY, 3))
            elif number == _OBJECT_NODE:
                self._read_object(content)

    def _read_object(self, node: memoryview) -> None:
        for number, content in self._messages(node, 3):
            kind = _OBJECT_KINDS.get(number)
            if number == _REGISTERED_NAME and bytes(content) == _CONSTANT:
                continue
            name = self._text(content, _OBJECT_CLASS_NAME, 4) if number == _OBJECT_CLASS else ""
            if kind and len(content) and name not in _CLASSES:
                raise UnsafeFile(
                    f"loading it makes an object of the kind {brief(name) if name else kind}, which no "
                    "export needs"
                )

    def _text(self, message: memoryview, number: int, level: int) -> str:
        """Return the text of one field of a message; empty where it does not occur."""
        texts = [read_text(value) for at, value in self._messages(message, level) if at == number]
        if len(texts) > 1:
            raise UnsafeFile("it holds a message with two names")
        return texts[0] if texts else ""


def _node(reference: str) -> str:
    """Return the name of the node in a reference such as "^name" or "name:1"."""
    return reference.lstrip("^").partition(":")[0]
