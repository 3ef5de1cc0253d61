"""Using an adversarial network: latents become images, and images get the discriminator's opinion.

An item is latents, an .npy or an array of shape (latents,) or (n, latents), of which images are made (where
the model is conditional, one of each class, or of the class whose numbers, one-hot, follow the
latents); or an image, a file or an array, which the discriminator judges.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import check_numbers
from zoo.data.inputs import item_name, read_input
from zoo.io.safe_load import read_array

from .metrics import made_from
from .plots import sheet


def apply(model: Any, config: Any, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Make images of latents, and judge images.

    Raises:
        DataError: an item can be read as neither.
    """
    discriminator = model.normalized_discriminator()
    return [{"item": item_name(item)} | answer(model, discriminator, config, item) for item in items]


def answer(model: Any, discriminator: Any, config: Any, item: Any) -> dict[str, Any]:
    """Find out what one item is, and do what suits it."""
    latents = numbers(item)
    if latents is None:
        return opinion(discriminator, config, read_input(item, config.input_shape))
    images = made(model, config, latents, item_name(item))
    return {
        "image": images[0] if len(images) == 1 else sheet(images, math.ceil(math.sqrt(len(images))))
    }


def numbers(item: Any) -> np.ndarray | None:
    """Read numbers of shape (n, k), or nothing where an item is an image."""
    if isinstance(item, str | Path):
        array = read_array(Path(item)) if Path(item).suffix.lower() == ".npy" else None
    else:
        array = np.asarray(item)
    return None if array is None or array.ndim not in (1, 2) else np.atleast_2d(array)


def made(model: Any, config: Any, given: np.ndarray, name: str) -> np.ndarray:
    """Make images of numbers: latents, and the class after them where there is one.

    Raises:
        DataError: they are not as many as the model takes, or no finite numbers, or there are none.
    """
    if not len(given):
        raise zoo.DataError(f"{name} is empty: its shape is {given.shape}.")
    check_numbers(name, given)
    classes = len(config.classes) if config.conditional else 0
    given = given.astype(np.float32)
    if given.shape[1] == config.latents + classes:
        latents, asked = given[:, : config.latents], given[:, config.latents :]
        return made_from(model, latents, asked if classes else None)
    if given.shape[1] != config.latents:
        more = f", or {config.latents + classes} with the class" if classes else ""
        raise zoo.DataError(
            f"{name}: the model takes {config.latents} latents{more}. "
            f"Received: {given.shape[1]} numbers"
        )
    each = np.tile(np.eye(classes, dtype=np.float32), (len(given), 1))
    return made_from(model, given.repeat(classes, 0), each)


def opinion(discriminator: Any, config: Any, image: np.ndarray) -> dict[str, Any]:
    """Give the discriminator's score, above 0 for what it takes for real; of the class that suits best."""
    if not config.conditional:
        return {"score": float(ops.convert_to_numpy(discriminator(image[None], training=False))[0, 0])}
    count = len(config.classes)
    inputs = [np.repeat(image[None], count, 0), np.eye(count, dtype=np.float32)]
    scores = ops.convert_to_numpy(discriminator(inputs, training=False))[:, 0]
    best = int(scores.argmax())
    return {"class": config.classes[best], "score": float(scores[best])}
