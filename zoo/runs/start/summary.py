"""What a training starts with: `data: 160 images, 4 classes`, `model: 66,218 parameters; CPU, 2 threads`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

import numpy as np

from zoo.compute.kernels import NAMES, compute_in_force
from zoo.data.arrays import format_shape, is_picture
from zoo.data.dataset import Dataset, has_no_data

__all__ = ["announce_data", "describe_compute", "describe_data", "log_start"]

MOST_NAMES = 5  # of classes
DARK = 0.2  # the brightest pixel of images that are nearly black
_NOUNS = {1: "rows of numbers", 2: "series", 3: "arrays", 4: "volumes"}
_log = logging.getLogger("zoo")
_announced: WeakSet[Dataset] = WeakSet()


def announce_data(data: Dataset) -> None:
    """Print what data holds, once for each dataset."""
    if not has_no_data(data) and data not in _announced:
        _announced.add(data)
        _log.info("data: %s", describe_data(data))
        if absent := _classes_without_test(data):
            _log.warning("Warning: no held-out example is of the class %s.", ", ".join(absent))
        if absent := _classes_without_examples(data):
            _log.warning("Warning: no training example is of the class %s.", ", ".join(absent))
        _warn_of_dark_images(data)


def describe_data(data: Dataset) -> str:
    """Return how many examples of what kind there are, their classes, and what was done to them.

    Example:
        >>> describe_data(zoo.open_dataset("digits"))
        '1,797 images, 10 classes; 1,437 to train on, 360 held out; (8, 8, 1)'
    """
    train, test = len(data.train), 0 if data.test is data.train else len(data.test)
    shape = data.input_shape
    noun = "images" if is_picture(shape) else _NOUNS.get(len(shape), "examples")
    facts = [f"{train + test:,} {noun}, {_describe_targets(data)}"]
    if test:
        facts.append(f"{train:,} to train on, {test:,} held out")
    resized = data.preprocessing.partition(", uint8")[0]
    facts.append(resized if " to " in resized else format_shape(shape))
    return "; ".join(facts)


def _classes_without_test(data: Dataset) -> list[str]:
    """Return the first classes that have training examples, and no test example of their own."""
    if data.classes is None or data.train.targets is None or data.test.targets is None:
        return []
    held_out = set(np.unique(data.test.targets).tolist())
    trained = np.unique(data.train.targets).tolist()
    return [data.classes[int(label)] for label in trained if label not in held_out][:MOST_NAMES]


def _classes_without_examples(data: Dataset) -> list[str]:
    """Return the first classes that have no training example, such as 0 where labels begin at 1."""
    if data.classes is None or data.train.targets is None or data.train.targets.ndim != 1:
        return []
    known = set(np.unique(data.train.targets).tolist())
    return [name for at, name in enumerate(data.classes) if at not in known][:MOST_NAMES]


def _warn_of_dark_images(data: Dataset) -> None:
    """Warn of images in memory without a bright pixel: those of 12 bits in files of 16 bits are dark."""
    stored = data.train.stored
    if not is_picture(data.input_shape) or not isinstance(stored, np.ndarray) or not stored.size:
        return
    top = float(stored.max()) / (255 if stored.dtype == np.uint8 else 1)
    if top < DARK:
        _log.warning(
            "Warning: the images are nearly black: their brightest pixel is %.3g, and white is 1. Multiply "
            "the pixels of images of 12 bits in files of 16 bits by 16.",
            top,
        )


def _describe_targets(data: Dataset) -> str:
    if data.classes is not None:
        return f"{len(data.classes):,} class{'es' * (len(data.classes) != 1)}"
    if data.outputs is None:
        return "no labels"
    return f"{data.outputs:,} number{'s' * (data.outputs != 1)} to predict"


def describe_compute(compute: Mapping[str, Any]) -> str:
    """Return what computes: `CPU, 2 threads, oneDNN`, or `NVIDIA H100, JAX`.

    Args:
        compute: what `zoo.compute.kernels.compute_in_force` returns.
    """
    threads = int(compute["threads"])
    words = [str(compute.get("device", "CPU")), f"{threads} thread{'s' * (threads != 1)}"]
    if compute["backend"] != "tensorflow":
        words.append(NAMES.get(str(compute["backend"]), str(compute["backend"])))
    return ", ".join(words + ["oneDNN"] * bool(compute.get("onednn")))


def log_start(data: Dataset, parameters: int | None, is_in_memory: bool) -> None:
    """Print what a training starts with, and what a run on data in memory needs later.

    Args:
        data: its data.
        parameters: of the model; None if they cannot be counted.
        is_in_memory: whether no file holds the data.
    """
    announce_data(data)
    facts = [] if parameters is None else [f"{parameters:,} parameters"]
    _log.info("model: %s", "; ".join([*facts, describe_compute(compute_in_force())]))
    if is_in_memory and not has_no_data(data):
        _log.info(
            "The data is in memory, and no file holds it: to resume or to measure this run, give it again "
            "(data=...)."
        )
