"""A step on random batches leaves no trace in the model, and does not touch the batches."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.compute import step_trial
from zoo.data.dataset import Dataset
from zoo.data.pipeline import step_numbers


def test_random_batches_are_like_the_trainings_own(tiny: Dataset) -> None:
    config = zoo.Config(batch_size=8)
    own = iter(tiny.fit_arguments(config, lambda x, y: {"image": x, "label": y})["x"])
    random = step_trial.random_batches(own)
    assert random.element_spec == own.element_spec
    batch = next(random)
    assert batch["image"].shape == (8, 8, 8, 1)
    assert 0 <= float(tf.reduce_min(batch["image"])) < float(tf.reduce_max(batch["image"])) < 1
    assert int(tf.reduce_max(batch["label"])) == 0


def test_the_numbers_of_steps_are_imitated() -> None:
    random = step_trial.random_batches(iter(step_numbers(7)))
    assert next(random).numpy().tolist() == [0]


@pytest.mark.parametrize(
    "batches",
    [
        tf.data.Dataset.from_tensor_slices(["a", "b"]),
        tf.data.Dataset.from_tensor_slices(np.zeros((5, 2), np.float32)).batch(2),
        [np.zeros((5, 2))],
    ],
    ids=["text", "a last batch that is smaller", "no tf.data"],
)
def test_other_batches_are_not_imitated(batches: Any) -> None:
    assert step_trial.random_batches(iter(batches)) is None


def test_a_step_leaves_no_trace() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.BatchNormalization()]
        + [keras.layers.Dropout(0.5)]
    )
    model.compile("adam", "mse", metrics=["mae"])
    x = np.ones((8, 4), np.float32)
    model.fit(x, x[:, :3], batch_size=8, verbose=0)
    variables = [*model.variables, *model.optimizer.variables]
    before = [np.array(variable.value) for variable in variables]
    batches = iter(tf.data.Dataset.from_tensors((x, x[:, :3])).repeat())
    model.reset_metrics()
    with step_trial.restore_variables(model):
        assert step_trial.call_seconds(model.train_function, batches, 3) > 0
        changed = [not np.array_equal(a, b.value) for a, b in zip(before, variables, strict=True)]
        assert sum(changed) > 8  # weights, statistics, moments, seeds, the count of steps
    for old, variable in zip(before, variables, strict=True):
        assert np.array_equal(old, variable.value), variable.path
    assert model.get_metrics_result()["loss"] == 0


def test_functions_are_timed_in_turns() -> None:
    calls: list[str] = []
    times = step_trial.compare_seconds(
        lambda _: calls.append("a") or {}, lambda _: calls.append("b") or {}, None, 2
    )
    assert "".join(calls) == "aabb" * 3
    assert all(seconds >= 0 for seconds in times)


@pytest.mark.parametrize(("seconds", "calls"), [(1e-6, 20), (0.1, 3), (9.0, 1)])
def test_a_fast_step_is_repeated(seconds: float, calls: int) -> None:
    assert step_trial.repeats(seconds) == calls
