"""Parameterisations: which numbers of an image are trained.

    pixels    x = w, projected into [0, 1] after each step
    fourier   x = sigmoid(c M Re F^-1(s w)),  s(k) = 1 / max(|k|, 1 / n): Olah et al. 2017

F^-1 is the inverse Fourier transform over an image's axes. It has all frequencies, and w holds the real
and the imaginary part of each. s gives every frequency the energy that it has in photographs, and M turns
decorrelated colours into red, green and blue. c is CONTRAST. Series have no bounds and need no sigmoid.
"""

from typing import Any, Protocol

import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array

from .config import Config

# square root of the covariance of colours in photographs, by columns; the longest column has length 1;
# as published with Olah et al. 2017
COLOUR_MATRIX = np.array([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]], np.float32)
COLOUR_MATRIX = COLOUR_MATRIX / np.linalg.norm(COLOUR_MATRIX, axis=0).max()
EDGE = 1e-3  # distance from 0 and 1 within which the inverse of the sigmoid is not taken
CONTRAST = 4.0  # of the logit: a unit step of a Fourier weight then changes pixels visibly


class Parameterisation(Protocol):
    """A way between weights and images."""

    def weights_shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the weights of one image."""
        ...

    def decode(self, weights: Any) -> Any:
        """Return the images of weights, shape (n, ..., channels)."""
        ...

    def encode(self, images: Array) -> Array:
        """Return the weights of images of shape (n, ..., channels)."""
        ...

    def project(self, weights: Any) -> Any:
        """Return the nearest allowed weights."""
        ...


class Pixels:
    """The weights are the pixels.

    Args:
        bounded: whether pixels must be in [0, 1].
    """

    def __init__(self, bounded: bool) -> None:
        self.bounded = bounded

    def weights_shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the weights of one image."""
        return image

    def decode(self, weights: Any) -> Any:
        """Return the weights: they are the images."""
        return weights

    def encode(self, images: Array) -> Array:
        """Return the images: they are the weights."""
        return images

    def project(self, weights: Any) -> Any:
        """Clip bounded pixels to [0, 1]."""
        return ops.clip(weights, 0.0, 1.0) if self.bounded else weights


class Fourier:
    """The weights are frequencies of decorrelated colours.

    Args:
        bounded: whether pixels must be in [0, 1].
    """

    def __init__(self, bounded: bool) -> None:
        self.bounded = bounded

    def weights_shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the weights of one image: two numbers for each frequency and channel.

        Raises:
            SettingError: the image is a volume.
        """
        if len(image) > 3:
            raise zoo.SettingError(
                "parameterization=fourier is for images and series. Received: a network of volumes. "
                "Expected: parameterization=pixels"
            )
        return (*image[:-1], 2 * image[-1])

    def decode(self, weights: Any) -> Any:
        """Return the images of weights: n^(1/2) Re F^-1 of the scaled weights, colours, sigmoid."""
        *sizes, doubled_channels = weights.shape[1:]
        scaled = weights * frequency_scales(sizes)
        real, imaginary = (ops.moveaxis(part, -1, 1) for part in ops.split(scaled, 2, -1))
        # Re F^-1(a + ib) = Re F(a - ib) / n
        transform = ops.fft if len(sizes) == 1 else ops.fft2
        waves = transform((real, -imaginary))[0] / float(np.sqrt(np.prod(sizes)))
        colours = ops.matmul(ops.moveaxis(waves, 1, -1), colour_matrix(doubled_channels // 2).T)
        return ops.sigmoid(CONTRAST * colours) if self.bounded else colours

    def encode(self, images: Array) -> Array:
        """Return weights of images; pixels at 0 and 1 become EDGE and 1 - EDGE."""
        if self.bounded:
            inside = np.clip(images, EDGE, 1 - EDGE)
            images = np.log(inside / (1 - inside)) / CONTRAST
        sizes, channels = images.shape[1:-1], images.shape[-1]
        decorrelated = images @ np.linalg.inv(colour_matrix(channels)).T
        axes = tuple(range(1, images.ndim - 1))
        waves = np.fft.fftn(decorrelated, axes=axes) / np.sqrt(np.prod(sizes))
        weights = np.concatenate([waves.real, waves.imag], -1) / frequency_scales(sizes)
        return weights.astype(np.float32)

    def project(self, weights: Any) -> Any:
        """Return the weights as they are: the sigmoid bounds the image."""
        return weights


def frequency_scales(sizes: Any) -> Array:
    """Return 1 / max(|k|, 1 / n) for each frequency, with mean square 1, shape (*sizes, 1)."""
    axes = np.meshgrid(*(np.fft.fftfreq(size) for size in sizes), indexing="ij")
    length = np.sqrt(sum(np.square(axis) for axis in axes))
    energy = 1 / np.maximum(length, 1 / max(sizes))
    scales: Array = (energy / np.sqrt(np.mean(np.square(energy))))[..., None].astype(np.float32)
    return scales


def colour_matrix(channels: int) -> Array:
    """Return the matrix from decorrelated to plain channels; only three channels are colours."""
    return COLOUR_MATRIX if channels == 3 else np.eye(channels, dtype=np.float32)


def create_parameterisation(config: Config, bounded: bool) -> Parameterisation:
    """Return the parameterisation of the settings.

    Args:
        config: the settings.
        bounded: whether pixels must be in [0, 1].

    Raises:
        SettingError: a budget is set for another parameterisation than pixels.
    """
    if config.budget and config.parameterization != "pixels":
        raise zoo.SettingError(
            "budget limits the change of pixels, so it needs parameterization=pixels. "
            f"Received: {config.parameterization}"
        )
    return (Fourier if config.parameterization == "fourier" else Pixels)(bounded)
