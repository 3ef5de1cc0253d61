"""Parameterisations: what the weights of an image are.

    pixels    x = w, kept in [0, 1] by projection after each step
    fourier   x = sigmoid(C Re F^-1(s w)),  s(k) = 1 / max(|k|, 1 / n): Olah et al. 2017

F^-1 is the inverse Fourier transform over an image's axes (of all frequencies, so that w holds real
and imaginary parts for each), s gives every frequency the energy that it has in photographs, and C
turns decorrelated colours into red, green and blue. Series are not bounded and need no sigmoid.
"""

from typing import Any

import numpy as np
from keras import ops

import zoo

# square root of the covariance of colours in photographs, by columns, its largest column of length 1;
# as published with Olah et al. 2017
COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]], np.float32)
COLOURS = COLOURS / np.linalg.norm(COLOURS, axis=0).max()
EDGE = 1e-3  # of [0, 1], where a sigmoid is taken back
CONTRAST = 4.0  # of the logit: a unit step of Fourier weights then moves pixels visibly


class Pixels:
    """The weights are the pixels."""

    def __init__(self, bounded: bool) -> None:
        self.bounded = bounded

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """Give the shape of the weights of an image."""
        return image

    def decoded(self, weights: Any) -> Any:
        """Make images of weights of shape (n, ..., k)."""
        return weights

    def encoded(self, images: np.ndarray) -> np.ndarray:
        """Find the weights of images."""
        return images

    def kept(self, weights: Any) -> Any:
        """Bring weights back to where they may be."""
        return ops.clip(weights, 0.0, 1.0) if self.bounded else weights


class Fourier:
    """The weights are frequencies of decorrelated colours."""

    def __init__(self, bounded: bool) -> None:
        self.bounded = bounded

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """Give the shape of the weights of an image: real and imaginary parts of each frequency."""
        if len(image) > 3:
            raise zoo.SettingError("parameterisation=fourier makes images and series, no volumes.")
        return (*image[:-1], 2 * image[-1])

    def decoded(self, weights: Any) -> Any:
        """Make images of weights: n^(1/2) Re F^-1 of the scaled weights, colours, sigmoid."""
        *sizes, twice = weights.shape[1:]
        scaled = weights * scales(sizes)
        real, imaginary = (moved(part, -1, 1) for part in ops.split(scaled, 2, -1))
        # Re F^-1(a + ib) = Re F(a - ib) / n
        forward = ops.fft if len(sizes) == 1 else ops.fft2
        waves = forward((real, -imaginary))[0] / float(np.sqrt(np.prod(sizes)))
        colours = ops.matmul(moved(waves, 1, -1), mixing(twice // 2).T)
        return ops.sigmoid(CONTRAST * colours) if self.bounded else colours

    def encoded(self, images: np.ndarray) -> np.ndarray:
        """Find weights that make images, but for what lies outside of (0, 1)."""
        if self.bounded:
            inside = np.clip(images, EDGE, 1 - EDGE)
            images = np.log(inside / (1 - inside)) / CONTRAST
        sizes, channels = images.shape[1:-1], images.shape[-1]
        plain = images @ np.linalg.inv(mixing(channels)).T
        axes = tuple(range(1, images.ndim - 1))
        waves = np.fft.fftn(plain, axes=axes) / np.sqrt(np.prod(sizes))
        weights = np.concatenate([waves.real, waves.imag], -1) / scales(sizes)
        return weights.astype(np.float32)

    def kept(self, weights: Any) -> Any:
        """Leave weights where they are: the sigmoid bounds the image."""
        return weights


def moved(x: Any, source: int, target: int) -> Any:
    """Move an axis."""
    return ops.moveaxis(x, source, target)


def scales(sizes: Any) -> np.ndarray:
    """Give 1 / max(|k|, 1 / n) for each frequency, of mean square 1, shape (*sizes, 1)."""
    axes = np.meshgrid(*(np.fft.fftfreq(size) for size in sizes), indexing="ij")
    length = np.sqrt(sum(np.square(axis) for axis in axes))
    energy = 1 / np.maximum(length, 1 / max(sizes))
    return (energy / np.sqrt(np.mean(np.square(energy))))[..., None].astype(np.float32)


def mixing(channels: int) -> np.ndarray:
    """Give the matrix from decorrelated to plain channels; only colours are correlated."""
    return COLOURS if channels == 3 else np.eye(channels, dtype=np.float32)


def made(config: Any, bounded: bool) -> Any:
    """Choose the parameterisation.

    Raises:
        SettingError: a budget is kept among pixels alone.
    """
    if config.budget and config.parameterisation != "pixels":
        raise zoo.SettingError(
            "budget is kept by moving pixels back: it needs parameterisation=pixels. "
            f"Received: {config.parameterisation}"
        )
    return (Fourier if config.parameterisation == "fourier" else Pixels)(bounded)
