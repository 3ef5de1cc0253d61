"""How strokes that a visitor draws become an input like the examples of the data."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.data.arrays import Array

__all__ = ["drawing"]

LARGEST_DRAWN = 64  # the side of an image that is drawn by hand
DARK = 0.25  # of a border that strokes are drawn on in white


def drawing(inputs: Array) -> dict[str, Any] | None:
    """Return how strokes become an input like the examples; None where drawing makes no sense.

    `ink` and `background` are values of pixels. `extent` is the share of the side that the larger side of
    a drawn shape takes: the median of the examples.
    """
    if inputs.ndim != 4 or inputs.shape[-1] != 1 or max(inputs.shape[1:3]) > LARGEST_DRAWN:
        return None
    border = float(np.median(inputs[:, [0, -1]]))
    background = 0.0 if border < DARK else 1.0
    inked = np.abs(inputs[..., 0] - background) > DARK
    extents = [max(_span(image.any(0)), _span(image.any(1))) for image in inked if image.any()]
    side = max(inputs.shape[1:3])
    extent = float(np.median(extents)) / side if extents else 1.0
    return {"ink": 1.0 - background, "background": background, "extent": extent}


def _span(line: Array) -> int:
    """Return the distance from the first to the last place that is set, both included."""
    places = np.flatnonzero(line)
    return int(places[-1] - places[0] + 1)
