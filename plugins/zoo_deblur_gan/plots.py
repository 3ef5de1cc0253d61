"""The pictures of deblurring: blurred, restored and sharp images with details, and the kernels."""

from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

import zoo
from zoo.data.arrays import Array
from zoo.io import pictures
from zoo.io.plots.sheets import plot_sheet

from .config import Config
from .kernels import draw_kernels
from .metrics import TEST_SEED, blurred_test_chunks, restore
from .model import DeblurGAN

IMAGES = 6
DETAIL_SCALE = 3  # how much a detail is enlarged
KERNELS = 64
SIDE = 96  # least side of a kernel on a sheet, in pixels


def preview(model: DeblurGAN, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Return pictures of test images, blurred, restored and sharp, and of the kernels."""
    rows = [
        (blurred, restore(model, blurred), sharp)
        for sharp, blurred, _ in blurred_test_chunks(config, data, IMAGES)
    ]
    columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
    plots: dict[str, Any] = {"restored": plot_comparison(*columns)}
    if not config.has_pairs:
        kernels = draw_kernels(KERNELS, config.blur_kernel_size, config.shake, TEST_SEED)
        plots["kernels"] = kernel_sheet(kernels)
    return plots


def plot_comparison(blurred: Array, restored: Array, sharp: Array) -> Any:
    """Draw three versions of each image in a row, and the most varied detail of each version.

    Args:
        blurred: shape (n, height, width, channels).
        restored: of the same shape.
        sharp: of the same shape.
    """
    count = len(sharp)
    title = "Test images: blurred, restored and sharp, and the detail in the yellow frame"
    figure = pictures.figure(9.6, 1.7 * count + 0.6, title)
    panels = figure.subplots(count, 6, squeeze=False)
    for axes, *images in zip(panels, blurred, restored, sharp, strict=True):
        top, left, size = most_varied_square(images[2])
        for column, image in enumerate(images):
            pictures.show_image(axes[column], image)
            detail = image[top : top + size, left : left + size]
            pictures.show_image(axes[3 + column], detail)
            axes[column].add_patch(detail_frame(left, top, size))
    names = ("blurred", "restored", "sharp")
    details = tuple(f"{name}, detail" for name in names)
    for axes, name in zip(panels[0], names + details, strict=True):
        axes.set_title(name, y=1.0, fontsize=9)
    return figure


def detail_frame(left: int, top: int, size: int) -> Rectangle:
    """Return the frame around a detail.

    Args:
        left: the column of the detail's first pixel.
        top: its row.
        size: the side of the detail.
    """
    corner = (left - 0.5, top - 0.5)
    return Rectangle(corner, size, size, fill=False, edgecolor="yellow", linewidth=0.8)


def most_varied_square(image: Array) -> tuple[int, int, int]:
    """Return (top, left, side) of the square with the largest deviation of its pixels.

    Its side is a third of the image's smaller side.
    """
    smaller = min(image.shape[:2])
    size = min(smaller, max(2, smaller // DETAIL_SCALE))
    step = max(1, size // 2)
    corners = [
        (top, left)
        for top in range(0, image.shape[0] - size + 1, step)
        for left in range(0, image.shape[1] - size + 1, step)
    ]
    deviations = [image[top : top + size, left : left + size].std() for top, left in corners]
    return (*corners[int(np.argmax(deviations))], size)


def kernel_sheet(kernels: Array) -> Any:
    """Draw kernels side by side; the largest value of each kernel is white."""
    scaled = kernels / kernels.max((1, 2), keepdims=True)
    sheet = pictures.image_grid(pictures.enlarge(scaled[..., None], SIDE), 8, gap=2)
    size = " x ".join(map(str, kernels.shape[1:3]))
    return plot_sheet(
        sheet, f"{len(kernels)} kernels of blur, {size} pixels; the largest value is white"
    )
