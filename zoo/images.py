"""Image files: read as float32 in [0, 1], upright, with the channels and size that a model takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from zoo.data import Array, as_float
from zoo.errors import DataError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"})
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def open_image(path: Path) -> Image.Image:
    """Decode an image file and turn it upright, as its EXIF orientation says.

    Raises:
        DataError: there is no such file, or it is no image, or a broken one.
    """
    try:
        with Image.open(path) as image:
            image.load()
            return ImageOps.exif_transpose(image)
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is not an image that Pillow can read.") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is a broken image: {error}.") from error


def channels_of(image: Image.Image) -> int:
    """Count the channels that an image needs: 1 for grey, 3 for colour."""
    return 1 if image.mode in ("1", "L", "LA", "I", "I;16", "F") else 3


def to_array(image: Image.Image, shape: tuple[int | None, ...]) -> Array:
    """Convert an image to uint8 of shape (height, width, channels).

    Where a size is given, the image is scaled to cover it and its middle is cut out.
    """
    height, width, channels = shape
    if image.mode in ("I", "I;16"):  # 16 bits a pixel
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    image = image.convert(_MODES[channels or channels_of(image)])
    if height and width and image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def read_image(item: str | Path | Array, shape: tuple[int | None, ...]) -> Array:
    """Read a file, or take an array, as float32 in [0, 1] of a model's (height, width, channels).

    Args:
        item: a path, or an array of the right shape: uint8, or float in [0, 1].
        shape: the model's input; None is any size.

    Raises:
        DataError: it cannot be read, or an array has another shape.
    """
    if isinstance(item, str | Path):
        return as_float(to_array(open_image(Path(item)), shape))
    array = np.asarray(item)
    if array.ndim == 2 and shape[-1] == 1:
        array = array[..., None]
    if array.ndim != len(shape) or any(
        want not in (None, size) for size, want in zip(array.shape, shape, strict=True)
    ):
        raise DataError(f"An array must have the shape {shape}. Received: {array.shape}.")
    return as_float(array)
