"""Weights of classes: balanced ones by count, and their effect on the loss of a training."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import zoo
from zoo.data.class_weights import balanced_weights, weigh_examples
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.tasks.classification import ClassifierConfig


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.array([0] * 6 + [1] * 3 + [2])
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert_allclose(balanced_weights(labels, 3), theirs, rtol=1e-6)
    assert_allclose(balanced_weights(labels, 4), [*theirs, 1.0], rtol=1e-6)


def unequal(classes: tuple[str, ...] = ("common", "rare")) -> Dataset:
    """Two overlapping classes, nine examples of the first for each of the second."""
    generator = np.random.default_rng(0)
    labels = (np.arange(200) % 10 == 0).astype(int)
    inputs = (generator.normal(size=(200, 2)) + labels[:, None]).astype(np.float32)
    return Dataset("unequal", Split(inputs, labels), Split(inputs, labels), classes)


def test_the_training_part_alone_is_counted() -> None:
    config = ClassifierConfig(class_weight="balanced", validation=0.5)
    data = unequal()
    example = weigh_examples(config, data)
    assert example is not None
    weights = np.asarray(example(np.zeros((2, 2)), np.array([0, 1]))[2])
    labels = np.asarray(data.train_validation_split(config)[0].targets)
    assert_allclose(weights, balanced_weights(labels, 2))
    assert weigh_examples(config.replace(class_weight=None), data) is None


def test_the_rare_class_is_found_more_often(register: Callable[..., Any]) -> None:
    register(preview=None)
    settings = {"units": [8], "epochs": 10, "batch_size": 50, "learning_rate": 0.05}
    data = unequal()
    plain = zoo.train("stranger", data=data, out="plain", **settings)
    settings |= {"class_weight": [5 / 9, 5.0]}  # what `balanced` is here
    weighted = zoo.train("stranger", data=data, out="weighted", **settings)
    assert_allclose(balanced_weights(np.asarray(data.train.targets), 2), [5 / 9, 5.0], rtol=1e-6)
    assert weighted.metrics["recall_rare"] > plain.metrics["recall_rare"] + 0.2


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(zoo.SettingError, match=r"Expected: 2 numbers\. Received: 3"):
        zoo.train("mlp", data=unequal(), class_weight=[1, 2, 3])
    with pytest.raises(zoo.SettingError, match="task=regression predicts numbers"):
        zoo.train("mlp.diabetes", class_weight="balanced")
    with pytest.raises(zoo.SettingError, match="class_weight"):
        zoo.train("mlp", data=unequal(), class_weight=[1, -1])
