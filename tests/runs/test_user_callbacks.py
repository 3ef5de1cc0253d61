"""Callbacks of the user's in a training: what they see, what they change, and what a resume repeats."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.runs.progress import Progress

MLP: dict[str, Any] = {"units": [4], "epochs": 3, "batch_size": 16, "progress": False}


class Stop(Progress):
    """Press Ctrl-C in the second epoch."""

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.now = epoch

    def step(self, logs: Mapping[str, float]) -> None:
        if self.now == 1:
            raise KeyboardInterrupt


class Measure(keras.callbacks.Callback):
    """Add a number to the logs of each epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["mine"] = float(epoch)


class Fail(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        raise ValueError("no luck")


def halve(epoch: int, rate: float) -> float:
    return rate / 2


def weights(run: zoo.Run) -> list[Any]:
    return zoo.load(run).get_weights()


def test_what_a_callback_adds_is_in_the_history(tiny: Dataset) -> None:
    run = zoo.train("mlp", data=tiny, callbacks=[Measure()], **MLP)
    assert [row["mine"] for row in run.history] == [0, 1, 2]
    (name,) = run.record["callbacks"]
    assert name.endswith("test_user_callbacks.Measure")


def test_a_callback_that_follows_the_epoch_resumes_with_the_same_bits(tiny: Dataset) -> None:
    def schedule() -> list[Any]:
        return [keras.callbacks.LearningRateScheduler(halve)]

    whole = zoo.train("mlp", data=tiny, out="whole", callbacks=schedule(), **MLP)
    stop: dict[str, Any] = MLP | {"progress": Stop()}
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=tiny, out="cut", callbacks=schedule(), **stop)
    again: dict[str, Any] = {"data": tiny, "out": "cut", "resume": True, "progress": False}
    with pytest.raises(zoo.RunError, match=r"started with keras.*LearningRateScheduler; a resumed"):
        zoo.train("mlp", **again)
    resumed = zoo.train("mlp", callbacks=schedule(), **again)
    assert all(map(np.array_equal, weights(whole), weights(resumed)))
    other = zoo.train("mlp", data=tiny, out="other", **MLP)
    assert not all(map(np.array_equal, weights(whole), weights(other)))


def test_a_callback_may_end_the_training(tiny: Dataset) -> None:
    stop = keras.callbacks.EarlyStopping("loss", min_delta=1e9)
    run = zoo.train("mlp", data=tiny, callbacks=[stop], **(MLP | {"epochs": 9}))
    assert (run.state, len(run.history)) == ("finished", 2)


def test_a_callback_that_fails_is_named(tiny: Dataset) -> None:
    with pytest.raises(zoo.TrainingError, match=r"callback Fail failed in on_epoch_begin\(\)"):
        zoo.train("mlp", data=tiny, out="failed", callbacks=[Fail()], **MLP)
    assert zoo.Run.open("failed").state == "failed"


@pytest.mark.parametrize("callbacks", [[print], print, keras.callbacks.Callback()])
def test_what_is_no_list_of_callbacks_is_refused(tiny: Dataset, callbacks: Any) -> None:
    with pytest.raises(zoo.UsageError, match=r"must be a list|Expected keras\.callbacks\.Callback"):
        zoo.train("mlp", data=tiny, callbacks=callbacks, **MLP)
