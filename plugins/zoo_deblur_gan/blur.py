"""Blur: a sharp image convolved with a kernel, and noise.

    y = k * x + n,   n ~ N(0, s^2)

only where k lies within x altogether, so that nothing is assumed of what lies beyond the edge: of
(height, width) and a kernel of side s, (height - s + 1, width - s + 1) are left. The product of Fourier
transforms is a convolution that wraps around, and what it wraps is just what is left out.
"""

from typing import Any

import keras
import numpy as np
from keras import ops


def blurred(images: Any, kernels: Any) -> Any:
    """Convolve each image (n, height, width, channels) with its own kernel (n, side, side), in a graph."""
    height, width = images.shape[1:3]
    side = kernels.shape[-1]
    filled = ops.pad(kernels, [(0, 0), (0, height - side), (0, width - side)])
    x = transformed(ops.transpose(images, (0, 3, 1, 2)))
    k = transformed(filled[:, None])
    product = (x[0] * k[0] - x[1] * k[1], x[0] * k[1] + x[1] * k[0])
    y = ops.transpose(ops.ifft2(product)[0], (0, 2, 3, 1))
    return y[:, side - 1 :, side - 1 :]


def transformed(values: Any) -> Any:
    """Give the Fourier transform over the last two axes, real and imaginary."""
    return ops.fft2((values, ops.zeros_like(values)))


def spoilt(images: Any, kernels: Any, noise: float, seed: Any) -> Any:
    """Blur images, add noise, and keep within [0, 1] what a camera would."""
    made = blurred(images, kernels)
    return ops.clip(made + noise * keras.random.normal(ops.shape(made), seed=seed), 0.0, 1.0)


def blurred_array(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve one image (height, width, channels) with a kernel, in NumPy."""
    size, side = image.shape[:2], len(kernel)
    product = np.fft.rfft2(image, axes=(0, 1)) * np.fft.rfft2(kernel, size)[..., None]
    return np.fft.irfft2(product, size, axes=(0, 1))[side - 1 :, side - 1 :].astype(np.float32)


def inner(images: Any, margin: int) -> Any:
    """Cut a margin off each side of images (n, height, width, channels)."""
    return images[:, margin:-margin, margin:-margin] if margin else images
