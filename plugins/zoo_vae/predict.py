"""The user's files and arrays: encode images, decode latents, interpolate between two images.

An item is one of three things:

    an image                                  a file or an array
    latents                                   an .npy file or an array of shape (latent_dim,) or
                                              (n, latent_dim), or numbers with commas between them
    two images                                a pair of arrays, or two paths with a comma between them
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import zoo
from zoo.data.arrays import Array
from zoo.data.inputs import item_name, read_array, read_input

from .config import Config
from .model import VAE
from .plots import decode, interpolate, plot_grid


def apply(model: VAE, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return one result for each item: latents, an image, or an interpolation.

    Raises:
        DataError: an item is neither an image nor latents nor two images.
    """
    return [{"item": item_name(item)} | apply_to_item(model, config, item) for item in items]


def apply_to_item(model: VAE, config: Config, item: Any) -> dict[str, Any]:
    """Return the result for one item."""
    latents = read_latents(item, config.latent_dim)
    if latents is not None:
        return {"image": decode_to_picture(model, latents)}
    if (pair := read_pair(item)) is not None:
        images = np.stack([read_input(image, config.input_shape) for image in pair])
        line = interpolate(*model.encode_to_means(images))
        return {"interpolation": list(decode(model, line))}
    mean, log_var = model.encoder(read_input(item, config.input_shape)[None], training=False)
    return {
        name: [round(float(number), 6) for number in value[0]]
        for name, value in (("mean", mean), ("log_var", log_var))
    }


def decode_to_picture(model: VAE, latents: Array) -> Array:
    """Return the image of one row of latents, or a grid of the images of several."""
    if len(latents) == 1:
        return np.asarray(decode(model, latents)[0])
    return plot_grid(model, latents, math.ceil(math.sqrt(len(latents))))


def read_latents(item: Any, latent_dim: int) -> Array | None:
    """Return latents of shape (n, latent_dim), or None if an item is something else.

    Raises:
        DataError: the latents are more or fewer than the model's, or a file cannot be read.
    """
    array = read_numbers(item)
    if array is None or array.ndim not in (1, 2):
        return None
    if array.shape[-1] != latent_dim:
        raise zoo.DataError(
            f"{item_name(item)}: the model has {latent_dim} latents. Received: {array.shape[-1]} numbers"
        )
    return array.reshape(-1, latent_dim).astype(np.float32)


def read_numbers(item: Any) -> Array | None:
    """Return the array of an .npy file, of numbers with commas, or of the item itself; None if it has none.

    Raises:
        DataError: an .npy file cannot be read.
    """
    if not isinstance(item, str | Path):
        return None if isinstance(item, tuple | list) else np.asarray(item)
    if Path(item).suffix.lower() != ".npy":
        return parse_numbers(str(item))
    try:
        return read_array(Path(item))
    except zoo.DataError as error:
        raise zoo.DataError(f"{item}: {error}") from error


def parse_numbers(text: str) -> Array | None:
    """Return numbers with commas between them as an array, or None if the text is something else."""
    try:
        return np.array([float(word) for word in text.split(",")])
    except ValueError:
        return None


def read_pair(item: Any) -> Sequence[Any] | None:
    """Return the two images of a pair, or None if an item is no pair."""
    if isinstance(item, str | Path):
        paths = str(item).split(",")
        return paths if len(paths) == 2 and not Path(item).exists() else None
    return item if isinstance(item, tuple | list) and len(item) == 2 else None
