"""Using a novelty detector on the user's files: score, threshold, verdict, and the refined example."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

import zoo
from zoo.data.arrays import Array
from zoo.inference.parts import Parts
from zoo.tasks import reconstruction

from .model import NoveltyGAN


def refiner_in_units(model: NoveltyGAN) -> keras.Model:
    """Return the averaged refiner of examples in the data's unit; its output has the same unit."""
    inputs = keras.Input(model.config.input_shape, name="inputs")
    refined = model.averaged_generator(model.standardise(inputs))
    if model.output_layer is not None:
        refined = model.output_layer(refined)
    else:
        refined = layers.Activation("linear", name="refined")(refined)
    return keras.Model(inputs, refined, name="refiner")


def apply(model: NoveltyGAN, parts: Parts, inputs: Sequence[Array]) -> list[dict[str, Any]]:
    """Return the score, the verdict and the refined version of each of the user's examples.

    Args:
        model: the detector; its threshold is in no part.
        parts: its scorer and its refiner.
        inputs: the examples, without the batch axis.
    """
    threshold = float(model.statistics["threshold"])
    scores, refined = parts["scorer"].each(inputs), parts["refiner"].each(inputs)
    return [
        describe_score(float(score[0]), threshold) | refined_results(example, output)
        for example, (score,), (output,) in zip(inputs, scores, refined, strict=True)
    ]


def describe_score(score: float, threshold: float) -> dict[str, Any]:
    """Return a score with its verdict: scores above the threshold are novel."""
    verdict = "novel" if score > threshold else "normal"
    return {"verdict": verdict, "score": score, "threshold": threshold}


def refined_results(example: Array, refined: Array) -> dict[str, Any]:
    """Return a refined image as a picture; another array as values, and a plot that compares it."""
    if refined.ndim == 3 and refined.shape[-1] in (1, 3):
        return {"refined": refined}
    plot = reconstruction.plot_comparison({"given": example[None], "refined": refined[None]})
    return {"refined": refined.view(zoo.Values), "refined_plot": plot}
