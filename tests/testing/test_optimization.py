"""Trainings that leave a part out, climb instead of descend, or go on after `fit`, are found."""

from typing import Any

import keras
import pytest
import zoo_mlp

from tests.testing.conftest import PAIR, Pair, Verdict, export_pair, fails
from zoo.testing.architecture.optimization import is_loss


def train_upwards(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    def gain(y: Any, p: Any) -> Any:
        return -keras.losses.sparse_categorical_crossentropy(y, p)

    model.compile("sgd", lambda y, p: -gain(y, p))
    climbing = keras.optimizers.SGD(0.05)
    climbing.update_step = lambda gradient, variable, rate: variable.assign_add(gradient * rate)
    model.compile(climbing, lambda y, p: -gain(y, p))
    return model.fit(**data.fit_arguments(config), callbacks=callbacks)


def train_twice(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    """Go on with the same optimizer."""
    model.compile("adam", "sparse_categorical_crossentropy")
    history = model.fit(**data.fit_arguments(config), callbacks=callbacks)
    model.fit(**data.fit_arguments(config))
    return history


def train_with_another_optimizer(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    history = zoo_mlp.train(model, config, data, callbacks)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.train_on_batch(data.train.inputs, data.train.targets)
    return history


def train_and_keep_a_statistic(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    """Learn the mean of the inputs when the training is over, which is no training."""
    history = zoo_mlp.train(model, config, data, callbacks)
    model.get_layer("centre").mean_of_inputs.assign(data.train.inputs.mean())
    return history


class Centre(keras.layers.Layer):
    def build(self, shape: Any) -> None:
        self.mean_of_inputs = self.add_weight((), "zeros", trainable=False, name="mean_of_inputs")

    def call(self, x: Any) -> Any:
        return x + 0 * self.mean_of_inputs


def build_with_a_statistic(config: Any) -> keras.Model:
    inputs = keras.Input(config.input_shape, name="inputs")
    x = Centre(name="centre")(keras.layers.Flatten()(inputs))
    x = keras.layers.Dense(len(config.classes), name="logits")(x)
    return keras.Model(inputs, keras.layers.Activation("softmax", name="probabilities")(x))


class FrozenPair(Pair):
    """The same, with the second network told not to learn, though it is the model's own."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.second.trainable = False


def build_frozen_pair(config: Any) -> Pair:
    return FrozenPair(config)


ALONE = pytest.mark.filterwarnings("ignore:Gradients do not exist")  # what a Pair's author sees


@ALONE
@pytest.mark.parametrize(
    ("check", "message", "hooks"),
    [
        ("parts-learn", "The part 'discriminator' does not learn", PAIR),
        (
            "parts-learn",
            "The part 'discriminator' does not learn",
            {**PAIR, "build": build_frozen_pair},
        ),
        ("loss-falls", "Check the sign of the loss", {"train": train_upwards}),
        ("fit-is-last", "after model.fit returned", {"train": train_twice}),
        ("fit-is-last", "after model.fit returned", {"train": train_with_another_optimizer}),
    ],
)
def test_a_training_of_another_kind_fails_the_check_that_is_meant_for_it(
    verdict: Verdict, check: str, message: str, hooks: dict[str, Any]
) -> None:
    fails(verdict, check, message, hooks)


def test_a_statistic_that_is_learnt_after_fit_is_no_training(verdict: Verdict) -> None:
    hooks = {"build": build_with_a_statistic, "train": train_and_keep_a_statistic}
    assert verdict("fit-is-last", **hooks).verdict == "passed"


@ALONE
def test_a_part_of_a_network_that_the_model_does_not_own_may_stay_as_it_is(
    verdict: Verdict,
) -> None:
    def borrowed(model: Any) -> dict[str, keras.Model]:
        """Export a network that is no variable of the model, as an architecture that looks into one does."""
        inputs = keras.Input((64,), name="inputs")
        part = keras.Model(inputs, keras.layers.Dense(2, name="features")(inputs))
        part.trainable = False
        part.get_layer("features").kernel.assign(keras.ops.ones((64, 2)))
        return {**export_pair(model), "discriminator": part}

    assert verdict("parts-learn", **{**PAIR, "export": borrowed}).verdict == "passed"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("loss", True), ("d_loss", True), ("critic", True), ("val_loss", False), ("accuracy", False)],
)
def test_losses_are_told_from_metrics_by_their_names(name: str, expected: bool) -> None:
    assert is_loss(name) == expected
