"""The lines of Python that run an exported file without the zoo, for the README beside it."""

from __future__ import annotations

from typing import Any


def sample_code(contract: Any) -> str:
    """Return the lines of code that make inputs of the right names, dtypes and shapes.

    Args:
        contract: of the part; its inputs have a name, a dtype and sizes. A free batch is 1, and any
            other free size 64.
    """
    lines = ["import numpy as np", "", "inputs = {"]
    for tensor in contract.inputs:
        lines.append(f'    "{tensor.name}": np.zeros({sample_shape(tensor)}, "{tensor.dtype}"),')
    return "\n".join([*lines, "}"])


def sample_shape(tensor: Any) -> tuple[int, ...]:
    """Return the shape of a tensor of the contract, with 1 for a free batch and 64 for other free sizes."""
    return tuple(size or (1 if axis == 0 else 64) for axis, size in enumerate(tensor.sizes))


def python_code(contract: Any, imports: str, *lines: str) -> str:
    """Return a whole script: the imports, inputs of the right names and shapes, and lines that use them.

    Args:
        contract: of the part.
        imports: the line that imports the runtime.
        lines: the code that opens the file and runs it on `inputs`, a dictionary of arrays.
    """
    return "\n".join([imports, sample_code(contract), *lines])
