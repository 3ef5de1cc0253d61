"""Weights that are no finite numbers: a model of such weights computes nothing, and no training mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.compute.layer_names import stable_names

if TYPE_CHECKING:
    import keras

__all__ = ["find_not_finite", "weight_name"]


def find_not_finite(model: keras.Model) -> list[int]:
    """Return the places in `model.weights` of those that hold NaN or infinite values.

    Args:
        model: its weights are loaded.
    """
    return [at for at, weight in enumerate(model.weights) if not _is_finite(weight)]


def weight_name(model: keras.Model, place: int) -> str:
    """Return the path of a weight; a layer that Keras named is counted within the model.

    Args:
        model: its layers are built.
        place: in `model.weights`.
    """
    weight = model.weights[place]
    layers = list(model.layers)
    for layer, name in zip(layers, stable_names(layers), strict=True):
        if any(each is weight for each in layer.weights):
            return str(weight.path).replace(str(layer.name), name, 1)
    return str(weight.path)


def _is_finite(weight: Any) -> bool:
    """Return whether all values of a variable are finite; integers and truth values are.

    The sum is, or else each number is looked at: a sum of finite numbers may be too large.
    """
    import keras

    if not keras.backend.is_float_dtype(weight.dtype):
        return True
    backend, convert = keras.backend.backend(), keras.ops.convert_to_numpy
    with np.errstate(over="ignore", invalid="ignore"):
        if backend == "tensorflow":  # NumPy would copy the values
            total = convert(keras.ops.cast(keras.ops.sum(weight), "float32"))
        else:  # JAX would compile a program for each shape, and Keras would copy
            total = (np.asarray(weight.value) if backend == "jax" else convert(weight)).sum()
        return bool(np.isfinite(total) or np.isfinite(convert(weight)).all())
