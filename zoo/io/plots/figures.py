"""An empty figure, which needs no display."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.io.plots.shown_figure import ShownFigure

DPI = 110  # dots an inch
_LINE, _LETTER = (
    0.28,
    0.088,
)  # inches: the height of a line of a title, the width of its letters, about


def figure(width: float, height: float, title: str = "") -> ShownFigure:
    """Return an empty figure, which needs no display and no pyplot; a notebook shows it.

    Args:
        width: in inches.
        height: in inches.
        title: over the whole figure.
    """
    from zoo.io.plots.shown_figure import ShownFigure  # here: it imports matplotlib

    drawing = ShownFigure(figsize=(width, height), dpi=DPI, layout="constrained")
    if title:
        drawing.suptitle(title, fontsize=10, parse_math=False)
    return drawing


def room_for_title(width: float, height: float, title: str) -> tuple[float, float]:
    """Return the size of a figure that also has room for its title.

    Args:
        width: of the figure without a title, in inches.
        height: of the figure without a title, in inches.
        title: one line or several; may be empty.
    """
    if not title:
        return width, height
    lines = title.split("\n")
    return max(width, _LETTER * max(map(len, lines)) + 0.2), height + _LINE * len(lines)
