"""Regularisers of the images, in the units of cnn-vis, where white is 255.

    p-norm   sum |(x - x0) / s|^alpha       distance to the start image x0, or to the mean
    aux      sum |(x - m) / s|^alpha        distance to the mean m
    TV       sum max(|grad x / s|^2, 1e-3)^(beta / 2)

Mahendran & Vedaldi, arXiv:1412.0035; J. Johnson, cnn-vis (2015), with its three gradient operators:
differences of neighbours, the Sobel operator, and the Sobel operator squished into half of its window.
Series and volumes always use differences of neighbours.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from zoo.interpret import activation_maximization
from zoo.interpret.activation_maximization import neighbour_differences

from .config import Config

WHITE, FLOOR = 255.0, 1e-3


def p_norm(difference: Any, alpha: float, scale: float) -> Any:
    """Return sum |d / s|^alpha of differences d, where white is 1.

    Args:
        difference: of pixels, where white is 1.
        alpha: the power, at least 1.
        scale: what pixels, with white as 255, are divided by.
    """
    # 1e-12 keeps the gradient of a power below 2 finite at 0
    return ops.sum(ops.power(ops.abs(WHITE * difference / scale) + 1e-12, alpha))


def total_variation(images: Any, beta: float, scale: float, operator: str) -> Any:
    """Return the total variation of images.

    Args:
        images: shape (n, ..., channels), where white is 1.
        beta: the power of the gradient's length.
        scale: what pixels, with white as 255, are divided by.
        operator: the gradient operator of images: naive, sobel or sobel_squish.
    """
    x = WHITE * images / scale
    rank = len(x.shape) - 2
    gradient = OPERATORS[operator](x) if rank == 2 else neighbour_differences(x)
    return ops.sum(activation_maximization.total_variation(gradient, beta, FLOOR))


def window_sums(x: Any, weights: Callable[[int, int], int]) -> list[Any]:
    """Return sums over 3 x 3 windows weighted by w(row, column), and by w(column, row)."""
    height, width = x.shape[1:3]

    def weighted_sum(transposed: bool) -> Any:
        total = 0.0
        for row in range(3):
            for column in range(3):
                weight = weights(column, row) if transposed else weights(row, column)
                if weight:
                    total += weight * x[:, row : height - 2 + row, column : width - 2 + column]
        return total

    return [weighted_sum(False), weighted_sum(True)]


def sobel(x: Any) -> list[Any]:
    """Return Sobel's derivatives: columns -1, 0, 1 times rows 1, 2, 1."""
    return window_sums(x, lambda row, column: (column - 1) * (1, 2, 1)[row])


def sobel_squish(x: Any) -> list[Any]:
    """Return Sobel's derivatives with columns -1, 1 in place of -1, 0, 1."""
    return window_sums(x, lambda row, column: (-1, 1, 0)[column] * (1, 2, 1)[row])


OPERATORS: dict[str, Callable[[Any], list[Any]]] = {
    "naive": neighbour_differences,
    "sobel": sobel,
    "sobel_squish": sobel_squish,
}


def penalty(images: Any, anchor: Any, rounds: Any, config: Config) -> Any:
    """Return the weighted sum of the regularisers.

    Args:
        images: the images or windows, shape (n, ..., channels).
        anchor: the start images at the same places, of the same shape.
        rounds: the number of times that the steps looked at all windows of this size; the weight of
            the total variation grows with it.
        config: the settings.
    """
    total = 0.0
    if config.p_reg:
        total += config.p_reg * p_norm(images - anchor, config.alpha, config.p_scale)
    if config.p_reg_aux:
        total += config.p_reg_aux * p_norm(
            images - config.grey, config.alpha_aux, config.p_scale_aux
        )
    if config.tv_reg or config.tv_reg_step:
        increase = config.tv_reg_step * ops.cast(rounds // config.tv_reg_step_iter, "float32")
        variation = total_variation(
            images, config.tv_beta, config.tv_reg_scale, config.tv_grad_operator
        )
        total += (config.tv_reg + increase) * variation
    return total
