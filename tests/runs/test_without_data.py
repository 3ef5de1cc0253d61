"""Architectures that learn from no examples: fed with the numbers of their steps, and pinned."""

import numpy as np
import pytest

import zoo
from zoo.config import WithoutData
from zoo.data.dataset import empty_dataset, has_no_data
from zoo.runs.recipe import resolve_with_data


def test_the_feed_counts_steps_from_the_epoch_on_that_it_resumes() -> None:
    config = WithoutData(epochs=3, steps_per_epoch=4)
    feed = empty_dataset().at(7, epoch=1).fit_arguments(config)
    steps = [batch.numpy().tolist() for batch in feed["x"].take(3)]
    assert steps == [[4], [5], [6]]
    assert (feed["steps_per_epoch"], feed["epochs"], feed["initial_epoch"]) == (4, 3, 1)


def test_no_data_is_the_same_data_everywhere() -> None:
    assert has_no_data(empty_dataset())
    assert empty_dataset().fingerprint == empty_dataset().fingerprint
    one = zoo.Split(np.zeros((1, 1), np.float32))
    assert not has_no_data(zoo.Dataset("mine", one, one))


def test_a_config_is_pinned_when_a_training_begins_and_not_before() -> None:
    chosen = resolve_with_data("cnn-vis", {})
    assert has_no_data(chosen.load_data())
    assert chosen.config.network_digest
    assert chosen.architecture.defaults().network_digest is None


def test_other_architectures_still_need_data() -> None:
    with pytest.raises(zoo.UsageError, match="mlp needs data"):
        resolve_with_data("mlp", {})
    with pytest.raises(zoo.UnknownName, match="steps_per_epoch"):
        resolve_with_data("mlp.digits", {"steps_per_epoch": 3})
