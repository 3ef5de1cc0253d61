import math
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.runs.progress import Progress
from zoo.runs.recipe import resolve_with_data
from zoo.tasks.optimizers import Name, optimizer

PEAK = 0.1


def rates(steps: int, **settings: Any) -> list[float]:
    """Give the learning rate of each step of a training."""
    made = optimizer("sgd", PEAK, steps=steps, **settings)
    variable = keras.Variable(0.0)
    seen = []
    for _ in range(steps):
        seen.append(float(made.learning_rate))
        made.apply([np.float32(0)], [variable])
    return seen


def test_a_constant_rate_is_constant() -> None:
    assert rates(5) == pytest.approx([PEAK] * 5)


def test_a_warm_up_rises_in_a_line_from_zero() -> None:
    assert rates(8, warmup=0.5) == pytest.approx([0, 0.025, 0.05, 0.075, *[PEAK] * 4])


def test_a_cosine_falls_to_zero_at_the_end() -> None:
    expected = [PEAK * (1 + math.cos(math.pi * step / 10)) / 2 for step in range(10)]
    assert rates(10, schedule="cosine") == pytest.approx(expected, abs=1e-8)
    assert expected[0] == PEAK
    assert expected[5] == pytest.approx(PEAK / 2)


def test_a_warm_up_comes_before_the_cosine_and_takes_its_share() -> None:
    seen = rates(20, schedule="cosine", warmup=0.25)
    rising = [PEAK * step / 5 for step in range(5)]
    falling = [PEAK * (1 + math.cos(math.pi * step / 15)) / 2 for step in range(15)]
    assert seen == pytest.approx(rising + falling, abs=1e-8)


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_shortest_trainings_have_a_rate(steps: int, warmup: float, schedule: str) -> None:
    seen = rates(steps, schedule=schedule, warmup=warmup)
    assert all(0 <= rate <= PEAK + 1e-8 for rate in seen)
    assert max(seen) > 0 or steps * warmup >= 1


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_weight_decay_shrinks_kernels_and_leaves_everything_else_alone(name: Name) -> None:
    inputs = keras.Input((4,))
    x = keras.layers.Dense(3, bias_initializer="ones")(inputs)
    x = keras.layers.PReLU(alpha_initializer="ones")(keras.layers.BatchNormalization()(x))
    model = keras.Model(inputs, keras.layers.LayerNormalization()(x))
    before = [np.array(variable) for variable in model.trainable_variables]
    made = optimizer(name, 0.1, weight_decay=0.5)
    made.apply(
        [np.zeros_like(value) for value in before], model.trainable_variables
    )  # without a gradient nothing but the decay moves a weight
    for variable, value in zip(model.trainable_variables, before, strict=True):
        share = 0.95 if variable.name == "kernel" else 1  # 1 - rate * decay
        np.testing.assert_allclose(variable, value * share, rtol=1e-6, err_msg=variable.path)


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_without_weight_decay_nothing_shrinks(name: Name) -> None:
    variable = keras.Variable(np.ones((2, 2)), name="kernel")
    optimizer(name, 0.1).apply([np.zeros((2, 2))], [variable])
    assert (np.array(variable) == 1).all()


def test_sgd_is_nesterovs() -> None:
    variable = keras.Variable(1.0)
    made = optimizer("sgd", 0.1)
    velocity, expected = 0.0, 1.0
    for _ in range(3):
        velocity = 0.9 * velocity - 0.1
        expected += 0.9 * velocity - 0.1
        made.apply([np.float32(1)], [variable])
        assert float(variable) == pytest.approx(expected)


class Stopper(Progress):
    """Press Ctrl-C after some steps."""

    def __init__(self, stop: int) -> None:
        self.steps, self.stop = 0, stop

    def step(self, logs: Any) -> None:
        self.steps += 1
        if self.steps == self.stop:
            raise KeyboardInterrupt


SETTINGS: dict[str, Any] = {
    "validation": 0.0,
    "units": [4], "epochs": 3, "batch_size": 16, "optimizer": "sgd", "learning_rate": 0.1
}  # fmt: skip


def weights(run: zoo.Run) -> Any:
    return [np.array(value) for value in zoo.load(run).get_weights()]


class Noted(keras.callbacks.Callback):
    """Note the weights after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Any] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.steps.append([np.array(value) for value in self.model.trainable_variables])


def test_averaged_weights_are_what_a_run_keeps(tiny: Dataset) -> None:
    run = zoo.train("mlp", data=tiny, seed=3, ema=0.5, **SETTINGS)
    chosen, noted = resolve_with_data("mlp", {**SETTINGS, "ema": 0.5}, tiny), Noted()
    keras.utils.set_random_seed(3)
    model = chosen.architecture.build(chosen.config)
    chosen.architecture.train(model, chosen.config, tiny.at(3), [noted])
    average = noted.steps[0]
    for at, step in enumerate(noted.steps[1:], 1):
        share = min(0.5, (1 + at) / (10 + at))
        average = [share * old + (1 - share) * new for old, new in zip(average, step, strict=True)]
    for kept, mean, last in zip(weights(run), average, noted.steps[-1], strict=True):
        np.testing.assert_allclose(kept, mean, rtol=1e-4, atol=1e-6)
        assert np.abs(kept - last).max() > 1e-4


def test_a_resumed_training_averages_as_one_left_alone(tiny: Dataset) -> None:
    settings = {**SETTINGS, "ema": 0.9, "schedule": "cosine", "warmup": 0.3, "optimizer": "adamw"}
    whole = zoo.train("mlp", data=tiny, out="whole", seed=3, **settings)
    for stop in (5, 8):  # in the second epoch and in the third
        out = f"cut-{stop}"
        with pytest.raises(KeyboardInterrupt):
            zoo.train("mlp", data=tiny, out=out, seed=3, progress=Stopper(stop), **settings)
        resumed = zoo.train("mlp", data=tiny, out=out, resume=True)
        for one, other in zip(weights(whole), weights(resumed), strict=True):
            np.testing.assert_array_equal(one, other)
        assert resumed.metrics == whole.metrics


def test_a_training_killed_after_its_last_epoch_still_keeps_the_average(tiny: Dataset) -> None:
    whole = zoo.train("mlp", data=tiny, out="whole", seed=3, ema=0.9, **SETTINGS)
    cut = zoo.train("mlp", data=tiny, out="cut", seed=3, ema=0.9, **SETTINGS)
    cut.weights.unlink()
    cut.update(state="training")  # as a power cut just before the weights were written leaves it
    resumed = zoo.train("mlp", data=tiny, out="cut", resume=True)
    for one, other in zip(weights(whole), weights(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_large_gradient_is_clipped_as_a_whole_and_a_small_one_is_not() -> None:
    for clip, gradient, expected in [
        (0.5, [3.0, 4.0], 0.5),
        (0.5, [0.06, 0.08], 0.1),
        (0.0, [3.0, 4.0], 5.0),
    ]:
        variables = [keras.Variable(0.0), keras.Variable(0.0)]
        made = optimizer("sgd", 1.0, clip=clip)
        made.apply(list(map(keras.ops.convert_to_tensor, gradient)), variables)
        moved = np.array([float(variable) for variable in variables])
        # Nesterov's first step is 1 + momentum times the gradient
        np.testing.assert_allclose(np.linalg.norm(moved), 1.9 * expected, rtol=1e-5)
        np.testing.assert_allclose(moved[1] / moved[0], 4 / 3, rtol=1e-5)


def states_after_steps(adam: Any, jit_compile: bool) -> list[Any]:
    """Return a weight and the optimizer's state after four steps of random gradients."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    variable = keras.Variable(rng.normal(size=(5, 3)), name="kernel")
    adam.build([variable])

    @tf.function(jit_compile=jit_compile)
    def step(gradient: Any) -> None:
        adam.apply([gradient], [variable])

    for gradient in rng.normal(size=(4, 5, 3)):
        step(tf.constant(gradient, tf.float32))
    return [np.array(each) for each in (variable, *adam.variables[2:])]


@pytest.mark.parametrize("name", ["adam", "adamw"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_fused_adam_has_the_steps_of_keras(name: Name, jit_compile: bool) -> None:
    keras_class = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}[name]
    ours = states_after_steps(optimizer(name, 0.01, weight_decay=0.1), jit_compile)
    theirs = states_after_steps(keras_class(0.01, weight_decay=0.1), jit_compile)
    assert len(ours) == len(theirs) == 3
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_the_fused_adam_takes_the_gradient_of_an_embedding() -> None:
    layer = keras.layers.Embedding(6, 2)
    model = keras.Sequential([keras.Input((1,), dtype="int32"), layer, keras.layers.Flatten()])
    model.compile(optimizer("adam", 0.1), "mse")
    before = np.array(layer.embeddings)
    model.fit(np.array([[1], [2]]), np.ones((2, 2)), verbose=0)
    moved = (np.array(layer.embeddings) != before).any(-1)
    assert moved.tolist() == [False, True, True, False, False, False]
