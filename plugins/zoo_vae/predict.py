"""Using a variational autoencoder: encode files, decode coordinates, walk between two files.

An item is an image file or array, which is encoded; latents (an .npy of shape (latents,) or (n, latents),
an array, or numbers with commas between them), which are decoded; or two images (a pair of arrays, or
two paths with a comma between them), between which the latents go straight.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import zoo
from zoo.data.inputs import item_name, read_input
from zoo.io.safe_load import read_array

from .plots import between, decoded, encoded, sheet


def apply(model: Any, config: Any, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Encode, decode or interpolate, whichever suits each item.

    Raises:
        DataError: an item can be read as none of the three.
    """
    return [{"item": item_name(item)} | answer(model, config, item) for item in items]


def answer(model: Any, config: Any, item: Any) -> dict[str, Any]:
    """Find out what one item is, and do what suits it."""
    latents = coordinates(item, config.latent_dim)
    if latents is not None:
        images = decoded(model, latents)
        return {
            "image": images[0]
            if len(images) == 1
            else sheet(images, math.ceil(math.sqrt(len(images))))
        }
    if (pair := both(item)) is not None:
        ends = encoded(model, np.stack([read_input(each, config.input_shape) for each in pair]))
        return {"interpolation": list(decoded(model, between(*ends)))}
    mean, log_var = model.encoder(read_input(item, config.input_shape)[None], training=False)
    return {
        name: [round(float(number), 6) for number in value[0]]
        for name, value in (("mean", mean), ("log_var", log_var))
    }


def coordinates(item: Any, latents: int) -> np.ndarray | None:
    """Read latents of shape (n, latents), or nothing where an item is no such thing."""
    array = held(item)
    if array is None or array.ndim not in (1, 2):
        return None
    if array.shape[-1] != latents:
        raise zoo.DataError(
            f"{item_name(item)}: the model has {latents} latents. Received: {array.shape[-1]} numbers"
        )
    return array.reshape(-1, latents).astype(np.float32)


def held(item: Any) -> np.ndarray | None:
    """Give the array of an .npy file, or of numbers with commas between them, or the array itself.

    Raises:
        DataError: an .npy file cannot be read.
    """
    if not isinstance(item, str | Path):
        return None if isinstance(item, tuple | list) else np.asarray(item)
    if Path(item).suffix.lower() != ".npy":
        return numbers(str(item))
    try:
        return read_array(Path(item))
    except zoo.DataError as error:
        raise zoo.DataError(f"{item}: {error}") from error


def numbers(text: str) -> np.ndarray | None:
    """Read numbers with commas between them, or nothing where it is no such text."""
    try:
        return np.array([float(word) for word in text.split(",")])
    except ValueError:
        return None


def both(item: Any) -> Sequence[Any] | None:
    """Give the two images of a pair, or nothing where an item is no pair."""
    if isinstance(item, str | Path):
        paths = str(item).split(",")
        return paths if len(paths) == 2 and not Path(item).exists() else None
    return item if isinstance(item, tuple | list) and len(item) == 2 else None
