"""Regularisers, all in the source's units, where white is 255.

    p-norm   sum |(x - x0) / s|^alpha       to the start image x0, or to the mean
    aux      sum |(x - m) / s|^alpha        to the mean m
    TV       sum max(|grad x / s|^2, 1e-3)^(beta / 2)

Mahendran & Vedaldi, arXiv:1412.0035; J. Johnson, cnn-vis (2015), with its three gradient operators:
differences of neighbours, Sobel's, and Sobel's squished into half of its window. Series have the first.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

WHITE, FLOOR = 255.0, 1e-3


def p_norm(difference: Any, alpha: float, scale: float) -> Any:
    """Compute sum |d / s|^alpha for differences d, where white is 1."""
    # the floor keeps the gradient of a power below 2 finite at 0
    return ops.sum(ops.power(ops.abs(WHITE * difference / scale) + 1e-12, alpha))


def total_variation(images: Any, beta: float, scale: float, operator: str) -> Any:
    """Compute the total variation of images of shape (n, ..., channels), where white is 1."""
    x = WHITE * images / scale
    rank = len(x.shape) - 2
    slopes = OPERATORS[operator](x) if rank == 2 else differences(x)
    steepness = sum(ops.square(slope) for slope in slopes)
    return ops.sum(ops.power(ops.maximum(steepness, FLOOR), beta / 2))


def differences(x: Any) -> list[Any]:
    """Give the differences to the next pixel along each axis, where each has one."""
    axes = range(1, len(x.shape) - 1)
    here = (slice(None), *[slice(-1)] * len(axes))
    return [x[here] - x[(*here[:axis], slice(1, None), *here[axis + 1 :])] for axis in axes]


def windowed(x: Any, weights: Callable[[int, int], int]) -> list[Any]:
    """Give sums over 3 x 3 windows weighted by w(row, column), and by w(column, row)."""
    height, width = x.shape[1:3]

    def summed(turned: bool) -> Any:
        total = 0.0
        for row in range(3):
            for column in range(3):
                weight = weights(column, row) if turned else weights(row, column)
                if weight:
                    total += weight * x[:, row : height - 2 + row, column : width - 2 + column]
        return total

    return [summed(False), summed(True)]


def sobel(x: Any) -> list[Any]:
    """Give Sobel's derivatives: columns -1, 0, 1 times rows 1, 2, 1."""
    return windowed(x, lambda row, column: (column - 1) * (1, 2, 1)[row])


def sobel_squish(x: Any) -> list[Any]:
    """Give the same with columns -1, 1 in place of -1, 0, 1."""
    return windowed(x, lambda row, column: (-1, 1, 0)[column] * (1, 2, 1)[row])


OPERATORS = {"naive": differences, "sobel": sobel, "sobel_squish": sobel_squish}


def penalty(image: Any, anchor: Any, steps: Any, config: Any) -> Any:
    """Sum the weighted regularisers of images.

    Args:
        image: what is regularised, shape (n, ..., channels).
        anchor: the start image at the same place.
        steps: made so far at this size; the total variation's weight grows with them.
        config: the settings.
    """
    total = 0.0
    if config.p_reg:
        total += config.p_reg * p_norm(image - anchor, config.alpha, config.p_scale)
    if config.p_reg_aux:
        total += config.p_reg_aux * p_norm(
            image - config.grey, config.alpha_aux, config.p_scale_aux
        )
    if config.tv_reg or config.tv_reg_step:
        grown = config.tv_reg_step * ops.cast(steps // config.tv_reg_step_iter, "float32")
        variation = total_variation(
            image, config.beta, config.tv_reg_scale, config.tv_grad_operator
        )
        total += (config.tv_reg + grown) * variation
    return total
