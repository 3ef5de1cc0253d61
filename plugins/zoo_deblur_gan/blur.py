"""Blur: a sharp image convolved with a kernel, and noise.

    y = k * x + n,   n ~ N(0, s^2)

only where k lies completely inside x, so that no pixel beyond the edge is needed: of an image of
(height, width) and a kernel of side s, (height - s + 1, width - s + 1) pixels remain. A product of Fourier
transforms is a convolution that wraps around the edges; the pixels that remain are those without wrapping.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.data.arrays import Array


def convolve(images: Any, kernels: Any) -> Any:
    """Convolve each image with its own kernel, in a graph.

    Args:
        images: shape (n, height, width, channels).
        kernels: shape (n, side, side).

    Returns:
        Images of shape (n, height - side + 1, width - side + 1, channels).
    """
    height, width = images.shape[1:3]
    side = kernels.shape[-1]
    padded = ops.pad(kernels, [(0, 0), (0, height - side), (0, width - side)])
    x = fft2(ops.transpose(images, (0, 3, 1, 2)))
    k = fft2(padded[:, None])
    product = (x[0] * k[0] - x[1] * k[1], x[0] * k[1] + x[1] * k[0])
    y = ops.transpose(ops.ifft2(product)[0], (0, 2, 3, 1))
    return y[:, side - 1 :, side - 1 :]


def fft2(values: Any) -> Any:
    """Return the Fourier transform of real values over the last two axes: its real and imaginary parts."""
    return ops.fft2((values, ops.zeros_like(values)))


def blur_and_add_noise(images: Any, kernels: Any, noise: float, seed: Any) -> Any:
    """Blur images, add noise, and clip to [0, 1] as a camera does.

    Args:
        images: shape (n, height, width, channels).
        kernels: one for each image, shape (n, side, side).
        noise: the standard deviation of the noise.
        seed: a `keras.random.SeedGenerator`.
    """
    blurred = convolve(images, kernels)
    return ops.clip(blurred + noise * keras.random.normal(ops.shape(blurred), seed=seed), 0.0, 1.0)


def convolve_array(image: Array, kernel: Array) -> Array:
    """Convolve one image (height, width, channels) with a kernel, in NumPy."""
    size, side = image.shape[:2], len(kernel)
    product = np.fft.rfft2(image, axes=(0, 1)) * np.fft.rfft2(kernel, size)[..., None]
    return np.fft.irfft2(product, size, axes=(0, 1))[side - 1 :, side - 1 :].astype(np.float32)


def crop_margin(images: Any, margin: int) -> Any:
    """Cut a margin off each side of images (n, height, width, channels)."""
    return images[:, margin:-margin, margin:-margin] if margin else images
