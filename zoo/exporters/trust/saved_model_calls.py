"""What of a SavedModel may run: when it is loaded, when its variables are restored, and when it computes.

TensorFlow's own functions that save and restore variables are in each SavedModel, and they write and read
files. Nothing may call the one that saves. Loaders run the operator that the SavedModel names for restoring:
those of TensorFlow 1, of TensorFlow Java and of Serving do. It may read the file that the loader names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from zoo.errors import UnsafeFile, brief
from zoo.exporters.trust.operators import check_operator, file_operators

RESTORE = "RestoreV2"
_BEFORE_RESTORE = frozenset({  # the name of a file can come from a Placeholder alone, so from the loader
    "Identity", "NoOp", "PartitionedCall", "Placeholder", "StatefulPartitionedCall", "VarHandleOp"
})  # fmt: skip


@dataclass
class Body:
    """The operators, functions and inputs that a function or a node mentions.

    `names` are those of its nodes, and `files` where its operators that restore have their files' names from.
    """

    operators: set[str] = field(default_factory=set)
    inputs: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def add(self, other: Body) -> None:
        """Add what another body mentions, except its inputs, which are its own."""
        self.operators |= other.operators
        self.names |= other.names
        self.files |= other.files


@dataclass
class Calls:
    """The nodes and functions of a SavedModel by name, and which of them are run.

    `roots` are the functions that may be called, `outputs` the nodes whose values are asked for, and
    `restoring` the nodes that loaders run to restore the variables.
    """

    nodes: dict[str, Body] = field(default_factory=dict)
    functions: dict[str, Body] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    restoring: set[str] = field(default_factory=set)

    def check(self) -> None:
        """Refuse operators that are not on the list, and operators that use files where they may run.

        Raises:
            UnsafeFile: the message says which one.
        """
        for body in (*self.functions.values(), *self.nodes.values()):
            for name in sorted(body.operators - self.functions.keys() - file_operators()):
                check_operator("tensorflow", name)
        nodes = _reach(self.nodes, self.outputs, "inputs")
        for body in [*nodes, *self._functions_of(nodes), *_reach(self.functions, self.roots)]:
            if forbidden := body.operators & file_operators():
                raise UnsafeFile(
                    f"its computation calls the operator {min(forbidden)!r}, which uses files"
                )
        self._check_restoring()

    def _check_restoring(self) -> None:
        nodes = _reach(self.nodes, self.restoring, "inputs")
        forbidden: set[str] = set()
        for body in nodes:
            forbidden |= body.operators - _BEFORE_RESTORE - self.functions.keys()
        for body in self._functions_of(nodes):
            forbidden |= body.operators & (file_operators() - {RESTORE} | self.functions.keys())
            if body.files & body.names:
                raise UnsafeFile("what restores its variables names another file than theirs")
        if forbidden:
            raise UnsafeFile(
                f"what restores its variables calls {brief(min(forbidden))}, and may use other files"
            )

    def _functions_of(self, nodes: Iterable[Body]) -> list[Body]:
        """Return the functions that some nodes call, and those that these call."""
        called = {name for body in nodes for name in body.operators}
        return _reach(self.functions, called & self.functions.keys())


def _reach(bodies: dict[str, Body], names: set[str], by: str = "operators") -> list[Body]:
    """Return the bodies of some names, and of all that they mention by operators or by inputs."""
    waiting, seen = set(names), set(names)
    reached = []
    while waiting:
        body = bodies.get(waiting.pop(), Body())
        reached.append(body)
        mentioned = getattr(body, by) & bodies.keys()
        waiting |= mentioned - seen
        seen |= mentioned
    return reached
