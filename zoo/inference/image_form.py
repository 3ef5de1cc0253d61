"""Image files in the form of a data set's images: a dark digit on white paper becomes one of MNIST's.

A data set whose images show one thing on an even ground declares the form in IMAGE_FORM:

    extent   the share of the side that the larger side of the thing takes
    centre   what lies in the middle: `mass`, the centre of mass, or `box`, that of the bounding box
    stroke   for drawings: the width of a stroke as a share of the side, to which thinner ones are widened

The things are light on black. MNIST's digits were scaled to 20 of 28 pixels and centred by mass (LeCun et al.
1998). Photographs of Fashion-MNIST were trimmed, scaled to the whole side, inverted (Xiao et al. 2017).
A file that has this form stays as it is, and so does one without an even ground, such as a photograph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageFilter

from zoo.data.arrays import Array
from zoo.data.images import flatten_image
from zoo.entry_points import DATASETS, EntryPointGroup
from zoo.errors import ZooError

__all__ = ["ImageForm", "bring_to_form", "image_form"]

LARGEST = 640  # pixels of the larger side of an image
STROKES = 160  # of a drawing that is widened
RING = 0.05  # width of the border that shows the ground, as a share of the smaller side
EVEN, MOST = 0.15, 0.8  # the ground is even where so many pixels of the border differ by so little
FAINT, STRONG = 0.15, 0.6  # contrasts: nothing to see, and as strong as in the data
BLACK = 0.08  # the brightest ground that passes for black
SHARES = {True: 0.4, False: 0.1}  # of the contrast: what belongs to a drawing, and to another thing
ON_BLACK = "laid on black"
FREEDOM = {"extent": 0.15, "middle": 0.08}  # by which a thing may differ and stay as it is


@dataclass(frozen=True)
class ImageForm:
    """The form of a data set's images, as the module explains it."""

    extent: float
    centre: Literal["mass", "box"] = "box"
    stroke: float = 0.0


@dataclass(frozen=True)
class _Thing:
    """What an image shows: how far each pixel is from the ground, the contrast, and whether it is darker."""

    levels: Array
    contrast: float
    ground: float
    is_dark: bool


def image_form(source: str | None) -> ImageForm | None:
    """Return the form that a data set declares; None for other data, or where it is not installed."""
    group = EntryPointGroup(DATASETS)
    if source not in group.names():
        return None
    try:
        form: Mapping[str, Any] | None = getattr(group.load(str(source)), "IMAGE_FORM", None)
    except ZooError:  # a package that is broken answers without this help
        return None
    return None if form is None else ImageForm(**form)


def bring_to_form(
    image: Image.Image, size: tuple[int, int], form: ImageForm
) -> tuple[Array, str] | None:
    """Return an image in the form of a data set, and in words what was done; None where it stays as it is.

    An image that has the model's size already is inverted at most.

    Args:
        image: as `zoo.data.images.open_image` returns it.
        size: width and height that the model takes.
        form: of the data that it is trained on.

    Returns:
        float32 in [0, 1], shape (height, width, 1), and the words.
    """
    image, words = _without_transparency(image)
    thing = _find_thing(_grey_pixels(image))
    if thing is None:
        return None
    drawing = form.stroke > 0
    words += _tone_words(thing, drawing)
    if image.size == size:
        is_changed = thing.is_dark or ON_BLACK in words
        return (thing.levels[..., None], words[0]) if is_changed else None
    box = _bounding_box(thing.levels > SHARES[drawing] * thing.contrast)
    has_proportions = round(size[0] * image.height / image.width) == size[1]
    if not words and has_proportions and _is_well_placed(thing.levels, box, form):
        return None
    levels = thing.levels[box] / (thing.contrast if drawing else 1.0)
    if drawing:
        levels, is_wider = _widen_strokes(levels, form)
        words += ["strokes widened"] * is_wider
    side = min(size)
    extent = max(1, round(form.extent * side))
    words.append(f"scaled to {extent} of {side} pixels and centred")
    return _place(_scale(levels, extent, drawing), size, form)[..., None], ", ".join(words)


def _tone_words(thing: _Thing, is_drawing: bool) -> list[str]:
    """Return what is done to the brightness of a thing and its ground."""
    if thing.is_dark:
        return ["inverted"]
    if is_drawing and thing.contrast < STRONG:
        return ["contrast raised"]
    return ["ground made black"] if thing.ground > BLACK else []


def _grey_pixels(image: Image.Image) -> Array:
    """Return an image without transparency as float32 in [0, 1]; a large one is reduced."""
    grey = image.convert("L")
    grey.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    return np.asarray(grey, np.float32) / np.float32(255)


def _without_transparency(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """Return an image laid on white; on black, with a word about it, where nothing is seen on white."""
    if image.mode not in ("LA", "RGBA"):
        return image, []
    on_white = flatten_image(image)
    low, high = on_white.convert("L").getextrema()
    return (flatten_image(image, "black"), [ON_BLACK]) if low == high else (on_white, [])


def _find_thing(pixels: Array) -> _Thing | None:
    """Return what stands out from an even ground; None where the ground is not even, or nothing does."""
    width = max(1, round(RING * min(pixels.shape)))
    inner = np.zeros(pixels.shape, bool)
    inner[width:-width, width:-width] = True
    ring = pixels[~inner]
    ground = float(np.median(ring))
    if np.mean(np.abs(ring - ground) <= EVEN) < MOST:
        return None
    is_dark = ground - float(pixels.min()) > float(pixels.max()) - ground
    levels = np.clip(ground - pixels if is_dark else pixels - ground, 0, 1)
    contrast = float(levels.max())
    return None if contrast < FAINT else _Thing(levels, contrast, ground, is_dark)


def _bounding_box(marks: Array) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero(marks.any(axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _is_well_placed(levels: Array, box: tuple[slice, slice], form: ImageForm) -> bool:
    """Return whether a thing has the extent of the form, and lies in the middle."""
    side = max(levels.shape)
    extent = max(each.stop - each.start for each in box) / side
    middle = [first.start + at for first, at in zip(box, _centre(levels[box], form), strict=True)]
    offsets = [abs(at - size / 2) / side for at, size in zip(middle, levels.shape, strict=True)]
    is_as_large = float(abs(extent - form.extent)) <= FREEDOM["extent"]
    return is_as_large and float(max(offsets)) <= FREEDOM["middle"]


def _centre(levels: Array, form: ImageForm) -> list[float]:
    """Return the centre of a thing in pixels from the upper left corner: down, and to the right."""
    if form.centre == "box":
        return [size / 2 for size in levels.shape]
    total = levels.sum()
    return [
        float((levels.sum(axis) * (np.arange(size) + 0.5)).sum() / total)
        for axis, size in zip((1, 0), levels.shape, strict=True)
    ]


def _widen_strokes(levels: Array, form: ImageForm) -> tuple[Array, bool]:
    """Return a drawing whose strokes have at least the width of the form, and whether they were widened.

    The width of a stroke is about twice its area by the length of its edge.

    Args:
        levels: of the drawing in its bounding box, from 0 to 1.
        form: of the data.
    """
    levels = _scale(levels, min(STROKES, max(levels.shape)), True)
    marks = np.pad(levels > SHARES[True], 1)
    inside = (
        marks[1:-1, 1:-1] & marks[:-2, 1:-1] & marks[2:, 1:-1] & marks[1:-1, :-2] & marks[1:-1, 2:]
    )
    edge = int(np.count_nonzero(marks[1:-1, 1:-1] & ~inside))
    width = 2 * int(np.count_nonzero(marks)) / max(edge, 1)
    radius = round((form.stroke * max(levels.shape) / form.extent - width) / 2)
    if radius < 1 or edge == 0:
        return levels, False
    image = Image.fromarray(np.rint(255 * np.pad(levels, radius)).astype(np.uint8))
    wide = image.filter(ImageFilter.MaxFilter(2 * radius + 1))
    return np.asarray(wide, np.float32) / np.float32(255), True


def _scale(levels: Array, extent: int, is_drawing: bool) -> Array:
    """Return levels whose larger side has so many pixels; of a drawing, the brightest pixel stays 1."""
    factor = extent / max(levels.shape)
    height, width = (max(1, round(size * factor)) for size in levels.shape)
    image = Image.fromarray(np.ascontiguousarray(levels, np.float32))
    scaled = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    return scaled / scaled.max() if is_drawing else scaled


def _place(levels: Array, size: tuple[int, int], form: ImageForm) -> Array:
    """Return a black image with a thing in its middle.

    Args:
        levels: of the thing, no larger than the image.
        size: width and height of the image.
        form: of the data.
    """
    image = np.zeros(size[::-1], np.float32)
    corner = [
        min(max(round(whole / 2 - at), 0), whole - part)
        for whole, part, at in zip(image.shape, levels.shape, _centre(levels, form), strict=True)
    ]
    image[corner[0] : corner[0] + levels.shape[0], corner[1] : corner[1] + levels.shape[1]] = levels
    return np.clip(image, 0, 1)
