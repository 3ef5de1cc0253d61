"""Who is to blame for a file that came out wrong: the first layer whose prefix of the graph fails.

The layers are in topological order, and a prefix that holds the faulty layer fails as the whole
does, so a binary search over prefixes finds it in log2(n) exports.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import formats, probes
from zoo.checker import compare
from zoo.parts import Part, prepare

if TYPE_CHECKING:
    import keras

_REMEDIES = {
    "TimeDistributed": "Apply the layer to the sequence directly: Dense works on its last axis.",
    "UpSampling2D": "With free sizes use interpolation='nearest' or Conv2DTranspose, or fix the sizes.",
    "Resizing": "Resize with bilinear, bicubic or nearest, antialias=False, to a fixed size.",
    "Normalization": "Use Rescaling, or a layer with non-trainable weights.",
    "LSTM": "Build it with unroll=True and a fixed number of steps.",
    "GRU": "Build it with unroll=True and a fixed number of steps.",
}
_OWN = (
    "If it computes with sizes, write (4 - h % 4) % 4 and not (-h) % 4; else write it with other "
    "operations, or leave out this format."
)


def blame(part: Part, name: str, options: Mapping[str, Any]) -> str:
    """Name the layer at fault and what to do; empty where every prefix comes out right."""
    layers = [item for item in part.model.operations if type(item).__name__ != "InputLayer"]
    if not _fails(part, layers, name, options):
        return ""
    right, wrong = 0, len(layers)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if _fails(part, layers[:middle], name, options):
            wrong = middle
        else:
            right = middle
    layer = layers[wrong - 1]
    kind = type(layer).__name__
    return f"The layer {layer.name!r} ({kind}) is where it goes wrong. {_REMEDIES.get(kind, _OWN)}"


def _fails(part: Part, layers: list[keras.Layer], name: str, options: Mapping[str, Any]) -> bool:
    """Export the prefix that ends in some layers, run it here, and compare."""
    import keras

    outputs = [tensor for layer in layers for tensor in _flat(layer.output)]
    prefix = prepare("prefix", keras.Model(part.model.inputs, outputs))
    writer = formats.load(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"prefix{writer.SUFFIX}"
        try:
            writer.write(prefix, path, options)
            _, problem = compare(writer.open(path), probes.draw(prefix))
        except Exception:  # a prefix that cannot be written or opened fails as the whole does
            return True
    return bool(problem)


def _flat(output: Any) -> list[Any]:
    if isinstance(output, dict):
        return list(output.values())
    return list(output) if isinstance(output, list | tuple) else [output]
