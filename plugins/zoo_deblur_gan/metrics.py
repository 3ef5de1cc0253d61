"""The metrics of deblurring on test images: PSNR in dB and structural similarity (SSIM).

    psnr_input, ssim_input   of the blurred images
    psnr, ssim               of the averaged generator's images
    *_unsharp                of unsharp masking, which does not know the kernel
    *_wiener, *_lucy         of the Wiener filter and of Richardson-Lucy, which get the true kernel

Kernels and noise have fixed seeds, and no kernel is one of the training images'. Data with blurred images
has no true kernel, so the last line is left out. A blurred image does not show what was beyond its edge;
the filters, which need it, get the mirror image.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from keras import ops
from skimage import filters, restoration

import zoo
from zoo.data.arrays import Array
from zoo.inference.parts import Parts
from zoo.tasks import reconstruction

from .blur import convolve_array, crop_margin
from .config import Config
from .kernels import draw_kernels
from .model import DeblurGAN

TEST_SEED = 2  # of the kernels of the test images; those of the training images have another
CHUNK = 2**18  # pixels of the images that are restored at once, or one image
UNSHARP = {"radius": 2.0, "amount": 0.25}  # the best of the usual values, on training images
BALANCE = 0.02  # of the Wiener filter, between the data and smoothness
ITERATIONS = 15  # of Richardson-Lucy; more of them raise the noise


def evaluate(
    parts: Parts, config: Config, data: zoo.Dataset, batch_size: int | None
) -> dict[str, float]:
    """Return the metrics of the averaged generator and of the filters beside it.

    Args:
        parts: the parts of the trained GAN, in any runtime.
        config: its settings.
        data: its test split is measured.
        batch_size: images that are restored at a time; None is as many as have 262,144 pixels.
    """
    return reconstruction.weighted_means(chunk_metrics(parts, config, data, batch_size))


def chunk_metrics(
    parts: Parts, config: Config, data: zoo.Dataset, batch_size: int | None
) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield the number of images and the metrics of each chunk of the test images.

    Args:
        parts: the parts of the GAN; `generator` is used.
        config: its settings.
        data: its test split is read.
        batch_size: images in a chunk; None is as many as have 262,144 pixels.
    """
    for sharp, blurred, kernels in blurred_test_chunks(config, data, size=batch_size):
        (restored,) = parts["generator"](blurred, batch_size=len(blurred))
        images = {"input": blurred, "": restored, "unsharp": unsharp_mask(blurred)}
        if kernels is not None:
            images |= {"wiener": deconvolve(blurred, kernels, wiener)}
            images |= {"lucy": deconvolve(blurred, kernels, richardson_lucy)}
        results = {}
        for name, image in images.items():
            suffix = f"_{name}" if name else ""
            results[f"psnr{suffix}"] = reconstruction.psnr(sharp, image)
            if min(sharp.shape[1:3]) >= 3:
                results[f"ssim{suffix}"] = reconstruction.ssim(sharp, image)
        yield len(sharp), results


def blurred_test_chunks(
    config: Config, data: zoo.Dataset, most: int | None = None, size: int | None = None
) -> Iterator[tuple[Array, Array, Array | None]]:
    """Yield chunks of sharp images, blurred images, and the kernels if they are known.

    Args:
        config: the settings.
        data: its test split is read.
        most: the largest number of images; None: the setting `evaluation_images`.
        size: images in a chunk; None is as many as have 262,144 pixels.
    """
    count = min(most or config.evaluation_images, len(data.test))
    positions = np.linspace(0, len(data.test) - 1, count).round().astype(int)
    size = size or max(1, CHUNK // math.prod(config.input_shape[:2]))
    kernels = None
    if not config.has_pairs:
        kernels = draw_kernels(count, config.blur_kernel_size, config.shake, TEST_SEED)
    for start in range(0, count, size):
        part = slice(start, start + size)
        images = data.test.take(positions[part]).inputs
        if kernels is None:
            yield images[..., config.channels :], images[..., : config.channels], None
            continue
        triples = zip(images, kernels[part], range(start, count), strict=False)
        blurred = np.stack([blur_image(*triple, config.noise) for triple in triples])
        yield crop_margin(images, config.margin), blurred, kernels[part]


def blur_image(image: Array, kernel: Array, seed: int, noise: float) -> Array:
    """Return one image (height, width, channels), blurred and with the noise of a seed.

    Args:
        image: in [0, 1], shape (height, width, channels).
        kernel: shape (side, side).
        seed: of the noise.
        noise: its standard deviation.
    """
    blurred = convolve_array(image, kernel)
    rng = np.random.default_rng(seed)
    noisy: Array = blurred + noise * rng.standard_normal(blurred.shape, np.float32)
    return np.clip(noisy, 0, 1)


def restore(model: DeblurGAN, blurred: Array) -> Array:
    """Return the images that the averaged generator restores, clipped to [0, 1]."""
    images: Array = ops.convert_to_numpy(model.averaged_generator(blurred, training=False))
    return np.clip(images, 0, 1)


def unsharp_mask(images: Array) -> Array:
    """Return images to which a part of their difference from a Gaussian blur is added."""
    # the axis counts from the front: from the back, skimage 0.26 leaves the output unfilled
    sharpened = [filters.unsharp_mask(image, **UNSHARP, channel_axis=2) for image in images]
    clipped: Array = np.clip(np.stack(sharpened), 0, 1).astype(np.float32)
    return clipped


def deconvolve(images: Array, kernels: Array, method: Callable[[Array, Array], Array]) -> Array:
    """Deconvolve each channel of each image with the kernel that blurred it.

    Args:
        images: shape (n, height, width, channels).
        kernels: shape (n, side, side).
        method: from a channel (height, width) and a kernel to the restored channel.
    """
    side = kernels.shape[-1]
    padded = np.pad(images, ((0, 0), (side, side), (side, side), (0, 0)), "symmetric")
    restored = [
        np.stack([method(channel, kernel) for channel in np.moveaxis(image, -1, 0)], -1)
        for image, kernel in zip(padded, kernels, strict=True)
    ]
    clipped: Array = np.clip(crop_margin(np.stack(restored), side), 0, 1).astype(np.float32)
    return clipped


def wiener(image: Array, kernel: Array) -> Array:
    """Apply the Wiener filter: the inverse filter, attenuated where it would amplify the noise."""
    restored: Array = restoration.wiener(image, kernel, BALANCE, clip=False)
    return restored


def richardson_lucy(image: Array, kernel: Array) -> Array:
    """Maximise the likelihood of the blurred image under Poisson noise (Richardson 1972, Lucy 1974)."""
    restored: Array = restoration.richardson_lucy(image, kernel, ITERATIONS, filter_epsilon=1e-3)
    return restored
