"""Tiny tasks for the checks: a few digits, and synthetic series, volumes and numbers to predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zoo.config import WithoutData
from zoo.data.arrays import Array
from zoo.data.dataset import Dataset, empty_dataset
from zoo.data.load import open_dataset
from zoo.data.split import Split
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog

EXAMPLES, HELD_OUT = 40, 20
STEPS = 5  # steps of an epoch, where there is no data


@dataclass(frozen=True)
class Task:
    """A name of the catalog or of an architecture, the settings of a short training, and its data."""

    model: str
    settings: Mapping[str, Any]
    data: Dataset


def task_of(name: str) -> Task:
    """Return the task to check a name with.

    A model of the catalog is checked with its own dataset; an architecture with its first model on
    the digits, or with its default settings where it has no such model.

    Raises:
        UnknownName: there is no model and no architecture of that name.
    """
    if name not in registry().names():
        entry = catalog().get(name)
        source = entry.dataset or _default_source(entry.architecture)
        return Task(name, _step_settings(entry.architecture), few_examples(source))
    if _default_source(name) is None:
        return Task(name, _step_settings(name), empty_dataset())
    offline = [entry for entry in catalog().find(f"{name}.*") if entry.dataset == "digits"]
    return Task(offline[0].name if offline else name, {}, few_examples("digits"))


def few_examples(source: str | None) -> Dataset:
    """Return the first examples of a dataset; the empty dataset where there is no source."""
    if source is None:
        return empty_dataset()
    return few_of(open_dataset(source))


def few_of(full: Dataset) -> Dataset:
    """Return the first examples of some data."""
    train, test = full.train.take(slice(EXAMPLES)), full.test.take(slice(HELD_OUT))
    return replace(full, train=train, test=test)


def series() -> Dataset:
    """Return two classes of series, shape (16, 2): a slow and a fast wave in noise."""
    generator = np.random.default_rng(0)
    labels = np.arange(32) % 2
    time = np.linspace(0, 2 * np.pi, 16)[None, :, None]
    waves = np.sin(time * (1 + 2 * labels[:, None, None]) + np.array([0.0, 1.0]))
    return _split_in_half("series", waves + generator.normal(0, 0.1, waves.shape), labels)


def volume() -> Dataset:
    """Return two classes of volumes, shape (8, 8, 8, 1), in [0, 1]: a bright and a dark middle."""
    generator = np.random.default_rng(0)
    labels = np.arange(32) % 2
    inputs = generator.uniform(0, 0.3, (32, 8, 8, 8, 1))
    inputs[labels == 1, 2:6, 2:6, 2:6] += 0.6
    return _split_in_half("volume", inputs, labels)


def regression() -> Dataset:
    """Return inputs of 4 numbers and a linear function of them to predict."""
    inputs = np.random.default_rng(0).normal(size=(32, 4))
    return _split_in_half("regression", inputs, inputs @ np.array([1.0, -2.0, 0.5, 0.0]))


def with_other_test_split(data: Dataset) -> Dataset:
    """Return the data with other test examples: mirrored values under other labels."""
    stored = np.asarray(data.test.stored[:])
    mirrored = (stored.max() - stored + stored.min())[::-1].astype(stored.dtype)
    return replace(data, test=Split(mirrored, shifted_targets(data)))


def shifted_targets(data: Dataset) -> Array | None:
    """Return wrong test targets: the next class for each label, the order reversed for numbers."""
    targets = data.test.targets
    if targets is None:
        return None
    if data.classes is None:
        return targets[::-1].copy()
    return ((targets.astype(np.int64) + 1) % len(data.classes)).astype(targets.dtype)


def _split_in_half(name: str, inputs: Array, targets: Array) -> Dataset:
    half = len(inputs) // 2
    inputs = inputs.astype(np.float32)
    train, test = Split(inputs[:half], targets[:half]), Split(inputs[half:], targets[half:])
    return Dataset(name, train, test, ("even", "odd") if targets.dtype.kind == "i" else None)


def _default_source(architecture: str) -> str | None:
    """Return the dataset of a check where the catalog names none; None without data."""
    return None if _step_settings(architecture) else "digits"


def _step_settings(architecture: str) -> dict[str, Any]:
    """Return the settings that shorten a training without data."""
    without_data = isinstance(registry().get(architecture).defaults(), WithoutData)
    return {"steps_per_epoch": STEPS} if without_data else {}
