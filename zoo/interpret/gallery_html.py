"""A gallery as one HTML page: images inlined, nothing fetched, the same bytes for the same gallery."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.interpret.gallery import ChannelImages, Gallery
from zoo.io import pictures
from zoo.io.atomic import atomic_write, make_directory

TEMPLATE = Path(__file__).with_name("gallery.html")
COLUMNS = 3  # of real examples
WIDE, HIGH = 240, 90  # units of the drawing of a series
COARSE = 64  # pixels of a side up to which they are shown as squares


def write_page(gallery: Gallery, path: Path) -> Path:
    """Write a gallery's page; .html is added where the path has no suffix.

    Raises:
        WriteError: the disk refuses.
    """
    path = path if path.suffix else path.with_suffix(".html")
    make_directory(path.parent)
    with atomic_write(path) as temporary:
        temporary.write_text(render_page(gallery), "utf-8")
    return path


def render_page(gallery: Gallery) -> str:
    """Render a gallery."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {"number": format_number, "share": format_percentage}
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    walls = [(wall, [_card(each) for each in wall.channels]) for wall in gallery.walls]
    return template.render(gallery=gallery, walls=walls)


def format_number(value: float) -> str:
    """Write a number in three digits or so."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def format_percentage(value: float) -> str:
    """Write a share in per cent."""
    return f"{value:.1%}" if value < 1 else "100%"


def _card(shown: ChannelImages) -> dict[str, Any]:
    """Draw what a card shows: images as pixels, series as lines."""
    card: dict[str, Any] = {"shown": shown, "made": _drawn(shown.image), "real": None}
    if shown.real is not None:
        card["real"] = _several(shown.real)
    most = max(shown.reached, shown.best or 0, 1e-12)
    card["bars"] = [100 * max(value or 0, 0) / most for value in (shown.reached, shown.best)]
    return card


def _drawn(example: Array) -> dict[str, Any]:
    if example.ndim <= 2:
        return {"lines": _lines([example])}
    pixels = _flat(example)
    return {"src": _inlined(pixels), "coarse": max(pixels.shape[:2]) <= COARSE}


def _several(examples: Array) -> dict[str, Any]:
    """Draw real examples: series over each other, images in a square."""
    if examples.ndim <= 3:
        return {"lines": _lines(list(examples))}
    images = np.stack([_flat(each) for each in examples])
    return {
        "src": _inlined(pictures.image_grid(images, COLUMNS)),
        "coarse": max(images.shape[1:3]) <= COARSE,
    }


def _flat(example: Array) -> Array:
    """Give an image of one or three channels; of a volume its mean along the first axis, brightened."""
    if example.ndim == 4:
        example = example.mean(0)
        example = example / max(example.max(), 1e-12)
    return example if example.shape[-1] in (1, 3) else example.mean(-1, keepdims=True)


def _inlined(pixels: Array) -> str:
    buffer = io.BytesIO()
    pictures.to_image(pixels).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _lines(examples: list[Array]) -> list[str]:
    """Give the points of each channel of each series, all on one scale."""
    traces = [example.reshape(len(example), -1) for example in examples]
    low = min(float(trace.min()) for trace in traces)
    span = max(float(trace.max()) for trace in traces) - low or 1.0
    return [_points((channel - low) / span) for trace in traces for channel in trace.T]


def _points(values: Array) -> str:
    x = np.linspace(2, WIDE - 2, len(values))
    y = HIGH - 3 - (HIGH - 6) * values
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
