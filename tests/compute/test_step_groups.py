"""Several steps in one call: the same bits, who decides, and who is left alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import zoo_mlp

import zoo
from tests.compute.test_xla import CNN, assert_same, measured, numbers, train_with
from zoo.compute import step_groups
from zoo.data.dataset import Dataset
from zoo.errors import TrainingError
from zoo.registry.architectures import registry
from zoo.runs.progress import Progress
from zoo.testing import Subject

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="only TensorFlow makes its steps in groups"
)
GAN: dict[str, Any] = {
    **{"epochs": 2, "batch_size": 8, "generator_filters": [4, 4], "latent_dim": 3, "seed": 3},
    **{"discriminator_filters": [4, 4], "spectral_norm": True},
}


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Make every training try so many steps in a call, and find them faster."""

    def make_groups(count: int) -> None:
        monkeypatch.setattr(step_groups, "LONG_SECONDS", 0.0)
        monkeypatch.setattr(step_groups, "CALL_SECONDS", 1e9)
        monkeypatch.setattr(step_groups, "MOST_STEPS", count)
        monkeypatch.setattr(step_groups.step_trial, "compare_seconds", lambda *_: (2.0, 1.0))

    return make_groups


def count_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets an entry for each call that makes several steps."""
    calls: list[int] = []
    make = step_groups.StepGroups._several_steps

    def make_and_count(groups: Any, count: int) -> Any:
        function = make(groups, count)
        return lambda batches: (calls.append(count), function(batches))[1]

    monkeypatch.setattr(step_groups.StepGroups, "_several_steps", make_and_count)
    return calls


def steps_of(run: zoo.Run) -> Any:
    return run.record["compute"].get("steps_per_execution")


@pytest.mark.parametrize("count", [2, 3])
def test_groups_end_with_the_bits_of_single_steps(
    tiny: Dataset, groups: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    settings = CNN | {"epochs": 4, "batch_size": 8}
    single = zoo.train("cnn", data=tiny, out="single", **settings)
    assert steps_of(single) is None
    groups(count)
    calls = count_calls(monkeypatch)
    several = zoo.train("cnn", data=tiny, out="several", **settings)
    assert steps_of(several) == count
    assert len(calls) == 1 + 3 * (4 // count)  # one to try, then 4 steps in each of 3 epochs
    assert_same(single, several)


def test_a_gan_too(tiny: Dataset, groups: Callable[[int], None]) -> None:
    single = zoo.train("dcgan", data=tiny, out="single", **GAN)
    groups(2)
    several = zoo.train("dcgan", data=tiny, out="several", **GAN)
    assert (steps_of(single), steps_of(several)) == (None, 2)
    assert_same(single, several)


@pytest.mark.long
def test_with_xla_too(
    tiny: Dataset, groups: Callable[[int], None], measured: Callable[[bool], None]
) -> None:
    measured(True)
    single = zoo.train("dcgan", data=tiny, out="single", **GAN)
    groups(2)
    several = zoo.train("dcgan", data=tiny, out="several", **GAN)
    assert several.record["compute"]["xla"] is True
    assert (steps_of(single), steps_of(several)) == (None, 2)
    assert_same(single, several)


@pytest.mark.parametrize("setting", ["none", "xla"])
def test_only_auto_chooses(tiny: Dataset, groups: Callable[[int], None], setting: str) -> None:
    groups(2)
    run = zoo.train("mlp", data=tiny, units=[4], epochs=3, batch_size=8, compile=setting)
    assert steps_of(run) is None


def test_a_resumed_training_does_not_choose_again(
    tiny: Dataset, groups: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = CNN | {"epochs": 4, "batch_size": 8}
    single = zoo.train("cnn", data=tiny, out="single", **settings)
    groups(3)

    class Stop(Progress):
        def epoch(self, number: int, logs: Any) -> None:
            if number == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        zoo.train("cnn", data=tiny, out="cut", progress=Stop(), **settings)
    assert steps_of(zoo.Run.open("cut")) == 3
    monkeypatch.setattr(step_groups.StepGroups, "_try", None)  # nothing is tried again
    assert_same(single, zoo.train("cnn", data=tiny, out="cut", resume=True))


def test_a_resumed_training_that_had_not_chosen_goes_on_in_single_steps(
    tiny: Dataset, groups: Callable[[int], None]
) -> None:
    class Stop(Progress):
        def epoch(self, number: int, logs: Any) -> None:
            raise KeyboardInterrupt

    groups(2)
    settings = {"units": [4], "epochs": 4, "batch_size": 8}
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=tiny, out="cut", progress=Stop(), **settings)
    assert steps_of(zoo.train("mlp", data=tiny, out="cut", resume=True)) is None


__all__ = ["measured"]  # a fixture


class Steps(keras.callbacks.Callback):
    """Count the steps that a callback sees."""

    count = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.count += 1


@pytest.mark.parametrize(
    "callback",
    [Steps(), keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: None)],
)
def test_a_callback_that_sees_each_step_sees_single_steps(
    tiny: Dataset, groups: Callable[[int], None], callback: Any
) -> None:
    groups(2)
    run = zoo.train("cnn", data=tiny, callbacks=[callback], **CNN | {"epochs": 3, "batch_size": 8})
    assert steps_of(run) is None


def test_a_train_function_of_the_plugin_is_left_alone(
    tiny: Dataset, groups: Callable[[int], None], register: Callable[..., Any]
) -> None:
    """Its function makes one step, whatever `steps_per_execution` says."""
    groups(2)

    class Own(keras.Model):
        def make_train_function(self, force: bool = False) -> Any:
            super().make_train_function(force)
            several = self.train_function

            def one(batches: Any) -> Any:
                self.steps_per_execution = 1
                return several(batches)

            self.train_function = one

    def build(config: Any) -> Any:
        model = zoo_mlp.build(config)
        return Own(model.inputs, model.outputs)

    register(build=build, train=train_with())
    run = zoo.train("stranger", data=tiny, units=[4], epochs=3, batch_size=8)
    assert steps_of(run) is None


def test_nan_is_told_with_the_steps_of_its_call(
    tiny: Dataset, groups: Callable[[int], None]
) -> None:
    groups(3)

    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 2:
                for weight in self.model.weights:
                    weight.assign(weight * np.nan)

    settings = CNN | {"epochs": 4, "batch_size": 8}
    with pytest.raises(TrainingError, match=r"became nan between the steps \d+ and \d+ \(epoch 3"):
        zoo.train("cnn", data=tiny, callbacks=[Spoil()], **settings)


def test_a_short_training_tries_nothing(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_groups.StepGroups, "_try", None)
    zoo.train("cnn", data=tiny, **CNN | {"epochs": 3, "batch_size": 8})


@pytest.mark.long
@pytest.mark.parametrize("name", registry().names())
def test_every_architecture_ends_with_the_same_numbers(
    groups: Callable[[int], None], tmp_path: Path, name: str
) -> None:
    subject = Subject(name, tmp_path)
    batch = 1 if name == "novelty-gan" else 2  # it has few examples: those of one class
    settings = {"epochs": 3, "compile": "auto"} | (
        {"batch_size": batch} if name != "cnn-vis" else {}
    )
    subject.settings = {**subject.settings, **settings}
    single = subject.train("single")
    groups(2)
    several = subject.train("several")
    assert (steps_of(single), steps_of(several)) == (None, 2)
    for a, b in zip(numbers(single), numbers(several), strict=True):
        assert np.allclose(a, b, rtol=1e-4, atol=1e-5)
