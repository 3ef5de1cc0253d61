"""Using a novelty detector on the user's files: score, threshold, verdict, and the refined example."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

import zoo
from zoo.data.arrays import Array
from zoo.data.inputs import item_name, read_input
from zoo.tasks import reconstruction

from .config import Config
from .model import NoveltyGAN
from .novelty_score import predict_array, scorer


def refiner_in_units(model: NoveltyGAN) -> keras.Model:
    """Return the averaged refiner of examples in the data's unit; its output has the same unit."""
    inputs = keras.Input(model.config.input_shape, name="inputs")
    refined = model.averaged_generator(model.standardise(inputs))
    if model.output_layer is not None:
        refined = model.output_layer(refined)
    else:
        refined = layers.Activation("linear", name="refined")(refined)
    return keras.Model(inputs, refined, name="refiner")


def apply(model: NoveltyGAN, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Score the user's files, and say which are novel.

    Raises:
        DataError: an item cannot be read, or has another shape than the model takes.
    """
    networks = scorer(model), refiner_in_units(model)
    threshold = float(model.statistics["threshold"])
    return [score_item(networks, threshold, config, item) for item in items]


def score_item(
    networks: tuple[keras.Model, keras.Model], threshold: float, config: Config, item: Any
) -> dict[str, Any]:
    """Return the score, the verdict and the refined version of one item.

    Args:
        networks: the scorer and the refiner.
        threshold: scores above it are novel.
        config: `input_shape` is read.
        item: a file or an array.

    Raises:
        DataError: the item cannot be read, or has another shape.
    """
    example = read_input(item, config.input_shape)
    score, refined = (predict_array(network, example[None])[0] for network in networks)
    number = float(score[0])
    return {
        "item": item_name(item),
        "verdict": "novel" if number > threshold else "normal",
        "score": number,
        "threshold": threshold,
    } | refined_results(example, refined)


def refined_results(example: Array, refined: Array) -> dict[str, Any]:
    """Return a refined image as a picture; another array as values, and a plot that compares it."""
    if refined.ndim == 3 and refined.shape[-1] in (1, 3):
        return {"refined": refined}
    plot = reconstruction.plot_comparison({"given": example[None], "refined": refined[None]})
    return {"refined": refined.view(zoo.Values), "refined_plot": plot}
