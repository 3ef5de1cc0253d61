"""Image files: decoded upright, and brought to the channels, the size and the range that a model takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, ImageOps

from zoo.data.arrays import (
    Array,
    Shape,
    as_array,
    as_float,
    check_numbers,
    check_range,
    describe_misfit,
    format_shape,
    is_picture,
    shape_fits,
)
from zoo.errors import DataError
from zoo.io.foreign.image_file import open_image_file

if TYPE_CHECKING:
    from zoo.config import Resize

__all__ = [
    "OTHER_PICTURES",
    "SUFFIXES",
    "adjust_images",
    "channels_of",
    "check_array",
    "flatten_image",
    "image_size",
    "open_image",
    "read_image",
    "to_array",
]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"})
_OTHERS = "ai arw avif cr2 dng eps heic heif ico jfif jp2 jxl nef pdf psd svg tga"
OTHER_PICTURES = frozenset(f".{name}" for name in _OTHERS.split())  # which no decoder here reads
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_ROWS = 1024  # of an image that are converted at a time: a large one takes less memory
_TRANSPOSED = (5, 6, 7, 8)  # EXIF orientations that swap width and height

Adjust = Callable[[Path, Image.Image, Shape], Array | None]
_adjust: ContextVar[Adjust | None] = ContextVar("adjust", default=None)


@contextmanager
def adjust_images(adjust: Adjust) -> Iterator[None]:
    """Let `read_image` ask of each file whether another image is read in its place.

    `adjust` takes the file, its image and the shape; it returns float32 in [0, 1] of that shape, or None.
    """
    token = _adjust.set(adjust)
    try:
        yield
    finally:
        _adjust.reset(token)


def open_image(path: Path, content: bytes | None = None) -> Image.Image:
    """Decode an image file to 8 bits a channel, upright by its EXIF orientation.

    Args:
        path: the file; with `content`, the name of the image in messages.
        content: the bytes of the file, if they are read already.

    Returns:
        An image of mode L, LA, RGB or RGBA.

    Raises:
        DataError: there is no such file, or it is no image, or a broken one.
    """
    with open_image_file(path, content) as image:
        image.load()
        upright = ImageOps.exif_transpose(image) if _orientation(image) != 1 else image
        plain = _eight_bits(upright)
        alpha = "A" if plain.has_transparency_data else ""
        return _convert(plain, ("L" if channels_of(image) == 1 else "RGB") + alpha)


def image_size(path: Path, content: bytes | None = None) -> tuple[int, int, int]:
    """Return the upright height, the width and the channels of an image file; only its header is read.

    Args:
        path: the file; with `content`, the name of the image in messages.
        content: the bytes of the file, if they are read already.

    Raises:
        DataError: there is no such file, or it is no image.
    """
    with open_image_file(path, content, header_only=True) as image:
        width, height = image.size
        if _orientation(image) in _TRANSPOSED:
            width, height = height, width
        return height, width, channels_of(image)


def channels_of(image: Image.Image) -> int:
    """Return how many channels an image needs: 1 for grey, 3 for colour."""
    if image.mode in ("P", "PA"):
        palette = np.reshape(image.getpalette("RGB") or [0, 0, 0], (-1, 3))
        return 1 if (palette == palette[:, :1]).all() else 3
    return 1 if image.mode[0] in "1LIF" and image.mode != "LAB" else 3


def to_array(image: Image.Image, shape: tuple[int | None, ...], resize: Resize = "pad") -> Array:
    """Return an image as uint8 of shape (height, width, channels).

    Transparent pixels become white, unless the model takes the transparency as a fourth channel.

    Args:
        image: an image as `open_image` returns it.
        shape: the input shape of the model: (height, width, 1 or 3 or 4). None is the image's own size.
        resize: how an image of another size is brought to it: `pad` scales it as a whole and pads with
            black, `stretch` scales each axis by itself, `crop` scales it and cuts its middle out.

    Raises:
        DataError: the shape is not that of an image.
    """
    if len(shape) != 3 or shape[-1] not in (None, *_MODES):
        raise DataError(
            "Images have the shape (height, width, 1 or 3 or 4). "
            f"The model takes {format_shape(shape)}."
        )
    height, width, channels = shape
    if channels != 4 and image.mode in ("LA", "RGBA"):
        image = flatten_image(image)
    mode = _MODES[channels or channels_of(image)]
    image = _convert(image, mode)
    size = (width or image.width, height or image.height)
    if image.size != size:
        image = _bring_to_size(image, size, resize)
    pixels = np.asarray(image, np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _convert(image: Image.Image, mode: str) -> Image.Image:
    """Return an image in a mode; Pillow's method copies also where it need not."""
    return image if image.mode == mode else image.convert(mode)


def _bring_to_size(image: Image.Image, size: tuple[int, int], resize: Resize) -> Image.Image:
    """Return an image of a width and height; images of the same proportions come out the same each way."""
    if resize == "stretch":
        return image.resize(size, Image.Resampling.BILINEAR)
    scale = ImageOps.fit if resize == "crop" else ImageOps.pad
    return scale(image, size, Image.Resampling.BILINEAR)


def read_image(
    item: str | Path | Array, shape: tuple[int | None, ...], resize: Resize = "pad"
) -> Array:
    """Return an image file or an array as float32 in [0, 1] of the input shape of a model.

    Args:
        item: a path, or an array of that shape: uint8, or float in [0, 1].
        shape: (height, width, channels); None is any size.
        resize: how an image file of another size is brought to it, as for `to_array`.

    Raises:
        DataError: it cannot be read, or an array has another shape or range.
    """
    if isinstance(item, str | Path):
        path = item if isinstance(item, Path) else Path(item)  # a Path of a Path parses it again
        image, adjust = open_image(path), _adjust.get()
        adjusted = None if adjust is None else adjust(path, image, shape)
        return as_float(to_array(image, shape, resize)) if adjusted is None else adjusted
    array = as_array(item)
    if array.ndim == 2 and shape[-1] == 1:
        array = array[..., None]
    return check_array(array, shape)


def check_array(array: Array, shape: tuple[int | None, ...]) -> Array:
    """Return an array as float32 if it is one input of a model; uint8 is divided by 255.

    Args:
        array: one example, without the batch.
        shape: the input shape of the model; None is any size.

    Raises:
        DataError: it has another shape, or holds something else than finite numbers, or is an image
            that is neither uint8 nor within [0, 1].
    """
    if not shape_fits(array.shape, shape):
        if len(shape) == array.ndim == 2:
            raise DataError(f"The series {describe_misfit(array.shape, shape)}.")
        raise DataError(
            f"The model takes arrays of shape {format_shape(shape)}. Received: shape {array.shape}."
        )
    if 0 in array.shape:
        raise DataError(f"The array is empty: its shape is {array.shape}.")
    check_numbers("The array", array[None])
    if is_picture(array.shape):
        check_range("The array", array)
    return as_float(array)


def flatten_image(image: Image.Image, ground: str = "white") -> Image.Image:
    """Return an image without transparency, laid over white as viewers show it, or over another colour."""
    flat = Image.new("RGB" if image.mode == "RGBA" else "L", image.size)
    for top in range(0, image.height, _ROWS):
        piece = image.crop((0, top, image.width, min(top + _ROWS, image.height))).convert("RGBA")
        background = Image.new("RGBA", piece.size, ground)
        background.alpha_composite(piece)
        flat.paste(background.convert(flat.mode), (0, top))
    return flat


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1, upright, where the EXIF data is broken."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, TypeError, ValueError):
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image of 8 bits a channel.

    White in grey images of more bits is 65535 with 16 bits; else the smaller of 255 and 65535 (integers),
    or of 1 and 255 (floats), that no pixel exceeds.
    """
    if image.mode[0] not in "IF":
        return image
    pixels = np.asarray(image)
    tops = {"I": (255, 65535), "F": (1, 255)}[image.mode[0]]
    if image.mode.startswith("I;16"):
        tops = (65535, 65535)
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= tops[1]):
        raise ValueError(
            f"its pixels go from {low} to {high}; expected: 0 to {tops[0]} or {tops[1]}"
        )
    top = tops[0] if high <= tops[0] else tops[1]
    plain = np.empty(pixels.shape, np.uint8)
    for at in range(0, len(pixels), _ROWS):
        plain[at : at + _ROWS] = np.rint(pixels[at : at + _ROWS] * (255.0 / top))
    return Image.fromarray(plain)
