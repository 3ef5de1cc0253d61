"""The measures of deblurring, on crops of the test split, in dB and in structural similarity.

    psnr_input, ssim_input   the blurred crops
    psnr, ssim               what the averaged generator makes of them
    *_unsharp                unsharp masking, which knows nothing of the kernel
    *_wiener, *_lucy         the unsupervised and the iterative classic, which are told the true kernel

Kernels and noise are seeded and the same every time; none of the kernels was learnt from. Where the data
brings its own blur, there is no true kernel and the last two are left out. A crop shows nothing of what
lay beyond its edge when it was blurred, so the classics, which need to know, are given its mirror image.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops
from skimage import filters, restoration

import zoo
from zoo.tasks import reconstruction

from .blur import blurred_array, inner
from .config import Config
from .kernels import bank

TESTED = 2  # seed of the kernels that are tested; another one than that of those that are learnt
CHUNK = 2**18  # pixels of the images that are restored at once, or one image
UNSHARP = {"radius": 2.0, "amount": 0.25}  # the least harmful of the usual ones, on training images
BALANCE = 0.02  # of Wiener's filter, between the data and smoothness
ROUNDS = 15  # of Richardson and Lucy; more of them raise the noise


def evaluate(model: Any, config: Config, data: zoo.Dataset) -> dict[str, float]:
    """Measure the averaged generator on test images, and the classics beside it."""
    return reconstruction.weighted_means(measured(model, config, data))


def measured(
    model: Any, config: Config, data: zoo.Dataset
) -> Iterator[tuple[int, dict[str, float]]]:
    """Measure some test images at a time."""
    for sharp, given, kernels in examples(config, data):
        ways = {"input": given, "": restored(model, given), "unsharp": unsharp(given)}
        if kernels is not None:
            ways |= {"wiener": deconvolved(given, kernels, wiener)}
            ways |= {"lucy": deconvolved(given, kernels, lucy)}
        found = {}
        for name, made in ways.items():
            end = f"_{name}" if name else ""
            found[f"psnr{end}"] = reconstruction.psnr(sharp, made)
            if min(sharp.shape[1:3]) >= 3:
                found[f"ssim{end}"] = reconstruction.ssim(sharp, made)
        yield len(sharp), found


def examples(config: Config, data: zoo.Dataset, most: int | None = None) -> Iterator[Any]:
    """Give chunks of sharp images, blurred ones, and the kernels between them, always the same."""
    count = min(most or config.evaluation_images, len(data.test))
    chosen = np.linspace(0, len(data.test) - 1, count).round().astype(int)
    kernels = None if config.paired else bank(count, config.blur_kernel_size, config.shake, TESTED)
    size = max(1, CHUNK // math.prod(config.input_shape[:2]))
    for start in range(0, count, size):
        part = slice(start, start + size)
        images = data.test.take(chosen[part]).inputs
        if kernels is None:
            yield images[..., config.channels :], images[..., : config.channels], None
            continue
        pairs = zip(images, kernels[part], range(start, count), strict=False)
        given = np.stack([shaken(image, kernel, config.noise, at) for image, kernel, at in pairs])
        yield inner(images, config.margin), given, kernels[part]


def shaken(image: np.ndarray, kernel: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """Blur one image (height, width, channels) and add the noise of a seed."""
    made = blurred_array(image, kernel)
    spoilt = made + noise * np.random.default_rng(seed).standard_normal(made.shape, np.float32)
    return np.clip(spoilt, 0, 1)


def restored(model: Any, given: np.ndarray) -> np.ndarray:
    """Let the averaged generator restore images, kept within [0, 1]."""
    return np.clip(ops.convert_to_numpy(model.averaged_generator(given, training=False)), 0, 1)


def unsharp(images: np.ndarray) -> np.ndarray:
    """Add to images some of what a Gaussian takes away from them."""
    # the axis counted from the front: from the back, skimage 0.26 leaves the output unfilled
    sharpened = [filters.unsharp_mask(image, **UNSHARP, channel_axis=2) for image in images]
    return np.clip(np.stack(sharpened), 0, 1).astype(np.float32)


def deconvolved(images: np.ndarray, kernels: np.ndarray, way: Any) -> np.ndarray:
    """Deconvolve each channel of each image with the kernel that blurred it."""
    side = kernels.shape[-1]
    wide = np.pad(images, ((0, 0), (side, side), (side, side), (0, 0)), "symmetric")
    made = [
        np.stack([way(channel, kernel) for channel in np.moveaxis(image, -1, 0)], -1)
        for image, kernel in zip(wide, kernels, strict=True)
    ]
    return np.clip(inner(np.stack(made), side), 0, 1).astype(np.float32)


def wiener(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Filter by the inverse of the kernel, held back where it would raise the noise."""
    return restoration.wiener(image, kernel, BALANCE, clip=False)


def lucy(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Climb the likelihood of the blurred image (Richardson 1972, Lucy 1974)."""
    return restoration.richardson_lucy(image, kernel, ROUNDS, filter_epsilon=1e-3)
