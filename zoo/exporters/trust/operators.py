"""The lists of operators that a stranger's graph may have: those that compute and do nothing else.

An operator that is on no list is refused, also one that a later version of a runtime adds. The lists are
text files beside this module.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from zoo.errors import UnsafeFile, brief, nearest

ONNX_DOMAINS = frozenset({"", "ai.onnx"})
_FILE_OPERATORS = frozenset({"MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"})


@cache
def operators(language: str) -> frozenset[str]:
    """Return the names of the operators on a list.

    Args:
        language: onnx or tensorflow.
    """
    lines = Path(__file__).with_name(f"{language}_operators.txt").read_text("utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


def file_operators() -> frozenset[str]:
    """Return TensorFlow's operators that save and restore variables; they are in every SavedModel."""
    return _FILE_OPERATORS


def check_operator(language: str, name: str, domain: str = "") -> None:
    """Refuse an operator that is not on the list.

    Args:
        language: onnx or tensorflow.
        name: of the operator.
        domain: of an ONNX operator; another than ONNX_DOMAINS has no operators here.

    Raises:
        UnsafeFile: the message has no name of the file.
    """
    place = f" of the domain {brief(domain)}" if domain not in ONNX_DOMAINS else ""
    if place or name not in operators(language):
        raise UnsafeFile(
            f"it has the operator {brief(name)}{place}, which is not on the list of operators that compute "
            f"and do nothing else. {nearest(name, operators(language))}"
        )
