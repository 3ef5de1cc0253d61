"""Measures: what the images reach, beside noise and beside the examples of a dataset.

    reached       the mean of what each image reaches, undisturbed by transforms
    over_noise    share of images above the best of 64 images of noise
    over_examples share of images above the best test example, where data is named
    dead          channels that neither an image nor noise nor an example moves
    probability   mean probability of the class that is asked for
    flipped       share of images whose class is no longer that of their start
    psnr          of an inversion against the image that it rebuilds, in decibel, for each layer

and, of 30 images at most, what each of them reaches.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops

import zoo
from zoo.data.dataset import has_no_data

from . import objectives
from .canvas import features
from .schedule import windows

NOISES, NAMED, CHUNK = 64, 30, 2000
FINEST = 1e-10  # squared error of what counts as the same image: 100 dB


def evaluate(model: Any, config: Any, data: zoo.Dataset) -> dict[str, float]:
    """Measure the images that a training ended with."""
    images = model.images()
    model.prepare(model.at)
    found = reached(model, images)
    measured = {"reached": float(found.mean())}
    if not model.objective.has(*objectives.REFERRED):
        measured |= beside(model, images, found, data)
    if model.objective.has("class", "adversarial") and one_window(model):
        measured |= believed(model, images)
    if model.objective.has("inversion"):
        measured |= rebuilt(model, images)
    labels = titles(model)
    if len(labels) <= NAMED:
        measured |= {f"reached_{label}": float(v) for label, v in zip(labels, found, strict=True)}
    return measured


def one_window(model: Any) -> bool:
    """Tell whether the network sees each image as a whole."""
    return model.plan.final == model.plan.tile == tuple(model.held.network.shape[:-1])


def reached(model: Any, images: np.ndarray) -> np.ndarray:
    """Give what each image reaches in the mean of its windows, shape (count,)."""
    cut = list(tiles(model, images))
    return np.mean([ops.convert_to_numpy(model.values(tile)) for tile in cut], axis=0)


def tiles(model: Any, images: np.ndarray) -> Iterator[np.ndarray]:
    """Cut images into windows."""
    for begin in windows(images.shape[1:-1], model.plan.tile):
        corner = tuple(slice(b, b + t) for b, t in zip(begin, model.plan.tile, strict=True))
        yield images[(slice(None), *corner)]


def beside(
    model: Any, images: np.ndarray, found: np.ndarray, data: zoo.Dataset
) -> dict[str, float]:
    """Compare with noise, and with the test examples."""
    shape = (NOISES, *model.plan.tile, images.shape[-1])
    chance = np.random.default_rng(0).normal(0, 0.25, shape).astype(np.float32)
    noise = chance + 0.5 if len(shape) > 3 else 4 * chance
    tables = {"noise": table(model, np.clip(noise, 0, 1) if len(shape) > 3 else noise)}
    if not has_no_data(data):
        tables["examples"] = np.concatenate(list(of_examples(model, data)))
    measured = {}
    for name, reaches in tables.items():
        best = np.resize(reaches.max(0), len(found))
        measured[f"over_{name}"] = float((found > best).mean())
        measured[f"{name}_best"] = float(best.mean())
    if model.objective.has("channel", "neuron"):
        still = [np.ptp(reaches, axis=0) == 0 for reaches in tables.values()]
        dead = np.logical_and.reduce([np.resize(each, len(found)) for each in still])
        measured["dead"] = float((dead & (found == 0)).sum())
    return measured


def table(model: Any, images: np.ndarray) -> np.ndarray:
    """Give what other images would reach as each of ours, shape (n, objectives)."""
    return model.objective.table(features(model.held.look, images))


def of_examples(model: Any, data: zoo.Dataset) -> Iterator[np.ndarray]:
    """Give what the test examples would reach, some at a time.

    Raises:
        DataError: the network does not look at examples of their shape.
    """
    wanted = (*model.plan.tile, model.size[-1])
    if data.input_shape != wanted:
        raise zoo.DataError(
            f"{data.name} holds inputs of shape {data.input_shape}, and the network looks at {wanted}."
        )
    for images in data.test.batches(CHUNK):
        yield table(model, images)


def believed(model: Any, images: np.ndarray) -> dict[str, float]:
    """Measure how sure the network is of the class that is asked for, and how many answers changed."""
    scores = model.scores(images)
    measured = {}
    for term, row in zip(model.objective.terms, model.objective.choices, strict=True):
        if term.kind == "class":
            wanted = np.resize([choice.reading for choice in row], len(images))
            sure = probabilities(scores)[np.arange(len(images)), wanted]
            measured |= {"probability": float(sure.mean()), "least_probability": float(sure.min())}
    if model.config.start != "noise":
        before = model.scores(ops.convert_to_numpy(model.start))
        measured["flipped"] = float((before.argmax(-1) != scores.argmax(-1)).mean())
    return measured


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Compute the softmax."""
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def rebuilt(model: Any, images: np.ndarray) -> dict[str, float]:
    """Measure inversions against what they rebuild, layer by layer."""
    target = ops.convert_to_numpy(model.target)
    span = 1.0 if len(model.size) > 2 else max(float(np.ptp(target)), 1e-8)
    ratios: dict[str, list[float]] = {}
    for label, made, original in zip(labels(model), images, target, strict=True):
        error = max(float(np.mean(np.square(made - original))), FINEST * span**2)
        ratios.setdefault(label, []).append(float(10 * np.log10(span**2 / error)))
    return {f"psnr_{label}": float(np.mean(found)) for label, found in ratios.items()}


def labels(model: Any) -> list[str]:
    """Say what each image is of."""
    of = model.objective.labels
    return [of[at % len(of)] for at in range(model.count)]


def titles(model: Any) -> list[str]:
    """The same, with a number where several images are of the same."""
    of = labels(model)
    if len(set(of)) == len(of):
        return of
    return [f"{label} #{at // len(set(of))}" for at, label in enumerate(of)]
