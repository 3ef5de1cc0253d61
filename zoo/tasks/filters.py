"""What the first layer looks for: its kernels as pictures, as curves, or as slices of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.io import pictures

if TYPE_CHECKING:
    import keras

MOST = 64  # filters shown
SIDE = 48  # pixels of the side of one
Array = np.ndarray[Any, np.dtype[Any]]


def plot_filters(model: keras.Model) -> dict[str, Any]:
    """Draw the first layer's filters; nothing where they are points, or belong to no picture.

    Grey is 0; each filter is scaled by its own largest weight.
    """
    kernel = first_kernel(model)
    if kernel is None:
        return {}
    if kernel.ndim == 3:
        return {"filters": _curves(kernel)}
    if kernel.ndim == 5:
        kernel = kernel[kernel.shape[0] // 2]
    if kernel.shape[2] not in (1, 3):
        kernel = kernel.mean(2, keepdims=True)
    return {"filters": _tiles(np.moveaxis(kernel, -1, 0)[:MOST])}


def first_kernel(model: keras.Model) -> Array | None:
    """Find the first layer's kernel, its spatial axes first and its filters last.

    A Dense layer that reads whole images has kernels of the images' shape.
    """
    weights = next((layer for layer in model.layers if hasattr(layer, "kernel")), None)
    if weights is None:
        return None
    kernel = np.asarray(weights.get_weights()[0], np.float32)
    if kernel.ndim == 2:
        shape = tuple(model.input_shape[1:])
        fits = len(shape) == 3 and None not in shape and int(np.prod(shape)) == len(kernel)
        return kernel.reshape(*shape, kernel.shape[-1]) if fits else None
    return kernel if max(kernel.shape[:-2]) > 1 else None


def _tiles(kernels: Array) -> Array:
    most = np.abs(kernels).max((1, 2, 3), keepdims=True)
    tiles = 0.5 + kernels / np.maximum(2 * most, 1e-12)
    times = max(1, SIDE // max(tiles.shape[1:3]))
    large = tiles.repeat(times, 1).repeat(times, 2)
    return pictures.image_grid(large.astype(np.float32), gap=2)


def _curves(kernel: Array) -> Any:
    count = min(MOST, kernel.shape[-1])
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    drawn = pictures.figure(1.1 * columns, 0.9 * rows)
    for at in range(count):
        axes = drawn.add_subplot(rows, columns, at + 1)
        axes.plot(kernel[:, :, at], linewidth=1)
        axes.axhline(0, color="grey", linewidth=0.5)
        axes.set_xticks([])
        axes.set_yticks([])
    return drawn
