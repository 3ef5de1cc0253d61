"""Spectral normalisation: W / s(W), with the largest singular value s from power iteration.

    v = W u / |W u|,   u <- W^T v / |W^T v|,   s = v^T W u

Each training step makes one step of the iteration: W changes little in it. The gradient goes through s,
and not through u and v. Miyato et al., "Spectral normalization for generative adversarial networks",
arXiv:1802.05957. A convolution's kernel of shape (height, width, inputs, outputs) counts as the matrix of
shape (height * width * inputs, outputs).

keras.layers.SpectralNormalization is no replacement: it writes the normalised kernel over the kernel in
each step, so the optimizer trains another variable than in the paper.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["is_kernel", "normalize_kernel", "random_direction"]

SMALL = 1e-12  # added to a norm before the division


def is_kernel(values: Any) -> bool:
    """Return whether weights are a matrix or a kernel, not a bias or a scale."""
    return len(values.shape) > 1


def random_direction(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Return a random unit vector, the first u."""
    return _unit_vector(keras.random.normal(shape, dtype=dtype))


def normalize_kernel(values: Any, direction: Any, update_direction: bool = False) -> Any:
    """Return a kernel divided by its largest singular value.

    Args:
        values: a matrix or kernel, outputs last.
        direction: the variable u, of shape (outputs,).
        update_direction: make one step of the power iteration and store it in `direction`.
    """
    matrix = ops.reshape(values, (-1, values.shape[-1]))
    fixed = ops.stop_gradient(matrix)
    u = ops.convert_to_tensor(direction)
    v = _unit_vector(ops.matmul(fixed, u))
    if update_direction:
        u = _unit_vector(ops.matmul(v, fixed))
        direction.assign(u)
    return values / ops.sum(v * ops.matmul(matrix, u))


def _unit_vector(vector: Any) -> Any:
    return vector / (ops.norm(vector) + SMALL)
