"""Using a run: its objective, maximised from the user's own image, which keeps its size.

A network of a fixed input size looks at a larger image in overlapping windows. A smaller image is refused.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

import zoo
from zoo.data.arrays import Array
from zoo.data.inputs import item_name, read_input

from .callbacks import canvas_callbacks
from .canvas import Canvas
from .config import Config
from .metrics import objective_values
from .optimizers import create_optimizer
from .schedule import format_size
from .starts import any_size

MOST_IMAGES = 16  # side by side in the picture of an answer


def apply(model: Canvas, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Maximise the objective from each of the user's images.

    Raises:
        DataError: an item is no image, or smaller than the network's input.
    """
    return [{"item": item_name(item)} | maximise(model, config, item) for item in items]


def maximise(model: Canvas, config: Config, item: Any) -> dict[str, Any]:
    """Return the image made from one item, and its objective before and after.

    Args:
        model: the trained canvas.
        config: its settings.
        item: an image, a file or an array.

    Raises:
        DataError: the item is no image, or smaller than the network's input.
    """
    *sizes, channels = model.visualized.network.shape
    image = read_input(item, any_size((*sizes, channels)))
    check_size(image, sizes, item_name(item))
    canvas = Canvas(config_for_size(config, image.shape[:-1]))
    target = None if model.target is None else np.asarray(model.target)
    canvas.begin(image[None], target, 0)
    fit(canvas)
    images, stage = canvas.images(), canvas.current_stage()
    before = objective_values(canvas, np.repeat(image[None], canvas.count, 0), stage)
    after = objective_values(canvas, images, stage)
    results = {"before": float(before.mean()), "reached": float(after.mean())}
    if image.ndim == 3 and channels in (1, 3):
        return results | {"image": np.concatenate(list(images[:MOST_IMAGES]), 1)}
    return results | {"image": images.view(zoo.Values)}


def fit(canvas: Canvas) -> None:
    """Train a canvas without a dataset: a training only counts its steps."""
    config = canvas.config
    canvas.compile(create_optimizer(config, canvas.pixel_rate_scales))
    canvas.fit(
        np.zeros((config.steps_per_epoch, 1), np.float32),
        batch_size=1,
        epochs=config.epochs,
        callbacks=canvas_callbacks(),
        verbose=0,
    )


def config_for_size(config: Config, size: tuple[int, ...]) -> Config:
    """Return the settings for a user's image, whose size is the last one."""
    first = config.initial_size if config.num_sizes > 1 else None
    if first is not None and not first.startswith("x"):
        first = None
    return config.replace(
        start="an image of the user's",
        start_shape=(1, *size),
        images=1,
        initial_size=first,
        final_size=format_size(size),
    )


def check_size(image: Array, sizes: Sequence[int | None], name: str) -> None:
    """Check that an image is as large as the network's input.

    Args:
        image: shape (..., channels).
        sizes: those of the network's input; None is any size.
        name: of the image, for the message.

    Raises:
        DataError: it is smaller.
    """
    if any(side < (least or 1) for side, least in zip(image.shape, sizes, strict=False)):
        raise zoo.DataError(
            f"{name} has {format_size(image.shape[:-1])} pixels; the network looks at "
            f"{format_size([size or 1 for size in sizes])} at least. Enlarge it first."
        )
