"""Using a deblurring network: photographs of any size, in any format that Pillow reads.

An item is an image file, or an array of shape (height, width) or (height, width, 1, 3 or 4), uint8 or
float in [0, 1]. A restored file has the size and the colours of the original, upright, with its
transparency, its colour profile and its EXIF data, in 8 bits a channel.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import zoo
from zoo.data.arrays import Array
from zoo.data.images import check_array, open_image
from zoo.data.inputs import item_name, read_array
from zoo.inference.parts import PartFunction, Parts

from .config import Config
from .networks import receptive_radius, size_multiple
from .sharpness import is_sharp
from .tiled_inference import restore_in_tiles

LARGEST_WHOLE = (
    2**21
)  # pixels of the largest image that is restored in one piece: 1920 x 1080 is one
TILE = 1024
STRONG = 2.0  # shake of a training after which sharp photographs come out worse, in pixels
METADATA = ("exif", "icc_profile")
SPACES = {b"GRAY": ("L", "LA"), b"RGB ": ("RGB", "RGBA"), b"CMYK": ()}  # of colour profiles

_log = logging.getLogger("zoo")


def read_item(config: Config, item: Any) -> Image.Image | Array:
    """Return a file as a Pillow image; an .npy file or an array as pixels in [0, 1].

    Raises:
        DataError: the item cannot be read as an image.
    """
    if isinstance(item, str | Path) and Path(item).suffix.lower() != ".npy":
        return open_image(Path(item))
    array = read_array(Path(item)) if isinstance(item, str | Path) else np.asarray(item)
    array = array[..., None] if array.ndim == 2 else array
    channels = array.shape[-1] if array.ndim == 3 else 3
    if channels not in (1, 3, 4):
        raise zoo.DataError(
            f"{item_name(item)} must be an image of 1, 3 or 4 channels. Received: shape {array.shape}"
        )
    return check_array(array, (None, None, channels))


def apply(
    parts: Parts, config: Config, items: Sequence[Any], inputs: Sequence[Image.Image | Array]
) -> list[dict[str, Any]]:
    """Restore photographs, one by one: each may have a size of its own.

    Args:
        parts: with the generator.
        config: the settings.
        items: the user's files and arrays, for messages.
        inputs: what was read for them.

    Raises:
        DataError: an image is too large for the runtime.
    """
    for item, image in zip(items, inputs, strict=True):
        if not config.has_pairs and config.shake[0] >= STRONG and is_sharp(image):
            _log.warning(
                "Warning: %s is sharp already. The model, made for blurred ones, may make it worse.",
                item_name(item),
            )
    # under the key "edited", the zoo saves a picture as the item's file, with its name and format
    return [{"edited": restore(parts["generator"], config, image)} for image in inputs]


def restore(generator: PartFunction, config: Config, image: Image.Image | Array) -> Any:
    """Return a restored Pillow image, or restored pixels; transparency stays."""
    if isinstance(image, Image.Image):
        return restore_photograph(generator, config, image)
    restored = restore_colours(generator, config, image[..., :3])
    return np.concatenate([restored, image[..., 3:]], -1)


def restore_photograph(generator: PartFunction, config: Config, image: Image.Image) -> Image.Image:
    """Restore the colours of a Pillow image (L, LA, RGB or RGBA), and keep its other data.

    Args:
        generator: the network from blurred to sharp.
        config: its settings.
        image: in the mode L, LA, RGB or RGBA.
    """
    pixels = np.asarray(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    colours = 1 if image.mode in ("L", "LA") else 3
    scaled = pixels[..., :colours].astype(np.float32) / np.float32(255)
    restored = np.round(255 * restore_colours(generator, config, scaled)).astype(np.uint8)
    restored = np.concatenate([restored, pixels[..., colours:]], -1)
    photograph = Image.fromarray(restored[..., 0] if image.mode == "L" else restored, image.mode)
    photograph.info = {key: image.info[key] for key in METADATA if image.info.get(key)}
    profile = photograph.info.get("icc_profile", b"")
    if image.mode not in SPACES.get(profile[16:20], (image.mode,)):
        del photograph.info["icc_profile"]  # of a file in other colours, such as CMYK
    return photograph


def restore_colours(generator: PartFunction, config: Config, pixels: Array) -> Array:
    """Restore colours, whatever channels the model takes.

    A model of colours gets grey as three equal channels. A model of grey restores each colour alone.

    Args:
        generator: the network from blurred to sharp.
        config: its settings.
        pixels: in [0, 1], shape (height, width, 1 or 3).
    """
    channels = pixels.shape[-1]
    if channels == config.channels:
        return restore_pixels(generator, config, pixels)
    if channels == 1:
        grey: Array = restore_pixels(generator, config, pixels.repeat(3, -1)).mean(
            -1, keepdims=True
        )
        return grey
    colours = [
        restore_pixels(generator, config, pixels[..., channel : channel + 1])
        for channel in range(channels)
    ]
    return np.concatenate(colours, -1)


def restore_pixels(
    generator: PartFunction, config: Config, pixels: Array, largest_whole: int = LARGEST_WHOLE
) -> Array:
    """Restore an image of the model's channels, in tiles if it has too many pixels.

    Args:
        generator: the network from blurred to sharp.
        config: its settings.
        pixels: in [0, 1], shape (height, width, channels).
        largest_whole: the number of pixels up to which an image is restored in one piece.

    Raises:
        DataError: it has more pixels, and the runtime is not Keras.
    """
    if pixels.shape[0] * pixels.shape[1] <= largest_whole:
        (restored,) = generator(pixels[None])
        return np.asarray(restored[0])
    network = getattr(generator, "model", None)
    if network is None:
        raise zoo.DataError(
            f"An image of more than {largest_whole:,} pixels is restored in tiles, with layers of the Keras "
            f"model. Leave out --with onnx. Received: {pixels.shape[1]} x {pixels.shape[0]} pixels"
        )
    return restore_in_tiles(pixels, network, TILE, receptive_radius(config), size_multiple(config))
