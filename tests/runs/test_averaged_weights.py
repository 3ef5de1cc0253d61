"""Averaged weights: what is validated, saved and exported, and exact when a training is resumed."""

import os
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import zoo
from zoo.data.dataset import Dataset
from zoo.io.safe_load import read_arrays
from zoo.runs.callbacks.averaged_weights import ValidateAveragedWeights
from zoo.runs.progress import Progress
from zoo.tasks.optimizers import optimizer

AVERAGED: dict[str, Any] = {
    "filters": [4],
    "convolutions": 1,
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 0.05,
    "schedule": "constant",
    "validation": 0.25,
    "ema": 0.9,
}


class Stopped(Progress):
    """Press Ctrl-C in the first step of the third epoch."""

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.now = epoch

    def step(self, logs: Any) -> None:
        if self.now == 2:
            raise KeyboardInterrupt


def weights(run: zoo.Run) -> list[Any]:
    return zoo.load(run).get_weights()


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_a_resumed_training_ends_with_the_same_bits(tiny: Dataset, precision: str) -> None:
    settings = AVERAGED | {"precision": precision}
    whole = zoo.train("cnn", data=tiny, out="whole", **settings)
    with pytest.raises(KeyboardInterrupt):
        zoo.train("cnn", data=tiny, out="cut", progress=Stopped(), **settings)
    resumed = zoo.train("cnn", data=tiny, out="cut", resume=True)
    for one, other in zip(weights(whole), weights(resumed), strict=True):
        assert_array_equal(one, other)
    assert [row["val_loss"] for row in whole.history] == [
        row["val_loss"] for row in resumed.history
    ]


def test_stopped_after_the_last_epoch_the_averages_are_still_what_is_saved(tiny: Dataset) -> None:
    run = zoo.train("cnn", data=tiny, out="run", **AVERAGED)
    before = weights(run)
    run.weights.unlink()
    run.update(state="interrupted")
    for one, other in zip(
        before, weights(zoo.train("cnn", data=tiny, out="run", resume=True)), strict=True
    ):
        assert_array_equal(one, other)


def test_the_averages_are_saved_and_not_the_last_steps_weights(tiny: Dataset) -> None:
    run = zoo.train("cnn", data=tiny, out="run", **AVERAGED)
    model = zoo.load(run)
    held = list(read_arrays(run.checkpoint).values())
    for variable in model.trainable_variables:
        value = np.array(variable.value)
        alike = [array for array in held if array.shape == value.shape]
        assert any(np.array_equal(value, array) for array in alike)  # the optimizer's average
        assert not np.array_equal(value, alike[0])  # the model's own of the last step


def test_the_last_validation_is_of_the_weights_that_are_saved(tiny: Dataset) -> None:
    settings = AVERAGED | {"normalization": "none"}
    run = zoo.train("cnn", data=tiny, out="run", **settings)
    watched = tiny.fit_arguments(zoo.Config(validation=0.25))["validation_data"]
    inputs, labels = (
        np.concatenate(part) for part in zip(*watched.as_numpy_iterator(), strict=True)
    )
    said = zoo.load(run).predict(inputs, verbose=0).argmax(-1)
    assert run.history[-1]["val_accuracy"] == pytest.approx((said == labels).mean())


def test_validation_changes_no_bit_of_the_training(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    swapped = zoo.train("cnn", data=tiny, out="swapped", **AVERAGED)
    monkeypatch.setattr(ValidateAveragedWeights, "on_test_begin", lambda self, logs=None: None)
    plain = zoo.train("cnn", data=tiny, out="plain", **AVERAGED)
    for one, other in zip(weights(swapped), weights(plain), strict=True):
        assert_array_equal(one, other)
    assert swapped.history[0]["loss"] == plain.history[0]["loss"]
    assert swapped.history[0]["val_loss"] != plain.history[0]["val_loss"]


def test_an_average_forgets_the_first_weights_in_a_short_training() -> None:
    made = optimizer("sgd", 1.0, ema=0.999)
    weight = keras.Variable(0.0)
    made.build([weight])
    expected, values = 0.0, []
    for step in range(50):
        made.apply([keras.ops.convert_to_tensor(-1.0)])
        share = min(0.999, (1 + step) / (10 + step)) if step else 0.0
        expected = share * expected + (1 - share) * float(weight.value)
        values.append(float(weight.value))
    made.finalize_variable_values([weight])
    assert_allclose(float(weight.value), expected, rtol=1e-4)
    assert values[40] < float(weight.value) < values[-1]


def test_it_trains_on_jax() -> None:
    code = (
        "import zoo, numpy as np\n"
        "from zoo.data.dataset import Dataset\n"
        "full = zoo.open_dataset('digits')\n"
        "data = Dataset('tiny', full.train.take(slice(48)), full.test.take(slice(24)), full.classes)\n"
        f"run = zoo.train('cnn', data=data, out='run', **{AVERAGED!r})\n"
        "print(run.state)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert said.stdout.splitlines()[-1:] == ["finished"], said.stderr[-2000:]
