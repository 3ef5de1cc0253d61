"""Calibration examples of a part: what its inputs hold while the model works on the run's own data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import has_no_data
from zoo.errors import ExportError
from zoo.exporters.parts.part import call_part

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Tensor
    from zoo.exporters.parts.part import Part
    from zoo.exporters.sources import Source

MOST_EXAMPLES = 256  # of the training split
MOST_VALUES = 2**23  # of all examples together
WITHOUT_DATA = "no run with data"  # in the message of a refusal
_BATCH = 32  # examples that are computed at a time
_SEED = 0


def training_examples(source: Source) -> Callable[[], Array] | None:
    """Return the function that returns examples of a run's training data, evenly spread over the split.

    It returns None where there is no run, or no data.
    """
    recipe = source.recipe if source.run is not None else None
    if recipe is None:
        return None

    @cache
    def examples() -> Array:
        data = recipe.load_data()
        if has_no_data(data):
            raise ExportError("The run's data is no data set, so there is nothing to calibrate on.")
        one = math.prod(data.train.take(np.arange(1)).inputs.shape)
        count = min(MOST_EXAMPLES, max(1, MOST_VALUES // one), len(data.train))
        positions = np.linspace(0, len(data.train) - 1, count).round().astype(int)
        return np.asarray(data.train.take(positions).inputs)

    return examples


def calibration_batches(part: Part, options: Mapping[str, Any]) -> list[dict[str, Array]]:
    """Return batches of a part's inputs by name.

    An input of the examples' shape gets the examples. An input with the name and the shape of another
    part's output, such as the code of a decoder, gets what that part computes from them. Any other input,
    such as latents, gets standard normal numbers; whole numbers are 0 or 1.

    Args:
        part: the part.
        options: of the export: `examples` and `parts`.

    Raises:
        ExportError: there are no examples.
    """
    read_examples = options.get("examples")
    if read_examples is None:
        raise ExportError(
            f"It is calibrated on the data of a run, and this is {WITHOUT_DATA}. Export a run, or choose "
            "the format onnx-fp16, which needs no data."
        )
    examples = read_examples()
    parts = options.get("parts", {})
    columns = [_column(tensor, examples, parts) for tensor in part.contract.inputs]
    size = part.contract.inputs[0].sizes[0] or _BATCH
    names = [tensor.name for tensor in part.contract.inputs]
    return [
        {name: column[at : at + size] for name, column in zip(names, columns, strict=True)}
        for at in range(0, len(examples) - size + 1, size)
    ] or [dict(zip(names, columns, strict=True))]


def _column(tensor: Tensor, examples: Array, parts: Mapping[str, Part]) -> Array:
    """Return the values of one input for all examples."""
    if _fits(tensor, examples):
        return examples.astype(tensor.dtype)
    for other in parts.values():
        inputs = other.contract.inputs
        outputs = {output.name: output.sizes[1:] for output in other.contract.outputs}
        if outputs.get(tensor.name) == tensor.sizes[1:] and len(inputs) == 1:
            if not _fits(inputs[0], examples):
                continue
            return _outputs(other, examples)[list(outputs).index(tensor.name)]
    shape = (len(examples), *(size or examples.shape[1] for size in tensor.sizes[1:]))
    generator = np.random.default_rng(_SEED)
    is_real = tensor.dtype.startswith("float")
    values = generator.normal(size=shape) if is_real else generator.integers(0, 2, shape)
    return np.asarray(values, tensor.dtype)


def _fits(tensor: Tensor, examples: Array) -> bool:
    """Return whether an input takes the examples: real numbers of the same rank, and of the known sizes."""
    sizes = tensor.sizes[1:]
    return (
        tensor.dtype.startswith("float")
        and len(sizes) == examples.ndim - 1
        and all(a in (None, b) for a, b in zip(sizes, examples.shape[1:], strict=True))
    )


def _outputs(part: Part, examples: Array) -> list[Array]:
    """Return the outputs of a part with one input for all examples."""
    batches = [examples[at : at + _BATCH] for at in range(0, len(examples), _BATCH)]
    results = [[np.asarray(value) for value in call_part(part.original, [x])] for x in batches]
    return [np.concatenate(column) for column in zip(*results, strict=True)]
