"""The convolution of the generators."""

from typing import Any

from keras import layers

BEFORE_RELU = "he_normal"  # a ReLU halves the variance (He et al. 2015)


def convolve(
    x: Any, filters: int, kernel_size: int = 3, strides: int = 1, initializer: str = BEFORE_RELU
) -> Any:
    """Apply a convolution.

    Args:
        x: the feature map.
        filters: of the convolution.
        kernel_size: side of its window.
        strides: of the convolution.
        initializer: of its kernel.
    """
    return layers.Conv2D(
        filters, kernel_size, strides=strides, padding="same", kernel_initializer=initializer
    )(x)
