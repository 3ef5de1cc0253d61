"""Weights of classes in a loss, for data in which some classes have few examples."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import PositiveFloat

from zoo.config import Config
from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.pipeline import Example

__all__ = ["ClassWeight", "balanced_weights", "weigh_examples"]

ClassWeight = Literal["balanced"] | tuple[PositiveFloat, ...]  # the type of the setting


def weigh_examples(config: Config, data: Dataset) -> Example | None:
    """Return the function `example` of `fit_arguments` that adds the weight of each example's class, or None.

    The loss of training and of validation is then weighted; the metrics are not. `class_weight` of Keras'
    `fit` does the same, but not for a stream on JAX.

    Args:
        config: the settings. `class_weight` is one number for each class, or `balanced`: then the examples
            for training are counted, not those for validation.
        data: has labels.
    """
    setting = getattr(config, "class_weight", None)
    if setting is None:
        return None
    if setting == "balanced":
        labels = data.train_validation_split(config)[0].targets
        weights = balanced_weights(np.asarray(labels), len(data.classes or ()))
    else:
        weights = np.asarray(setting, np.float32)

    def example(x: Any, y: Any) -> Any:
        from keras import ops

        return x, y, ops.take(ops.convert_to_tensor(weights), ops.cast(y, "int32"))

    return example


def balanced_weights(labels: Array, classes: int) -> Array:
    """Return n / (k n_c) for each class c with n_c of n examples, where k classes have examples.

    The mean weight of an example is 1, and the weights of each class have the same sum. A class without
    examples has the weight 1. King & Zeng, "Logistic regression in rare events data", Political Analysis 9
    (2001).

    Args:
        labels: of the examples, shape (n,).
        classes: their number.

    Returns:
        The weights, float32 of shape (classes,).
    """
    counts = np.bincount(labels.astype(int), minlength=classes)
    weights = len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return np.where(counts > 0, weights, 1.0).astype(np.float32)
