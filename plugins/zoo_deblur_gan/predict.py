"""Using a deblurring network: photographs of any size, and of any kind that Pillow reads.

An item is an image file, or an array of shape (height, width) or (height, width, 1, 3 or 4), uint8 or
float in [0, 1]. What comes of a file is of its size and colours, upright, with its transparency, its
colour profile and what the camera wrote into it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import zoo
from zoo.data.images import check_array, open_image
from zoo.data.inputs import item_name
from zoo.io.results import EDITED
from zoo.io.safe_load import read_array

from .config import Config
from .networks import multiple, reach
from .tiled_inference import answer, tiled

WHOLE = 2**21  # pixels up to which an image is restored in one piece: 1920 x 1080 is
TILE = 1024
KEPT = ("exif", "icc_profile")


def apply(model: Any, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Restore photographs.

    Raises:
        DataError: an item cannot be read as an image.
    """
    return [{"item": item_name(item), EDITED: edited(model, config, item)} for item in items]


def edited(model: Any, config: Config, item: Any) -> Any:
    """Restore a file as a Pillow image, or an array as an array."""
    if isinstance(item, str | Path) and Path(item).suffix.lower() != ".npy":
        return photograph(model, config, open_image(Path(item)))
    array = read_array(Path(item)) if isinstance(item, str | Path) else np.asarray(item)
    array = array[..., None] if array.ndim == 2 else array
    channels = array.shape[-1] if array.ndim == 3 else 3
    if channels not in (1, 3, 4):
        raise zoo.DataError(
            f"{item_name(item)} must be an image of 1, 3 or 4 channels. Received: shape {array.shape}"
        )
    pixels = check_array(array, (None, None, channels))
    made = restored(model, config, pixels[..., :3])
    return np.concatenate([made, pixels[..., 3:]], -1)


def photograph(model: Any, config: Config, image: Image.Image) -> Image.Image:
    """Restore the colours of a Pillow image (L, LA, RGB or RGBA), and keep the rest of it."""
    pixels = np.asarray(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    colours = 1 if image.mode in ("L", "LA") else 3
    made = restored(model, config, pixels[..., :colours].astype(np.float32) / np.float32(255))
    bytes_ = np.concatenate([np.round(255 * made).astype(np.uint8), pixels[..., colours:]], -1)
    new = Image.fromarray(bytes_[..., 0] if image.mode == "L" else bytes_, image.mode)
    new.info = {key: image.info[key] for key in KEPT if image.info.get(key)}
    return new


def restored(model: Any, config: Config, pixels: np.ndarray) -> np.ndarray:
    """Restore colours in [0, 1], shape (height, width, 1 or 3), whatever channels the model takes.

    A model of colours sees grey as three equal channels; one of grey restores each colour by itself.
    """
    found = pixels.shape[-1]
    if found == config.channels:
        return whole(model, config, pixels)
    if found == 1:
        return whole(model, config, pixels.repeat(3, -1)).mean(-1, keepdims=True)
    each = [whole(model, config, pixels[..., at : at + 1]) for at in range(found)]
    return np.concatenate(each, -1)


def whole(model: Any, config: Config, pixels: np.ndarray, limit: int = WHOLE) -> np.ndarray:
    """Restore an image of the model's channels, in tiles if it has more pixels than the limit."""
    if pixels.shape[0] * pixels.shape[1] > limit:
        made = tiled(pixels, model.averaged_generator, TILE, reach(config), multiple(config))
    else:
        made = answer(model.averaged_generator, pixels[None])[0]
    return np.clip(made, 0, 1)
