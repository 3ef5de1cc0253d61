"""The view of a classifier: an example, its classes, where it looked, and its nearest mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.data.arrays import Array, example_kind
from zoo.data.split import Split
from zoo.inference.parts import PartFunction
from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel
from zoo.pages.views.examples import as_stored, balanced_positions, most_examples
from zoo.pages.views.strokes import drawing

__all__ = ["data", "fits"]

PART = "classifier"
MOST_MISTAKES = 24
MOST_MEASURED = 10_000  # examples of the test split in which mistakes are looked for


def fits(model: PageModel) -> bool:
    """Return whether a model has a part `classifier` of one input, and names for its classes."""
    contract = model.contracts.get(PART)
    if contract is None or not model.classes or len(contract.inputs) != 1:
        return False
    output, sizes = contract.outputs[0], contract.inputs[0].sizes[1:]
    known = all(size is not None for size in sizes) and 1 <= len(sizes) <= 4
    return known and output.sizes[1:] == (len(model.classes),)


def data(model: PageModel, files: PageFiles) -> dict[str, Any]:
    """Write examples and mistakes, and how a drawing becomes an input like those of the data."""
    contract = model.contracts[PART]
    shape = [int(size or 0) for size in contract.inputs[0].sizes[1:]]
    content: dict[str, Any] = {
        "kind": example_kind(shape),
        "shape": shape,
        "input": contract.inputs[0].name,
        "output": contract.outputs[0].name,
        "examples": None,
        "mistakes": None,
        "baseline": [0.0] * shape[-1],
        "drawing": None,
    }
    split = model.data.test if model.data else None
    if split is not None and split.targets is not None:
        sample = split.take(balanced_positions(split.targets, most_examples(split)))
        content["baseline"] = _baseline(sample.inputs)
        content["examples"] = _write_split(files, "examples", sample)
        content["mistakes"] = _write_mistakes(files, model.parts[PART], split)
        content["drawing"] = drawing(sample.inputs)
    return content


def _write_split(files: PageFiles, name: str, split: Split) -> dict[str, Any]:
    targets = np.asarray(split.targets, np.int32)
    return {
        "inputs": files.array(name, as_stored(split)),
        "targets": files.array(f"{name}-targets", targets),
    }


def _write_mistakes(files: PageFiles, part: PartFunction, split: Split) -> dict[str, Any]:
    """Write the examples that are taken for another class, the surest first, with their probabilities."""
    measured = split.take(slice(MOST_MEASURED))
    probabilities = np.concatenate([part(batch)[0] for batch in measured.batches(64)])
    targets = np.asarray(measured.targets)
    wrong = np.flatnonzero(probabilities.argmax(-1) != targets)
    surest = wrong[np.argsort(-probabilities[wrong].max(-1), kind="stable")]
    chosen = surest[: most_examples(split, MOST_MISTAKES)]
    content: dict[str, Any] = {"count": len(wrong), "of": len(measured)}
    if len(chosen):
        content |= _write_split(files, "mistakes", measured.take(chosen))
        content["probabilities"] = files.array("mistakes-probabilities", probabilities[chosen])
    return content


def _baseline(inputs: Array) -> list[float]:
    """Return what covers a place of an input: the border's median for images, else the mean, by channel."""
    if inputs.ndim == 4:
        border = np.concatenate([inputs[:, [0, -1]].reshape(-1, inputs.shape[-1])])
        return [float(value) for value in np.median(border, 0)]
    return [float(value) for value in inputs.reshape(-1, inputs.shape[-1]).mean(0)]
