"""Using a GAN: it makes images of latents, and its discriminator scores images.

An item is latents or an image. Latents are an .npy file or an array of shape (latent_dim,) or
(n, latent_dim). A conditional model makes one image of each class, or of one class if its one-hot numbers
follow the latents.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

import zoo
from zoo.data.arrays import Array, check_numbers
from zoo.data.inputs import item_name, read_array, read_input
from zoo.inference.keras_parts import KerasPart
from zoo.inference.parts import PartFunction, Parts

from .config import Config
from .plots import sheet


@dataclass(frozen=True)
class GeneratorInputs:
    """An item that is latents: the generator's inputs, each of shape (n, ...)."""

    arrays: tuple[Array, ...]


def read_item(config: Config, item: Any) -> Array | GeneratorInputs:
    """Return an item as an image, or as inputs of the generator.

    Raises:
        DataError: it is neither an image nor latents.
    """
    numbers = read_numbers(item)
    if numbers is None:
        return read_input(item, config.input_shape, config.resize)
    return GeneratorInputs(generator_inputs(config, numbers, item_name(item)))


def apply(
    parts: Parts, config: Config, inputs: Sequence[Array | GeneratorInputs]
) -> list[dict[str, Any]]:
    """Make images of latents, and score images.

    Raises:
        DataError: an image has no score in the runtime.
    """
    return [
        make_image(parts["generator"], value)
        if isinstance(value, GeneratorInputs)
        else score_image(parts["discriminator"], config, value)
        for value in inputs
    ]


def make_image(generator: PartFunction, inputs: GeneratorInputs) -> dict[str, Any]:
    """Return the image of one row of latents, or a sheet of the images of several."""
    (images,) = generator(*inputs.arrays)
    if len(images) == 1:
        return {"image": images[0]}
    return {"image": sheet(images, math.ceil(math.sqrt(len(images))))}


def read_numbers(item: Any) -> Array | None:
    """Return numbers of shape (n, k), or None if the item is an image."""
    if isinstance(item, str | Path):
        array = read_array(Path(item)) if Path(item).suffix.lower() == ".npy" else None
    else:
        array = np.asarray(item)
    return None if array is None or array.ndim not in (1, 2) else np.atleast_2d(array)


def generator_inputs(config: Config, numbers: Array, name: str) -> tuple[Array, ...]:
    """Return the generator's inputs: the latents, and the classes if the model is conditional.

    Args:
        config: the settings.
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
        return (latents, one_hot) if classes else (latents,)
    if numbers.shape[1] != config.latent_dim:
        more = f", or {config.latent_dim + classes} with the class" if classes else ""
        raise zoo.DataError(
            f"{name}: the model takes {config.latent_dim} latents{more}. "
            f"Received: {numbers.shape[1]} numbers"
        )
    every_class = np.tile(np.eye(classes, dtype=np.float32), (len(numbers), 1))
    return numbers.repeat(classes, 0), every_class


def score_image(discriminator: PartFunction, config: Config, image: Array) -> dict[str, Any]:
    """Return the discriminator's score of an image, and the class with the best score if conditional.

    A score above 0 means real.

    Args:
        discriminator: the part; it may end in a probability.
        config: the settings.
        image: in [0, 1], shape (height, width, channels).

    Raises:
        DataError: the discriminator ends in a probability, and the runtime is not Keras.
    """
    scorer = with_scores(discriminator)
    if not config.conditional:
        (scores,) = scorer(image[None])
        return {"score": float(scores[0, 0])}
    count = len(config.classes)
    (scores,) = scorer(np.repeat(image[None], count, 0), np.eye(count, dtype=np.float32))
    best = int(scores[:, 0].argmax())
    return {"class": config.classes[best], "score": float(scores[best, 0])}


@lru_cache(maxsize=4)
def with_scores(discriminator: PartFunction) -> PartFunction:
    """Return the discriminator up to its score: a probability near 1 tells little of it.

    Raises:
        DataError: it ends in a probability, and the runtime is not Keras.
    """
    if discriminator.outputs != ("probability",):
        return discriminator
    model = getattr(discriminator, "model", None)
    if model is None:
        raise zoo.DataError(
            "The score of an image is not an output of the exported discriminator, which returns a "
            "probability. Leave out --with onnx."
        )
    score = keras.Model(model.input, model.get_layer("probability").input)
    return KerasPart("discriminator", score)
