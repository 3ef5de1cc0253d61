"""Using a run: its objective, raised from the user's own image, which keeps its size.

A network of a fixed input looks at a larger image in overlapping windows; a smaller image is refused.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

import zoo
from zoo.data.dataset import empty_dataset
from zoo.data.inputs import item_name, read_input
from zoo.runs.predict import Values

from . import metrics, optimizers
from .canvas import Canvas
from .history import Growing
from .schedule import told


def apply(model: Any, config: Any, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Raise the objective from each of the user's images.

    Raises:
        DataError: an item is no image, or smaller than what the network looks at.
    """
    return [{"item": item_name(item)} | dreamt(model, config, item) for item in items]


def dreamt(model: Any, config: Any, item: Any) -> dict[str, Any]:
    """Start from one image, and say what it reached before and after."""
    *own, channels = model.held.network.shape
    image = read_input(item, (*[None] * len(own), channels))
    check_size(image, own, item_name(item))
    canvas = Canvas(of_size(config, image.shape[:-1]))
    canvas.begin(image[None], None if model.target is None else np.asarray(model.target), 0)
    canvas.compile(optimizers.made(canvas.config, canvas.shares))
    canvas.fit(**empty_dataset().fit_arguments(canvas.config), callbacks=[Growing()])
    made = canvas.images()
    before = metrics.reached(canvas, np.repeat(image[None], canvas.count, 0))
    after = metrics.reached(canvas, made)
    found = {"before": float(before.mean()), "reached": float(after.mean())}
    if image.ndim == 3 and channels in (1, 3):
        laid = np.concatenate(list(made[:16]), 1)
        return found | {"image": laid}
    return found | {"image": made.view(Values)}


def of_size(config: Any, size: tuple[int, ...]) -> Any:
    """Say the settings of an image of the user's: it ends as large as it is."""
    first = config.initial_size if config.num_sizes > 1 else None
    if first is not None and not first.startswith("x"):
        first = None
    return config.replace(
        start="the user's",
        start_shape=(1, *size),
        images=1,
        initial_size=first,
        final_size=told(size),
    )


def check_size(image: np.ndarray, own: Sequence[int | None], name: str) -> None:
    """Refuse an image that is smaller than what the network looks at."""
    if any(size < (least or 1) for size, least in zip(image.shape, own, strict=False)):
        raise zoo.DataError(
            f"{name} has {told(image.shape[:-1])} pixels; the network looks at "
            f"{told([size or 1 for size in own])} at least. Enlarge it first."
        )
