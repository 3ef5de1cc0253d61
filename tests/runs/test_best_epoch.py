"""Early stopping and the best epoch: what is kept, and the same bits when a training is resumed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import zoo
from zoo.config import Config
from zoo.data.dataset import Dataset
from zoo.io.safe_load import read_arrays
from zoo.runs.callbacks.best_epoch import best_epoch, is_over
from zoo.runs.progress import Progress

ROOT = Path(__file__).parents[2]

# a rate at which the validation soon gets worse
OVERFIT: dict[str, Any] = {
    "units": [16],
    "epochs": 40,
    "batch_size": 12,
    "learning_rate": 0.1,
    "dropout": 0.2,
    "validation": 0.25,
    "early_stopping": 2,
    "best_epoch": True,
}
Register = Callable[..., Any]


class Stopped(Progress):
    """Press Ctrl-C in the first step of an epoch, counted from 0."""

    def __init__(self, epoch: int) -> None:
        self.epoch_to_stop = epoch

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        self.now = epoch

    def step(self, logs: Any) -> None:
        if self.now == self.epoch_to_stop:
            raise KeyboardInterrupt


def weights(run: zoo.Run) -> list[Any]:
    return zoo.load(run).get_weights()


def assert_same_bits(one: zoo.Run, other: zoo.Run) -> None:
    for a, b in zip(weights(one), weights(other), strict=True):
        assert_array_equal(a, b)


@pytest.fixture(autouse=True)
def without_pictures(register: Register) -> None:
    """Train `stranger`, a perceptron without measures and pictures: both take longer than the training."""
    register(evaluate=None, preview=None)


@pytest.fixture
def stopped(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> zoo.Run:
    """Return a training that ended early; it is trained once, do not change it."""
    out = tmp_path_factory.getbasetemp() / "stopped-early"
    if out.exists():
        return zoo.Run(out)
    return zoo.train("stranger", data=tiny, out=out, **OVERFIT)


def test_the_best_epoch_is_the_first_of_the_best_and_a_measure_knows_its_direction() -> None:
    losses = [{"val_loss": each} for each in (3.0, 2.0, float("nan"), 2.0, 2.5)]
    assert best_epoch(losses, "val_loss") == 2
    assert best_epoch(losses[:0], "val_loss") == 0
    accuracies = [{"val_accuracy": each} for each in (0.5, 0.9, 0.8)]
    assert best_epoch(accuracies, "val_accuracy") == 2
    assert best_epoch([{"val_top_accuracy": each} for each in (0.1, 0.2)], "val_top_accuracy") == 2
    config = Config(validation=0.1, early_stopping=3)
    assert [is_over(losses[:count], config) for count in range(6)] == [*[False] * 5, True]
    assert not is_over(losses, config.replace(early_stopping=0))


def test_training_stops_and_keeps_the_weights_of_the_best_epoch(
    stopped: zoo.Run, tiny: Dataset
) -> None:
    best = best_epoch(stopped.history, "val_loss")
    assert best > 1
    assert len(stopped.history) == best + 2 < 40
    assert stopped.record["best_epoch"] == best
    watched = tiny.at(0).train_validation_split(Config(validation=0.25))[1]
    probabilities = zoo.load(stopped).predict(watched.inputs, verbose=0)
    chosen = probabilities[np.arange(len(watched)), watched.targets]
    assert -np.log(chosen).mean() == pytest.approx(stopped.history[best - 1]["val_loss"], rel=1e-4)


def test_without_best_epoch_the_last_epochs_weights_are_kept(
    stopped: zoo.Run, tiny: Dataset
) -> None:
    last = zoo.train("stranger", data=tiny, out="last", **OVERFIT | {"best_epoch": False})
    assert [row["val_loss"] for row in last.history] == [r["val_loss"] for r in stopped.history]
    assert "best_epoch" not in last.record
    assert not np.array_equal(weights(last)[0], weights(stopped)[0])


def test_a_resumed_training_stops_at_the_same_epoch_with_the_same_bits(
    stopped: zoo.Run, tiny: Dataset
) -> None:
    after_the_best = best_epoch(stopped.history, "val_loss") + 1
    with pytest.raises(KeyboardInterrupt):
        zoo.train("stranger", data=tiny, out="cut", progress=Stopped(after_the_best), **OVERFIT)
    resumed = zoo.train("stranger", data=tiny, out="cut", resume=True)
    assert len(resumed.history) == len(stopped.history)
    assert resumed.record["best_epoch"] == stopped.record["best_epoch"]
    assert_same_bits(stopped, resumed)


def test_stopped_between_the_last_epoch_and_the_weights_no_epoch_is_added(
    stopped: zoo.Run, tiny: Dataset
) -> None:
    shutil.copytree(stopped.path, "copy")
    cut = zoo.Run.open("copy")
    cut.weights.unlink()
    cut.update(state="interrupted")
    again = zoo.train("stranger", data=tiny, out="copy", resume=True)
    assert len(again.history) == len(stopped.history)
    assert_same_bits(stopped, again)


def test_averaged_weights_are_those_that_are_kept(tiny: Dataset) -> None:
    settings = OVERFIT | {"ema": 0.9, "epochs": 4, "early_stopping": 0}
    run = zoo.train("stranger", data=tiny, out="averaged", **settings)
    best = best_epoch(run.history, "val_loss")
    watched = tiny.at(0).train_validation_split(Config(validation=0.25))[1]
    probabilities = zoo.load(run).predict(watched.inputs, verbose=0)
    chosen = probabilities[np.arange(len(watched)), watched.targets]
    assert -np.log(chosen).mean() == pytest.approx(run.history[best - 1]["val_loss"], rel=1e-4)
    assert any(name.startswith("best_") for name in read_arrays(run.checkpoint))


def test_settings_that_cannot_work_are_refused_before_training(tiny: Dataset) -> None:
    with pytest.raises(zoo.SettingError, match=r"early_stopping follows .* validation=0\.1"):
        zoo.train("stranger", data=tiny, early_stopping=2, validation=0.0)
    with pytest.raises(zoo.SettingError, match="monitor"):
        zoo.train("stranger", data=tiny, validation=0.2, best_epoch=True, monitor="loss")
    with pytest.raises(zoo.SettingError, match="loss of a GAN does not say"):
        zoo.train("dcgan.digits", validation=0.2, best_epoch=True)
    settings = {"units": [4], "epochs": 2, "validation": 0.2, "best_epoch": True}
    with pytest.raises(zoo.SettingError, match=r"monitor=val_acuracy: .*val_accuracy"):
        zoo.train("stranger", data=tiny, monitor="val_acuracy", **settings)


def test_on_jax_it_stops_and_resumes_with_the_same_bits() -> None:
    code = f"""
import numpy as np, zoo
from tests.conftest import plugin
from zoo.data.dataset import Dataset
from zoo.registry.architectures import registry
from zoo.runs.callbacks.best_epoch import best_epoch
from zoo.runs.progress import Progress
registry().register(plugin(evaluate=None, preview=None), "stranger")
full = zoo.open_dataset("digits")
data = Dataset("tiny", full.train.take(slice(48)), full.test.take(slice(24)), full.classes)
settings = {OVERFIT | {"ema": 0.5, "class_weight": "balanced"}!r}
class Stopped(Progress):
    def start(self, epochs, steps, epoch):
        if epoch == cut:
            raise KeyboardInterrupt
whole = zoo.train("stranger", data=data, out="whole", **settings)
cut = best_epoch(whole.history, "val_loss") + 1
try:
    zoo.train("stranger", data=data, out="cut", progress=Stopped(), **settings)
except KeyboardInterrupt:
    resumed = zoo.train("stranger", data=data, out="cut", resume=True)
pairs = zip(zoo.load(whole).get_weights(), zoo.load(resumed).get_weights(), strict=True)
print(len(whole.history), len(resumed.history), cut + 1, all(np.array_equal(a, b) for a, b in pairs))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    whole, resumed, expected, same = done.stdout.splitlines()[-1].split()
    assert whole == resumed == expected
    assert same == "True"
