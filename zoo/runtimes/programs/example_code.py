"""The lines of code that run a file, in each language: an example of the sources, with other names.

An example runs "classifier/1" or "classifier.onnx" with one input, `image` of the shape (1, 28, 28, 1), and
one output, `probabilities`. Each line with the word `image` or `probabilities` is written once for each
input or output; the index [0] in it counts them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Words = Mapping[str, tuple[str, ...]]
"""The words for each dtype, in the order of those for float32, which the example has."""

_FILES = ('"classifier.onnx"', '"classifier.h5"', '"classifier/1"')
_INPUT, _OUTPUT, _SHAPE, _SIZE = "image", "probabilities", "1, 28, 28, 1", "784"


def example_code(path: Path, contract: Any, file: str, words: Words) -> str:
    """Return an example for other inputs, outputs and another file.

    Args:
        path: of the example's source.
        contract: the inputs and outputs, each with name, dtype and sizes.
        file: the name of the exported file, relative to the working directory.
        words: the language's words for each dtype.

    Returns:
        The code; empty where the language has no word for a dtype.
    """
    dtypes = {tensor.dtype for tensor in (*contract.inputs, *contract.outputs)}
    if not dtypes <= words.keys():
        return ""
    lines: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        lines += _lines(line, contract, file, words)
    return "\n".join(lines)


def _lines(line: str, contract: Any, file: str, words: Words) -> list[str]:
    """Return the lines for a line of the example: with the file's name, or once for each tensor."""
    for name in _FILES:
        if name in line:
            return [line.replace(name, json.dumps(file, ensure_ascii=False))]
    for word, tensors in ((_INPUT, contract.inputs), (_OUTPUT, contract.outputs)):
        if word in line:
            return [
                _line_of_tensor(line.replace("[0]", f"[{index}]"), word, tensor, words)
                for index, tensor in enumerate(tensors)
            ]
    return [line]


def _line_of_tensor(line: str, word: str, tensor: Any, words: Words) -> str:
    """Return the line for one tensor: free sizes are 64, and the batch is 1, as in the Python code."""
    sizes = [size or (1 if axis == 0 else 64) for axis, size in enumerate(tensor.sizes)]
    numbers = {_SHAPE: ", ".join(map(str, sizes)), _SIZE: str(math.prod(sizes))}
    line = re.sub(f"{_SHAPE}|{_SIZE}", lambda match: numbers[match[0]], line)
    for old, new in zip(words["float32"], words[tensor.dtype], strict=True):
        line = line.replace(old, new)
    return line.replace(word, json.dumps(tensor.name, ensure_ascii=False)[1:-1])
