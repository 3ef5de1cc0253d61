"""The pictures of deblurring: blurred, restored and sharp beside each other, with details, and kernels."""

from typing import Any

import numpy as np

import zoo
from zoo.io import pictures

from .config import Config
from .kernels import bank
from .metrics import TESTED, examples, restored

SHOWN = 6  # images
DETAIL = 3  # how much a detail is enlarged
DRAWN = 64  # kernels
SIDE = 96  # pixels at least of a kernel or an image on a sheet


def preview(model: Any, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Draw test images as they were blurred, restored and sharp, and the kernels."""
    rows = [
        (given, restored(model, given), sharp) for sharp, given, _ in examples(config, data, SHOWN)
    ]
    columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
    drawn: dict[str, Any] = {"restored": beside(*columns)}
    if not config.paired:
        drawn["kernels"] = sheet(bank(DRAWN, config.blur_kernel_size, config.shake, TESTED))
    return drawn


def beside(given: np.ndarray, made: np.ndarray, sharp: np.ndarray) -> Any:
    """Draw three versions of each image in a row, and of each the detail with the most to see."""
    count = len(sharp)
    drawn = pictures.figure(9.6, 1.7 * count + 0.3)
    panels = drawn.subplots(count, 6, squeeze=False)
    for axes, *images in zip(panels, given, made, sharp, strict=True):
        top, left, size = busiest(images[2])
        for at, image in enumerate(images):
            pictures.show_image(axes[at], image)
            pictures.show_image(axes[3 + at], image[top : top + size, left : left + size])
            frame = {"fill": False, "edgecolor": "yellow", "linewidth": 0.8}
            axes[at].add_patch(rectangle(left, top, size, frame))
    for axes, name in zip(panels[0], 2 * ("blurred", "restored", "sharp"), strict=True):
        axes.set_title(name, fontsize=9)
    return drawn


def rectangle(left: int, top: int, size: int, style: dict[str, Any]) -> Any:
    """Make the frame around a detail."""
    from matplotlib.patches import Rectangle

    return Rectangle((left - 0.5, top - 0.5), size, size, **style)


def busiest(image: np.ndarray) -> tuple[int, int, int]:
    """Find the square, a third of the image's side, whose pixels differ most: (top, left, side)."""
    least = min(image.shape[:2])
    size = min(least, max(2, least // DETAIL))
    step = max(1, size // 2)
    starts = [
        (top, left)
        for top in range(0, image.shape[0] - size + 1, step)
        for left in range(0, image.shape[1] - size + 1, step)
    ]
    spread = [image[top : top + size, left : left + size].std() for top, left in starts]
    return (*starts[int(np.argmax(spread))], size)


def sheet(kernels: np.ndarray) -> np.ndarray:
    """Lay kernels side by side, the largest value of each white."""
    bright = kernels / kernels.max((1, 2), keepdims=True)
    return pictures.image_grid(pictures.enlarge(bright[..., None], SIDE), 8, gap=2)
