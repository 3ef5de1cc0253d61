"""Spectral normalisation: W / s(W), s the largest singular value, followed by power iteration.

    v = W u / |W u|,   u <- W^T v / |W^T v|,   s = v^T W u

one step in each training step, in which W hardly moves. No gradient goes through u and v; it does go
through s. Miyato et al., "Spectral normalization for generative adversarial networks",
arXiv:1802.05957. A convolution's kernel (height, width, inputs, outputs) is the matrix of the same
numbers with one column for each output.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

SMALL = 1e-12


def is_kernel(values: Any) -> bool:
    """Tell whether weights are a matrix or a kernel, and no bias or scale."""
    return len(values.shape) > 1


def random_direction(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Draw a direction to start from."""
    return _scaled(keras.random.normal(shape, dtype=dtype))


def normalize_kernel(values: Any, direction: Any, moving: bool = False) -> Any:
    """Divide weights by their largest singular value.

    Args:
        values: a matrix or kernel, outputs last.
        direction: the variable u, of shape (outputs,).
        moving: keep the step of the power iteration in it.
    """
    matrix = ops.reshape(values, (-1, values.shape[-1]))
    fixed = ops.stop_gradient(matrix)
    u = ops.convert_to_tensor(direction)
    v = _scaled(ops.matmul(fixed, u))
    if moving:
        u = _scaled(ops.matmul(v, fixed))
        direction.assign(u)
    return values / ops.sum(v * ops.matmul(matrix, u))


def _scaled(vector: Any) -> Any:
    return vector / (ops.norm(vector) + SMALL)
