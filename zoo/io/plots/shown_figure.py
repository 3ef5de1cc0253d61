"""A figure of matplotlib that a notebook shows, without pyplot and without a display."""

from __future__ import annotations

import io
import warnings

from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A figure. matplotlib's own is shown in a notebook only after pyplot is imported."""

    def to_png(self) -> bytes:
        """Return the figure as the bytes of a PNG; letters that the font lacks are drawn as boxes."""
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
            self.savefig(buffer, format="png")
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.to_png()
