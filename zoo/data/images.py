"""Image files: read as float32 in [0, 1], upright, with the channels and size that a model takes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from zoo.data.arrays import Array, as_array, as_float, check_numbers, check_range, is_picture
from zoo.errors import DataError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"})
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap width and height


def open_image(path: Path) -> Image.Image:
    """Decode an image file to 8 bits a channel (L, LA, RGB or RGBA), upright as its EXIF data says.

    Raises:
        DataError: there is no such file, or it is no image, or a broken one.
    """
    with _opened(path) as image:
        image.load()
        upright = ImageOps.exif_transpose(image) if _orientation(image) != 1 else image
        plain = _eight_bits(upright)
        alpha = "A" if plain.has_transparency_data else ""
        return plain.convert(("L" if channels_of(image) == 1 else "RGB") + alpha)


def image_size(path: Path) -> tuple[int, int, int]:
    """Read the upright height, the width and the channels of an image file from its header alone.

    Raises:
        DataError: there is no such file, or it is no image.
    """
    with _opened(path) as image:
        width, height = image.size
        if _orientation(image) in _SIDEWAYS:
            width, height = height, width
        return height, width, channels_of(image)


def channels_of(image: Image.Image) -> int:
    """Count the channels that an image needs: 1 for grey, 3 for colour."""
    if image.mode in ("P", "PA"):
        palette = np.reshape(image.getpalette("RGB") or [0, 0, 0], (-1, 3))
        return 1 if (palette == palette[:, :1]).all() else 3
    return 1 if image.mode[0] in "1LIF" and image.mode != "LAB" else 3


def to_array(image: Image.Image, shape: tuple[int | None, ...]) -> Array:
    """Convert an image to uint8 of shape (height, width, channels).

    What is transparent becomes white, unless the model takes the transparency as a fourth channel.
    Where a size is given, the image is scaled to cover it and its middle is cut out.

    Raises:
        DataError: the shape is not that of an image.
    """
    if len(shape) != 3 or shape[-1] not in (None, *_MODES):
        raise DataError(
            f"Images have the shape (height, width, 1 or 3 or 4). The model takes {shape}."
        )
    height, width, channels = shape
    if channels != 4 and image.mode in ("LA", "RGBA"):
        image = flatten_onto_white(image)
    image = image.convert(_MODES[channels or channels_of(image)])
    size = (width or image.width, height or image.height)
    if image.size != size:
        image = ImageOps.fit(image, size, Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def read_image(item: str | Path | Array, shape: tuple[int | None, ...]) -> Array:
    """Read a file, or take an array, as float32 in [0, 1] of a model's (height, width, channels).

    Args:
        item: a path, or an array of the right shape: uint8, or float in [0, 1].
        shape: the model's input; None is any size.

    Raises:
        DataError: it cannot be read, or an array has another shape or range.
    """
    if isinstance(item, str | Path):
        return as_float(to_array(open_image(Path(item)), shape))
    array = as_array(item)
    if array.ndim == 2 and shape[-1] == 1:
        array = array[..., None]
    return check_array(array, shape)


def check_array(array: Array, shape: tuple[int | None, ...]) -> Array:
    """Take an array as float32 if it is one input of a model.

    Raises:
        DataError: it has another shape, or holds something else than finite numbers, or is an image
            that is neither uint8 nor within [0, 1].
    """
    if array.ndim != len(shape) or any(
        want not in (None, size) for size, want in zip(array.shape, shape, strict=True)
    ):
        wanted = tuple("any" if size is None else size for size in shape)
        raise DataError(
            f"The model takes arrays of shape ({', '.join(map(str, wanted))}). "
            f"Received: shape {array.shape}."
        )
    if 0 in array.shape:
        raise DataError(f"The array is empty: its shape is {array.shape}.")
    check_numbers("The array", array[None])
    if is_picture(array.shape):
        check_range("The array", array)
    return as_float(array)


def images_in(folder: Path, suffixes: Iterable[str] = SUFFIXES) -> list[Path]:
    """List the image files in a folder and those below it, sorted, without the hidden ones.

    Raises:
        DataError: the folder cannot be read.
    """
    return sorted(
        path for path in _visible(folder) if path.suffix.lower() in suffixes and not path.is_dir()
    )


def folders_in(folder: Path) -> list[Path]:
    """List the folders right in a folder, sorted, without hidden ones and links that lead back up.

    Raises:
        DataError: the folder cannot be read.
    """
    here = folder.resolve()
    return sorted(
        path
        for path in _entries(folder)
        if path.is_dir() and not here.is_relative_to(path.resolve())
    )


def _visible(folder: Path) -> Iterator[Path]:
    """Walk through what is in a folder and below; links to folders below are not followed."""
    for path in _entries(folder):
        if path.is_dir() and not path.is_symlink():
            yield from _visible(path)
        else:
            yield path


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}.") from error


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image file, with every complaint that Pillow has of it turned into one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, and of more than 90 megapixels
            with Image.open(path) as image:
                yield image
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is not an image that Pillow can read.") from error
    except PermissionError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is a broken image: {error}.") from error


def _orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; broken EXIF data says nothing, and viewers show such images too."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, TypeError, ValueError):
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring grey pixels of 16 or 32 bits to 8; white is the least of 255, 65535 that covers them."""
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
    return Image.fromarray(np.rint(pixels * (255.0 / top)).astype(np.uint8))


def flatten_onto_white(image: Image.Image) -> Image.Image:
    """Lay an image over white, as every viewer does."""
    sheet = Image.new("RGBA", image.size, "white")
    sheet.alpha_composite(image.convert("RGBA"))
    return sheet.convert("RGB" if image.mode == "RGBA" else "L")
