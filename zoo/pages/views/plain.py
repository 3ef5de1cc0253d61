"""The view of any model: its parts, with inputs to choose and the outputs in numbers and pictures."""

from __future__ import annotations

from typing import Any

from zoo.data.arrays import Array, shape_fits
from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel
from zoo.pages.views.examples import as_stored, most_examples

__all__ = ["data", "fits"]


def fits(model: PageModel) -> bool:
    """Return True: the view shows every model."""
    return True


def data(model: PageModel, files: PageFiles) -> dict[str, Any]:
    """Write examples of the test split, for the parts that take them."""
    first = model.examples(1)
    if first is None:
        return {"examples": None, "parts": []}
    split = model.examples(most_examples(first))
    assert split is not None
    inputs = as_stored(split)
    return {"examples": files.array("examples", inputs), "parts": _takers(model, inputs)}


def _takers(model: PageModel, inputs: Array) -> list[str]:
    """Return the parts whose only input takes the examples."""
    return [
        role
        for role, contract in model.contracts.items()
        if len(contract.inputs) == 1 and shape_fits(inputs.shape[1:], contract.inputs[0].sizes[1:])
    ]
