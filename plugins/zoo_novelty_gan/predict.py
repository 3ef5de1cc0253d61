"""Using a novelty detector on the user's files: a score, the threshold, a verdict, and what R makes of it."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from zoo.data.inputs import item_name, read_input
from zoo.io.results import Values
from zoo.tasks import reconstruction

from .novelty_score import entered, scorer, seen


def refining(model: Any) -> keras.Model:
    """Make the network from an example to what the averaged refiner makes of it, in the same unit."""
    inputs = keras.Input(model.config.input_shape, name="inputs")
    refined = model.averaged_generator(entered(inputs, model))
    if model.config.standardises:
        refined = model.exit(refined)
    else:
        refined = layers.Activation("linear", name="refined")(refined)
    return keras.Model(inputs, refined, name="refiner")


def apply(model: Any, config: Any, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Score the user's files, and say which are novel.

    Raises:
        DataError: an item cannot be read, or has another shape than the model takes.
    """
    networks = scorer(model), refining(model)
    threshold = float(model.statistics["threshold"])
    return [answer(networks, threshold, config, item) for item in items]


def answer(networks: Any, threshold: float, config: Any, item: Any) -> dict[str, Any]:
    """Score one item."""
    given = read_input(item, tuple(config.input_shape))
    score, refined = (seen(network, given[None])[0] for network in networks)
    found = {
        "item": item_name(item),
        "verdict": verdict(float(score[0]), threshold),
        "score": float(score[0]),
        "threshold": threshold,
    }
    return found | pictured(given, refined)


def verdict(score: float, threshold: float) -> str:
    """Say what a score means."""
    return "novel" if score > threshold else "normal"


def pictured(given: np.ndarray, refined: np.ndarray) -> dict[str, Any]:
    """Give what was refined: an image as a picture, another array with a picture of it over the given."""
    if refined.ndim == 3 and refined.shape[-1] in (1, 3):
        return {"refined": refined}
    drawn = reconstruction.plot_comparison({"given": given[None], "refined": refined[None]})
    return {"refined": refined.view(Values), "refined_drawn": drawn}
