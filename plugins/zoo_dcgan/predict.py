"""Using a GAN: it makes images of latents, and its discriminator scores images.

An item is latents or an image. Latents are an .npy file or an array of shape (latent_dim,) or
(n, latent_dim). A conditional model makes one image of each class, or of one class if its one-hot numbers
follow the latents.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array, check_numbers
from zoo.data.inputs import item_name, read_array, read_input

from .config import Config
from .model import DCGAN
from .plots import sheet
from .samples import generate_images


def apply(model: DCGAN, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Make images of latents, and score images.

    Raises:
        DataError: an item is neither latents nor an image.
    """
    discriminator = model.normalized_discriminator()
    return [
        {"item": item_name(item)} | apply_to_item(model, discriminator, config, item)
        for item in items
    ]


def apply_to_item(
    model: DCGAN, discriminator: keras.Model, config: Config, item: Any
) -> dict[str, Any]:
    """Return the images of latents, or the score of an image.

    Args:
        model: the GAN.
        discriminator: its normalised discriminator.
        config: its settings.
        item: latents or an image.

    Raises:
        DataError: the item is neither.
    """
    latents = read_latents(item)
    if latents is None:
        return score_image(discriminator, config, read_input(item, config.input_shape))
    images = images_of_latents(model, config, latents, item_name(item))
    if len(images) == 1:
        return {"image": images[0]}
    return {"image": sheet(images, math.ceil(math.sqrt(len(images))))}


def read_latents(item: Any) -> Array | None:
    """Return numbers of shape (n, k), or None if the item is an image."""
    if isinstance(item, str | Path):
        array = read_array(Path(item)) if Path(item).suffix.lower() == ".npy" else None
    else:
        array = np.asarray(item)
    return None if array is None or array.ndim not in (1, 2) else np.atleast_2d(array)


def images_of_latents(model: DCGAN, config: Config, numbers: Array, name: str) -> Array:
    """Return the images of latents.

    Args:
        model: the GAN.
        config: its settings.
        numbers: latents, or latents and one-hot classes, shape (n, k).
        name: the item's name, for messages.

    Raises:
        DataError: there are no numbers, or not as many as the model takes, or one is not finite.
    """
    if not len(numbers):
        raise zoo.DataError(f"{name} is empty: its shape is {numbers.shape}.")
    check_numbers(name, numbers)
    classes = len(config.classes) if config.conditional else 0
    numbers = numbers.astype(np.float32)
    if numbers.shape[1] == config.latent_dim + classes:
        latents, one_hot = numbers[:, : config.latent_dim], numbers[:, config.latent_dim :]
        return generate_images(model, latents, one_hot if classes else None)
    if numbers.shape[1] != config.latent_dim:
        more = f", or {config.latent_dim + classes} with the class" if classes else ""
        raise zoo.DataError(
            f"{name}: the model takes {config.latent_dim} latents{more}. "
            f"Received: {numbers.shape[1]} numbers"
        )
    every_class = np.tile(np.eye(classes, dtype=np.float32), (len(numbers), 1))
    return generate_images(model, numbers.repeat(classes, 0), every_class)


def score_image(discriminator: keras.Model, config: Config, image: Array) -> dict[str, Any]:
    """Return the discriminator's score of an image, and the class with the best score if conditional.

    A score above 0 means real.

    Args:
        discriminator: the normalised discriminator.
        config: the settings.
        image: in [0, 1], shape (height, width, channels).
    """
    if not config.conditional:
        scores = ops.convert_to_numpy(discriminator(image[None], training=False))
        return {"score": float(scores[0, 0])}
    count = len(config.classes)
    inputs = [np.repeat(image[None], count, 0), np.eye(count, dtype=np.float32)]
    scores = ops.convert_to_numpy(discriminator(inputs, training=False))[:, 0]
    best = int(scores.argmax())
    return {"class": config.classes[best], "score": float(scores[best])}
