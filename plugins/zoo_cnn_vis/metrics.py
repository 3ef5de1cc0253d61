"""The metrics of the images, beside noise and beside the examples of a dataset.

    reached       the mean of the objective over the images, without transforms
    over_noise    share of images above the best of 64 images of noise
    over_examples share of images above the best test example, if data is named
    dead          channels that respond neither to an image nor to noise nor to an example
    probability   mean probability of the class that the objective names
    flipped       share of images whose class is no longer that of their start
    psnr          of an inversion against the image that it reconstructs, in decibel, for each layer

and the objective of each image, if there are at most 30.
"""

from collections.abc import Iterator

import numpy as np
from keras import ops

import zoo
from zoo.data.arrays import Array
from zoo.tasks import reconstruction

from .canvas import Canvas
from .config import Config
from .objectives import REFERENCE_KINDS
from .schedule import window_corners, window_slices
from .stage import Stage
from .visualized_network import batched_features

NOISE_IMAGES, MOST_NAMED, CHUNK = 64, 30, 2000


def evaluate(model: Canvas, config: Config, data: zoo.Dataset) -> dict[str, float]:
    """Return the metrics of the images that a training ended with."""
    images = model.images()
    values = objective_values(model, images, model.current_stage())
    results = {"reached": float(values.mean())}
    if not model.objective.has(*REFERENCE_KINDS):
        results |= comparison_metrics(model, images, values, data)
    if model.objective.has("class", "adversarial") and has_whole_windows(model):
        results |= class_metrics(model, images)
    if model.objective.has("inversion"):
        results |= inversion_metrics(model, images)
    names = image_titles(model)
    if len(names) <= MOST_NAMED:
        results |= {f"reached_{name}": float(v) for name, v in zip(names, values, strict=True)}
    return results


def has_whole_windows(model: Canvas) -> bool:
    """Return whether the network sees each image as a whole."""
    own = model.visualized.network.shape[:-1]
    return model.schedule.final == model.schedule.tile == tuple(own)


def objective_values(model: Canvas, images: Array, stage: Stage) -> Array:
    """Return the objective of each image, as the mean over all its windows, shape (count,).

    Args:
        model: the canvas.
        images: images of any of its sizes, shape (count, ..., channels).
        stage: whose references the images are compared with.
    """
    values = [
        ops.convert_to_numpy(model.values(tile, stage.references))
        for tile in cut_windows(images, model.schedule.tile)
    ]
    mean: Array = np.mean(values, axis=0)
    return mean


def cut_windows(images: Array, tile: tuple[int, ...]) -> Iterator[Array]:
    """Yield each window of images, shape (count, *tile, channels)."""
    for corner in window_corners(images.shape[1:-1], tile):
        yield images[(slice(None), *window_slices(corner, tile))]


def comparison_metrics(
    model: Canvas, images: Array, values: Array, data: zoo.Dataset
) -> dict[str, float]:
    """Return the metrics that compare the images with noise and with the test examples.

    Args:
        model: the canvas.
        images: its images.
        values: the objective of each image.
        data: the dataset whose test examples are compared, or none.
    """
    tables = {"noise": objective_table(model, noise_images(model))}
    if not zoo.has_no_data(data):
        tables["examples"] = np.concatenate(list(example_tables(model, data)))
    results = {}
    for name, table in tables.items():
        best = np.resize(table.max(0), len(values))
        results[f"over_{name}"] = float((values > best).mean())
        results[f"{name}_best"] = float(best.mean())
    if model.objective.has("channel", "neuron"):
        constant = [np.ptp(table, axis=0) == 0 for table in tables.values()]
        dead = np.logical_and.reduce([np.resize(each, len(values)) for each in constant])
        results["dead"] = float((dead & (values == 0)).sum())
    return results


def noise_images(model: Canvas) -> Array:
    """Return images of noise of a window's size: around grey, or of standard deviation 1 for series."""
    shape = (NOISE_IMAGES, *model.schedule.tile, model.image_shape[-1])
    noise = np.random.default_rng(0).normal(0, 0.25, shape).astype(np.float32)
    return np.clip(noise + 0.5, 0, 1) if model.is_bounded else 4 * noise


def objective_table(model: Canvas, images: Array) -> Array:
    """Return the objective of each of our images, computed for other images, shape (n, objectives)."""
    return model.objective.table(batched_features(model.visualized.features, images))


def example_tables(model: Canvas, data: zoo.Dataset) -> Iterator[Array]:
    """Yield the tables of the test examples, a chunk at a time.

    Raises:
        DataError: the examples do not have the shape of a window.
    """
    shape = (*model.schedule.tile, model.image_shape[-1])
    if data.input_shape != shape:
        raise zoo.DataError(
            f"{data.name} holds inputs of shape {data.input_shape}, and the network looks at {shape}."
        )
    for images in data.test.batches(CHUNK):
        yield objective_table(model, images)


def class_metrics(model: Canvas, images: Array) -> dict[str, float]:
    """Return the probability of the class that the objective names, and the share of changed classes."""
    scores = model.visualized.network.class_scores(images)
    results = {}
    for term, row in zip(model.objective.terms, model.objective.choices, strict=True):
        if term.kind == "class":
            classes = np.resize([choice.reading for choice in row], len(images))
            probability = softmax(scores)[np.arange(len(images)), classes]
            results["probability"] = float(probability.mean())
            results["least_probability"] = float(probability.min())
    if model.config.start != "noise":
        before = model.visualized.network.class_scores(ops.convert_to_numpy(model.start))
        results["flipped"] = float((before.argmax(-1) != scores.argmax(-1)).mean())
    return results


def softmax(scores: Array) -> Array:
    """Return the softmax of scores of shape (n, classes)."""
    exponentials: Array = np.exp(scores - scores.max(-1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(-1, keepdims=True)
    return probabilities


def inversion_metrics(model: Canvas, images: Array) -> dict[str, float]:
    """Return the PSNR of inversions against their targets, for each layer."""
    target = ops.convert_to_numpy(model.target)
    span = 1.0 if model.is_bounded else max(float(np.ptp(target)), 1e-8)
    values = ops.convert_to_numpy(reconstruction.psnr_per_example(target, images, span))
    ratios: dict[str, list[float]] = {}
    for label, value in zip(image_labels(model), values, strict=True):
        ratios.setdefault(label, []).append(float(value))
    return {f"psnr_{label}": float(np.mean(each)) for label, each in ratios.items()}


def image_labels(model: Canvas) -> list[str]:
    """Return what each image shows."""
    labels = model.objective.labels
    return [labels[image % len(labels)] for image in range(model.count)]


def image_titles(model: Canvas) -> list[str]:
    """Return the label of each image, with a number if several images show the same."""
    labels = image_labels(model)
    different = len(set(labels))
    if different == len(labels):
        return labels
    return [f"{label} #{image // different}" for image, label in enumerate(labels)]
