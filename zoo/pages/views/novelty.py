"""The view of a novelty detector: an example's score, the threshold, and what the refiner makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.class_names import class_index
from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel
from zoo.pages.views.packed import (
    class_labels,
    drawing_of,
    iterate_batches,
    sample_test_split,
    write_examples,
)
from zoo.runs.predict import apply

__all__ = ["data", "fits"]

SCORER, REFINER = "scorer", "refiner"
BINS = 48
TAIL = 98  # percent of the scores that the histogram shows; the others are in its last bar


def fits(model: PageModel) -> bool:
    """Return whether a model has a scorer and a refiner of the same inputs, and data."""
    scorer, refiner = (model.contracts.get(role) for role in (SCORER, REFINER))
    if scorer is None or refiner is None or model.data is None or model.run is None:
        return False
    shapes = {tuple(part.inputs[0].sizes[1:]) for part in (scorer, refiner)}
    return len(shapes) == 1 and None not in shapes.pop() and scorer.outputs[0].sizes[1:] == (1,)


def data(model: PageModel, files: PageFiles) -> dict[str, Any]:
    """Write examples, and count the scores of normal and of novel test examples."""
    split = sample_test_split(model)
    assert split is not None
    assert model.run is not None
    scores = np.concatenate([model.parts[SCORER](batch)[0] for batch in iterate_batches(split)])
    threshold = float(apply(model.run, [split.take(slice(1)).inputs[0]])[0]["threshold"])
    labels, normal = class_labels(model, split), normal_class(model)
    return {
        "scorer": SCORER,
        "refiner": REFINER,
        "threshold": threshold,
        "normal": normal,
        "histogram": histogram(
            scores[:, 0], threshold, None if labels is None else labels == normal
        ),
        "examples": write_examples(model, files),
        "drawing": drawing_of(model),
    }


def normal_class(model: PageModel) -> int | None:
    """Return the number of the normal class; None where the data has no classes."""
    if not model.classes:
        return None
    name = model.config.get("normal")
    return 0 if name is None else class_index(name, model.classes)


def histogram(scores: Array, threshold: float, is_normal: Array | None) -> dict[str, Any]:
    """Return the counts of scores in equal bins between `low` and `high`.

    Args:
        scores: of test examples, shape (n,).
        threshold: scores above it are novel.
        is_normal: which examples are of the normal class, shape (n,); None counts all as one kind.

    Returns:
        `low`, `high`, and `counts` by kind: normal and novel, or all.
    """
    low, high = float(scores.min()), float(max(np.percentile(scores, TAIL), threshold * 1.2))
    kinds = {"all": np.ones(len(scores), bool)}
    if is_normal is not None and is_normal.any() and not is_normal.all():
        kinds = {"normal": is_normal, "novel": ~is_normal}
    counts = {
        kind: np.histogram(np.clip(scores[mask], low, high), BINS, (low, high))[0].tolist()
        for kind, mask in kinds.items()
    }
    return {"low": low, "high": high, "counts": counts}
