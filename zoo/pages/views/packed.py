"""What several views put into a page: test examples, and numbers stored as whole numbers of 16 bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.split import Split
from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel
from zoo.pages.views.examples import MOST, as_stored, balanced_positions, most_examples
from zoo.pages.views.strokes import drawing

__all__ = [
    "MOST_MEASURED",
    "iterate_batches",
    "sample_test_split",
    "write_examples",
    "write_packed",
]

MOST_MEASURED = 2000  # test examples that statistics are computed from
LARGEST = 2**16 - 1
CHUNK = 200


def write_packed(files: PageFiles, name: str, values: Array) -> dict[str, Any]:
    """Write numbers as uint16: low + (high - low) stored / 65535.

    Args:
        files: of the page.
        name: of the file.
        values: finite numbers.
    """
    low, high = float(values.min()), float(values.max())
    stored = np.round((values - low) / max(high - low, 1e-12) * LARGEST).astype(np.uint16)
    return files.array(name, stored) | {"low": low, "high": high}


def sample_test_split(model: PageModel, most: int = MOST_MEASURED) -> Split | None:
    """Return at most so many test examples, the same ones every time; None without data."""
    if model.data is None:
        return None
    order = np.random.default_rng(0).permutation(len(model.data.test))
    return model.data.test.take(np.sort(order[:most]))


def write_examples(model: PageModel, files: PageFiles) -> dict[str, Any] | None:
    """Write some test examples, in turn one of each class; None without data.

    Returns:
        `inputs`, `targets` (the numbers of the classes, or None), and `range` of the data.
    """
    if model.data is None:
        return None
    test = model.data.test
    labels = class_labels(model, test)
    count = most_examples(test)
    few = test.take(slice(count) if labels is None else balanced_positions(labels, count))
    values, targets = few.inputs, class_labels(model, few)
    limits = [0.0, 1.0] if values.ndim > 3 else [float(values.min()), float(values.max())]
    return {
        "inputs": files.array("examples", as_stored(few)),
        "targets": None if targets is None else targets.tolist(),
        "range": limits,
    }


def drawing_of(model: PageModel) -> dict[str, Any] | None:
    """Return how strokes become an input; None where nothing can be drawn."""
    few = model.examples(MOST)
    return None if few is None else drawing(few.inputs)


def class_labels(model: PageModel, split: Split) -> Array | None:
    """Return the numbers of the examples' classes, shape (n,); None where there are no classes."""
    if not model.classes or split.targets is None or split.targets.ndim != 1:
        return None
    labels: Array = split.targets.astype(int)
    return labels


def iterate_batches(split: Split) -> Any:
    """Return the inputs of a split, some at a time."""
    return split.batches(CHUNK)
