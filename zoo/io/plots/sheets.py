"""A sheet of images with a title, and with labels of its rows and columns; its pixels stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.io.pictures import to_image
from zoo.io.plots.figures import DPI, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_sheet"]

MARGIN = 0.06  # inches around the sheet
LINE = 0.2  # inches of a line of text
LETTER = 0.085  # inches of a letter of a label, about
TITLE_LETTER = 0.075  # inches of a letter of the title


def plot_sheet(
    sheet: np.ndarray[Any, np.dtype[Any]],
    title: str,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
) -> Figure:
    """Return a sheet of images as a figure, one dot for each pixel.

    Args:
        sheet: an image of shape (height, width, 1 or 3), such as `zoo.io.pictures.image_grid` returns.
        title: what is seen, above the sheet; may have several lines.
        rows: a label for each row, from the top; they divide the height evenly.
        columns: a label for each column, from the left.
    """
    height, width = (side / DPI for side in sheet.shape[:2])
    left = MARGIN + (LETTER * max(map(len, rows)) + MARGIN if rows else 0)
    lines = title.split("\n")
    above = 2 * MARGIN + LINE * len(lines) + (LINE if columns else 0)
    whole_width = max(left + width, TITLE_LETTER * max(map(len, lines)) + MARGIN) + MARGIN
    whole_height = above + height + MARGIN
    drawing = figure(whole_width, whole_height)
    drawing.set_layout_engine("none")
    box = (left / whole_width, MARGIN / whole_height, width / whole_width, height / whole_height)
    axes = drawing.add_axes(box)
    pixels = np.asarray(to_image(sheet).convert("RGB"))
    axes.imshow(pixels, interpolation="nearest", aspect="auto")
    axes.set_axis_off()
    corner = (MARGIN / whole_width, 1 - MARGIN / whole_height)
    drawing.text(*corner, title, va="top", fontsize=9, parse_math=False)
    _label(axes, rows, columns, (width, height))
    return drawing


def _label(
    axes: Axes, rows: Sequence[str], columns: Sequence[str], size: tuple[float, float]
) -> None:
    """Write labels to the left of the rows and above the columns.

    Args:
        axes: of the sheet.
        rows: a label for each row, from the top.
        columns: a label for each column, from the left.
        size: width and height of the sheet in inches.
    """
    width, height = size
    style: dict[str, Any] = {"transform": axes.transAxes, "fontsize": 8, "parse_math": False}
    for at, label in enumerate(rows):
        middle = 1 - (at + 0.5) / len(rows)
        axes.text(-MARGIN / width, middle, label, ha="right", va="center", **style)
    for at, label in enumerate(columns):
        middle = (at + 0.5) / len(columns)
        axes.text(middle, 1 + 0.03 / height, label, ha="center", va="bottom", **style)
