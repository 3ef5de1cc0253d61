"""Who is to blame for a file that came out wrong: the first layer whose prefix of the graph fails.

The layers are in topological order, and a prefix that holds the faulty layer fails as the whole
does, so a binary search over prefixes finds it in log2(n) exports.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.formats import protocol
from zoo.exporters.formats.keras import by_name
from zoo.exporters.parts.canonical import layers_of
from zoo.exporters.parts.contract import is_comparable
from zoo.exporters.parts.part import Part, call_part, prepare_part
from zoo.exporters.parts.probes import Probe, draw_probes
from zoo.exporters.worker import compare, compare_one

if TYPE_CHECKING:
    import keras

_REMEDIES = {
    "Argmax": "Use ops.top_k(x, 1)[1].",
    "Argmin": "Use ops.top_k(-x, 1)[1].",
    "TimeDistributed": "Apply the layer to the sequence directly: Dense works on its last axis.",
    "UpSampling2D": "With free sizes use interpolation='nearest' or Conv2DTranspose, or fix the sizes.",
    "Resizing": "Resize with bilinear, bicubic or nearest, antialias=False, to a fixed size.",
    "LSTM": "Build it with unroll=True and a fixed number of steps.",
    "GRU": "Build it with unroll=True and a fixed number of steps.",
}
_HALF = (
    "It computes in 16 bits, and every runtime rounds those in its own way. Build it in float32."
)
_OWN = (
    "If it computes with sizes, write (4 - h % 4) % 4 and not (-h) % 4; else write it with other "
    "operations, or leave out this format."
)


def check_copy(part: Part, made: Sequence[Probe]) -> None:
    """Refuse a part that answers otherwise the second time, or whose copy answers otherwise.

    Raises:
        ExportError: it names the layer.
    """
    given = [made[0].inputs[tensor.name] for tensor in part.contract.inputs]
    again = call_part(part.original, given)
    if not all(map(_alike, again, made[0].outputs.values())):
        raise ExportError(
            f"The part {part.role!r} draws random numbers{_where(part.original, part.original, given)}, "
            "so no file can be compared with it. Give the noise to the part as an input, or ship the mean."
        )
    _, problem = compare(by_name(part.model), made)
    if problem:
        raise ExportError(
            f"The part {part.role!r} computes something else once it is rebuilt from its layers' configs"
            f"{_where(part.original, part.model, given)}: {problem}. Give the layer a get_config with "
            "all of its settings, and keep what it learns in weights."
        )


def first_failing_layer(part: Part, name: str, options: Mapping[str, Any]) -> str:
    """Name the layer at fault and what to do; empty where every prefix comes out right."""
    nodes = _nodes(part.model)
    if not _fails(part, nodes, name, options):
        return ""
    right, wrong = 0, len(nodes)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if _fails(part, nodes[:middle], name, options):
            wrong = middle
        else:
            right = middle
    layer = nodes[wrong - 1].operation
    return f"The {_titled(layer)} is where it goes wrong. {_remedy(part, layer)}"


def _titled(layer: Any) -> str:
    import keras

    noun = "layer" if isinstance(layer, keras.Layer) else "operation"
    return f"{noun} {layer.name!r} ({type(layer).__name__})"


def _remedy(part: Part, layer: Any) -> str:
    if any(each.compute_dtype in ("float16", "bfloat16") for each in layers_of(part.model)):
        return _HALF
    return _REMEDIES.get(type(layer).__name__, _OWN)


def _fails(part: Part, nodes: Sequence[Any], name: str, options: Mapping[str, Any]) -> bool:
    """Export the prefix that ends in some nodes, run it here, and compare."""
    import keras

    outputs = [tensor for node in nodes for tensor in node.outputs if is_comparable(tensor.dtype)]
    if not outputs:
        return False
    prefix = prepare_part("prefix", keras.Model(part.model.inputs, outputs))
    writer = protocol.load_format(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"prefix{writer.SUFFIX}"
        try:
            writer.write(prefix, path, options)
            _, problem = compare(writer.open(path), draw_probes(prefix))
        except Exception:  # a prefix that cannot be written or opened fails as the whole does
            return True
    return bool(problem)


def _where(one: keras.Model, other: keras.Model, given: Sequence[Any]) -> str:
    """Say in which layer two models first differ, where their graphs are alike."""
    answers = zip(_every_answer(one, given), _every_answer(other, given), strict=False)
    for (layer, first), (its_copy, second) in answers:
        if type(layer) is not type(its_copy):
            return ""
        if not all(map(_alike, first, second)):
            return f" in the {_titled(layer)}"
    return ""


def _every_answer(model: keras.Model, given: Sequence[Any]) -> list[tuple[Any, list[Any]]]:
    """Give each layer with what it answers on the way through the model."""
    import keras

    nodes = _nodes(model)
    whole = keras.Model(model.inputs, [tensor for node in nodes for tensor in node.outputs])
    values = iter(call_part(whole, given))
    return [(node.operation, [next(values) for _ in node.outputs]) for node in nodes]


def _nodes(model: keras.Model) -> list[Any]:
    """List the calls that the graph is made of, each after those that it needs."""
    depths = sorted(model._nodes_by_depth, reverse=True)
    return [node for at in depths for node in model._nodes_by_depth[at] if not node.is_input]


def _alike(one: Any, other: Any) -> bool:
    return not compare_one("", one, other)[1]
