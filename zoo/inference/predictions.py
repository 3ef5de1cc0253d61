"""Predictions of classifiers and of regressions for the user's items, computed by the part without Keras.

A plug-in whose one part maps an input to probabilities, or to numbers, can write

    apply = zoo.hookimpl(predictions.apply)

and name this module in the group `zoo.predictors`, so that `zoo apply --with onnx` imports no Keras.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.inference.parts import Parts

__all__ = ["TOP", "apply", "class_results", "number_result"]

TOP = 5  # most probable classes of a result


def apply(parts: Parts, config: Any, inputs: Sequence[Array]) -> list[dict[str, Any]]:
    """Return the classes of a part `classifier`, or the numbers of a part `regressor`.

    Args:
        parts: the parts of the model; one of them has one of these roles.
        config: the settings; `classes`, the names of the classes, is read.
        inputs: the examples, without the batch axis.
    """
    if "regressor" in parts:
        return [number_result(numbers) for (numbers,) in parts["regressor"].each(inputs)]
    rows = [row for (row,) in parts["classifier"].each(inputs)]
    return class_results(np.stack(rows), config.classes or ()) if rows else []


def class_results(probabilities: Array, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Return for each example the most probable class, its probability, and the 5 most probable.

    Args:
        probabilities: shape (n, classes).
        classes: the names of the classes.
    """
    best = np.argsort(-probabilities, axis=1)[:, :TOP]
    highest = np.take_along_axis(probabilities, best, axis=1)
    return [
        _class_result([classes[at] for at in places], values)
        for places, values in zip(best.tolist(), highest.tolist(), strict=True)
    ]


def _class_result(names: list[str], values: list[float]) -> dict[str, Any]:
    return {
        "class": names[0],
        "probability": values[0],
        "top": dict(zip(names, values, strict=True)),
    }


def number_result(numbers: Array) -> dict[str, Any]:
    """Return the predicted numbers of one example."""
    return {"values": [float(number) for number in numbers]}
