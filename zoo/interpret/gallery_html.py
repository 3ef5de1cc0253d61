"""A gallery, and its HTML page: images inlined, nothing fetched, the same bytes for the same gallery."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import Array, example_kind
from zoo.interpret.captions.image_words import describe_example
from zoo.interpret.layer_gallery import ChannelGallery, LayerGallery
from zoo.io import pictures
from zoo.io.atomic import atomic_write, make_directory

TEMPLATE = Path(__file__).with_name("gallery.html")
SCRIPT = Path(__file__).with_name("gallery.js")
COLUMNS = 3  # of real examples
WIDTH, HEIGHT = 240, 90  # units of the drawing of a series
COARSE = 64  # pixels of a side up to which they are shown as squares


@dataclass(frozen=True, eq=False)
class Gallery:
    """Everything on the page.

    Args:
        network: the network's name.
        command: the command that makes the gallery again.
        architecture: the architecture, its package and the number of parameters.
        digest: the SHA-256 digest of the weights.
        dataset: the name of the dataset, or "".
        examples: the number of its examples.
        steps: the number of steps for each image.
        seed: the seed of the noise that images started from.
        layers: the layers, with their channels.
        page: the HTML file, if it was written.
    """

    network: str
    command: str
    architecture: str
    digest: str
    dataset: str
    examples: int
    steps: int
    seed: int
    layers: tuple[LayerGallery, ...] = field(repr=False)
    page: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as plain data."""
        numbers = {"network": self.network, "weights": self.digest}
        page = {} if self.page is None else {"page": str(self.page)}
        return page | numbers | {"layers": [layer.to_json() for layer in self.layers]}


def write_page(gallery: Gallery, path: Path) -> Path:
    """Write a gallery's page; .html is added if the path has no suffix.

    Raises:
        WriteError: the page cannot be written.
    """
    path = path if path.suffix else path.with_suffix(".html")
    make_directory(path.parent)
    with atomic_write(path) as temporary:
        temporary.write_text(render_page(gallery), "utf-8")
    return path


def render_page(gallery: Gallery) -> str:
    """Return a gallery's page as HTML."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {"number": format_number, "percentage": format_percentage}
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    sections = [(layer, [_card(channel) for channel in layer.channels]) for layer in gallery.layers]
    script = SCRIPT.read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return template.render(
        gallery=gallery, sections=sections, script=script, script_hash=f"sha256-{digest}"
    )


def format_number(value: float) -> str:
    """Return a number with three digits, or as a whole number from 1000 on."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def format_percentage(value: float) -> str:
    """Return a share as a percentage."""
    return f"{value:.1%}" if value < 1 else "100%"


def _card(channel: ChannelGallery) -> dict[str, Any]:
    """Return what a card shows: images as pixels, series as lines, and the widths of the bars."""
    activations = (channel.activation, channel.best_real)
    largest = max(channel.activation, channel.best_real or 0, 1e-12)
    return {
        "channel": channel,
        "made": _drawing(channel.image),
        "real": None if channel.examples is None else _examples_drawing(channel.examples),
        "bars": [100 * max(value or 0, 0) / largest for value in activations],
        "seen": describe_example(channel.image),
        "real_seen": _describe_real(channel),
        "share": _class_share(channel.classes),
    }


def _describe_real(channel: ChannelGallery) -> str:
    """Return what the real examples of a channel are: how many, of which class, how much they excite it."""
    if channel.examples is None or channel.best_real is None:
        return ""
    of = f", {channel.classes}" if channel.classes else ""
    best = format_number(channel.best_real)
    strongest = describe_example(channel.examples[0])
    return f"{len(channel.examples)} real examples{of}; the strongest reaches {best}: {strongest}"


def _class_share(classes: str) -> float | None:
    """Return 8/9 for `7 in 8 of 9`, the share of the strongest examples that are of one class."""
    match = re.fullmatch(r".* in (\d+) of (\d+)", classes, re.DOTALL)
    return int(match[1]) / int(match[2]) if match else None


def _drawing(example: Array) -> dict[str, Any]:
    if example_kind(example.shape) in ("numbers", "series"):
        return {"lines": _lines([example])}
    pixels = _flat_image(example)
    return {"src": _data_url(pixels), "coarse": max(pixels.shape[:2]) <= COARSE}


def _examples_drawing(examples: Array) -> dict[str, Any]:
    """Draw examples: series over each other, images in a square."""
    if example_kind(examples.shape[1:]) in ("numbers", "series"):
        return {"lines": _lines(list(examples))}
    images = np.stack([_flat_image(each) for each in examples])
    grid = pictures.image_grid(images, COLUMNS)
    return {"src": _data_url(grid), "coarse": max(images.shape[1:3]) <= COARSE}


def _flat_image(example: Array) -> Array:
    """Return an image of one or three channels; of a volume its mean along the first axis, brightened."""
    if example_kind(example.shape) == "volume":
        example = example.mean(0)
        example = example / max(example.max(), 1e-12)
    return example if example.shape[-1] in (1, 3) else example.mean(-1, keepdims=True)


def _data_url(pixels: Array) -> str:
    buffer = io.BytesIO()
    pictures.to_image(pixels).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _lines(examples: list[Array]) -> list[str]:
    """Return the points of each channel of each series, all on one scale."""
    series = [example.reshape(len(example), -1) for example in examples]
    low = min(float(each.min()) for each in series)
    span = max(float(each.max()) for each in series) - low or 1.0
    return [_points((channel - low) / span) for each in series for channel in each.T]


def _points(values: Array) -> str:
    x = np.linspace(2, WIDTH - 2, len(values))
    y = HEIGHT - 3 - (HEIGHT - 6) * values
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
