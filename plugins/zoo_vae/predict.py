"""The user's files and arrays: encode images, decode latents, interpolate between two images.

An item is one of three things:

    an image                                  a file or an array
    latents                                   an .npy file or an array of shape (latent_dim,) or
                                              (n, latent_dim), or numbers with commas between them
    two images                                a pair of arrays, or two paths with a comma between them
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import zoo
from zoo.data.arrays import Array
from zoo.data.inputs import item_name, read_array, read_input
from zoo.inference.parts import PartFunction, Parts
from zoo.tasks import reconstruction

from .config import Config
from .plots import interpolate, picture_grid


@dataclass(frozen=True)
class Latents:
    """An item that is latents, shape (n, latent_dim)."""

    values: Array


@dataclass(frozen=True)
class Pair:
    """An item that is two images, shape (2, height, width, channels)."""

    images: Array


def read_item(config: Config, item: Any) -> Array | Latents | Pair:
    """Return an item as an image, as latents, or as two images.

    Raises:
        DataError: it is neither an image nor latents nor two images.
    """
    latents = read_latents(item, config.latent_dim)
    if latents is not None:
        return Latents(latents)
    if (pair := read_pair(item)) is not None:
        return Pair(
            np.stack([read_input(image, config.input_shape, config.resize) for image in pair])
        )
    return read_input(item, config.input_shape, config.resize)


def apply(parts: Parts, inputs: Sequence[Array | Latents | Pair]) -> list[dict[str, Any]]:
    """Return one result for each input: latents of an image, an image of latents, or an interpolation."""
    images = [value for value in inputs if isinstance(value, np.ndarray)]
    codes = iter(parts["encoder"].each(images) if images else [])
    return [
        describe_code(*next(codes)) if isinstance(value, np.ndarray) else draw(parts, value)
        for value in inputs
    ]


def describe_code(mean: Array, log_var: Array) -> dict[str, Any]:
    """Return the mean and the log-variance of one image's latents as numbers."""
    return {
        name: [round(float(number), 6) for number in values]
        for name, values in (("mean", mean), ("log_var", log_var))
    }


def draw(parts: Parts, value: Latents | Pair) -> dict[str, Any]:
    """Return the image of latents, or the images between two images."""
    decoder = parts["decoder"]
    if isinstance(value, Latents):
        return {"image": decode_to_picture(decoder, value.values)}
    means, _ = parts["encoder"](value.images)
    return {"interpolation": list(decode(decoder, interpolate(*means)))}


def decode(decoder: PartFunction, latents: Array) -> Array:
    """Return images in [0, 1] of 1 or 3 channels from latents of shape (n, latent_dim)."""
    (images,) = decoder(latents)
    return reconstruction.as_pictures(images)


def decode_to_picture(decoder: PartFunction, latents: Array) -> Array:
    """Return the image of one row of latents, or a grid of the images of several."""
    images = decode(decoder, latents)
    if len(latents) == 1:
        return np.asarray(images[0])
    return picture_grid(images, math.ceil(math.sqrt(len(latents))))


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
