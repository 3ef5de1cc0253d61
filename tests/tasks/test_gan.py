"""Two networks against each other: the losses, what each term moves, rates, turns, averages, spectra."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import zoo
from zoo.tasks import gan, gan_losses, gan_optimizer
from zoo.tasks.gan import GANConfig

CHANCE = np.random.default_rng(0)
REAL, FAKE = CHANCE.normal(size=(2, 50, 1))
X = CHANCE.normal(size=(16, 3)).astype(np.float32)


class Points(gan.GAN):
    """Makes points of three coordinates from two numbers."""

    pull = 0.0

    def __init__(self, config: GANConfig, dropout: float = 0.0) -> None:
        z, x = keras.Input((2,)), keras.Input((3,))
        made = layers.BatchNormalization()(layers.Dense(5, activation="tanh")(z))
        hidden = layers.Dense(4, activation="tanh")(x)
        hidden = layers.Dropout(dropout)(hidden) if dropout else hidden
        generator = keras.Model(z, layers.Dense(3)(made))
        super().__init__(generator, keras.Model(x, layers.Dense(1)(hidden)), config)

    def generator_inputs(self, x: Any) -> Any:
        return x[:, :2]

    def extra_generator_loss(self, x: Any, generated: Any) -> Any:
        return self.pull * ops.mean(ops.square(generated - x))


def points(dropout: float = 0.0, steps: int = 10, **settings: Any) -> Points:
    keras.utils.set_random_seed(0)
    model = Points(GANConfig(**settings), dropout)
    model.compile(gan_optimizer.from_config(model, steps))
    model.optimizer.build(model.trainable_variables)
    return model


def fit(model: Points, steps: int = 1) -> Points:
    model.fit(np.tile(X, (steps, 1)), batch_size=16, verbose=0, shuffle=False)
    return model


def softplus(t: Any) -> Any:
    return np.log1p(np.exp(t))


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("non-saturating", softplus(-REAL).mean() + softplus(FAKE).mean(), softplus(-FAKE).mean()),
        (
            "least-squares",
            ((REAL - 1) ** 2).mean() / 2 + (FAKE**2).mean() / 2,
            ((FAKE - 1) ** 2).mean() / 2,
        ),
        (
            "hinge",
            np.maximum(0, 1 - REAL).mean() + np.maximum(0, 1 + FAKE).mean(),
            -FAKE.mean(),
        ),
        ("wasserstein", FAKE.mean() - REAL.mean(), -FAKE.mean()),
    ],
)
def test_each_loss_is_its_formula(name: Any, discriminator: float, generator: float) -> None:
    assert float(gan_losses.discriminator_loss(name, REAL, FAKE)) == pytest.approx(
        discriminator, rel=1e-5
    )
    assert float(gan_losses.generator_loss(name, FAKE)) == pytest.approx(generator, rel=1e-5)


def test_smoothing_lowers_the_target_of_the_real_alone() -> None:
    p = 1 / (1 + np.exp(-REAL))
    entropy = -(0.8 * np.log(p) + 0.2 * np.log(1 - p)).mean() + softplus(FAKE).mean()
    found = float(gan_losses.discriminator_loss("non-saturating", REAL, FAKE, 0.2))
    assert found == pytest.approx(entropy, rel=1e-5)
    squares = ((REAL - 0.8) ** 2).mean() / 2 + (FAKE**2).mean() / 2
    found = float(gan_losses.discriminator_loss("least-squares", REAL, FAKE, 0.2))
    assert found == pytest.approx(squares, rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"loss": "wasserstein"}, "set spectral_norm=true"),
        ({"loss": "hinge", "label_smoothing": 0.1}, "changes the target.*loss=hinge"),
        ({"betas": (0.5, 1.0)}, "betas"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    settings: dict[str, Any], problem: str
) -> None:
    with pytest.raises(zoo.SettingError, match=problem):
        gan.check(GANConfig().replace(**settings))


def gradients(model: Points, value: Any, variables: list[Any]) -> list[Any]:
    with tf.GradientTape() as tape:
        loss = value()
    found = tape.gradient(loss, [variable.value for variable in variables])
    return [np.zeros(v.shape) if g is None else g for g, v in zip(found, variables, strict=True)]


@pytest.mark.parametrize("pull", [0.0, 3.0])
@pytest.mark.parametrize("name", ["non-saturating", "hinge"])
def test_each_term_moves_its_own_network_and_no_other(name: Any, pull: float) -> None:
    model = points(loss=name)
    model.pull = pull
    discriminator, generator = model.discriminator, model.generator

    def whole() -> Any:
        return model.compute_loss(X, y_pred=model(X))

    def alone() -> Any:
        still = ops.convert_to_numpy(generator(X[:, :2]))
        return gan_losses.discriminator_loss(name, discriminator(X), discriminator(still))

    def theirs() -> Any:
        made = generator(X[:, :2])
        return gan_losses.generator_loss(name, discriminator(made)) + model.extra_generator_loss(
            X, made
        )

    for variables, term in (
        (discriminator.trainable_variables, alone),
        (generator.trainable_variables, theirs),
    ):
        expected = gradients(model, term, variables)
        assert any(np.abs(each).max() > 1e-4 for each in expected)
        for one, other in zip(gradients(model, whole, variables), expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def largest_change(before: list[Any], model: Any) -> float:
    return max(np.abs(a - b).max() for a, b in zip(before, model.get_weights(), strict=True))


def kernels(model: Any) -> list[Any]:
    return [ops.convert_to_numpy(each).copy() for each in model.trainable_variables]


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_each_network_has_a_rate_of_its_own(optimizer: Any) -> None:
    model = points(optimizer=optimizer, learning_rate=1e-3, generator_learning_rate=1e-4, ema=0.0)
    before = kernels(model.discriminator), kernels(model.generator)
    fit(model)
    after = kernels(model.discriminator), kernels(model.generator)
    # the first step of both rules is as long for every weight: the rate, times 10^(1/2) for RMSprop
    length = 1.0 if optimizer == "adam" else np.sqrt(10)
    for rate, old, new in zip((1e-3, 1e-4), before, after, strict=True):
        step = max(np.abs(a - b).max() for a, b in zip(old, new, strict=True))
        assert step == pytest.approx(rate * length, rel=0.01)


def test_each_network_has_betas_of_its_own() -> None:
    optimizer = points(betas=(0.1, 0.9), generator_betas=(0.2, 0.8)).optimizer
    assert (optimizer.discriminator_optimizer.beta_1, optimizer.discriminator_optimizer.beta_2) == (
        0.1,
        0.9,
    )
    assert (optimizer.generator_optimizer.beta_1, optimizer.generator_optimizer.beta_2) == (
        0.2,
        0.8,
    )


def any_differs(old: list[Any], new: list[Any]) -> bool:
    return any((a != b).any() for a, b in zip(old, new, strict=True))


def test_the_generator_waits_for_the_discriminators_steps() -> None:
    model = points(discriminator_steps=3, ema=0.0)
    rules = model.optimizer.discriminator_optimizer, model.optimizer.generator_optimizer

    def state() -> list[list[Any]]:
        held = (
            model.discriminator.trainable_variables,
            rules[0].variables,
            model.generator.trainable_variables,
            rules[1].variables,
        )
        return [[ops.convert_to_numpy(each).copy() for each in some] for some in held]

    turns = []
    for _ in range(6):
        old = state()
        fit(model)
        turns.append([any_differs(*pair) for pair in zip(old, state(), strict=True)])
    waits, moves = [True, True, False, False], [True, True, True, True]
    assert turns == [waits, waits, moves, waits, waits, moves]
    assert [int(rule.iterations) for rule in rules] == [6, 2]


def test_the_average_follows_the_generator() -> None:
    model = points(ema=0.5, learning_rate=0.01)
    expected = None
    for step in range(14):
        # the average moves before the optimizer does, towards statistics that the step has moved
        weights = model.generator.get_weights()
        fit(model)
        fresh = model.generator.get_weights()
        seen = [
            ops.convert_to_numpy(new) if not each.trainable else old
            for each, old, new in zip(model.generator.weights, weights, fresh, strict=True)
        ]
        kept = min(0.5, step / (step + 10))
        expected = (
            seen
            if expected is None
            else [kept * e + (1 - kept) * s for e, s in zip(expected, seen, strict=True)]
        )
        for one, other in zip(model.averaged_generator.get_weights(), expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
    assert largest_change(model.generator.get_weights(), model.averaged_generator) > 1e-3


def test_without_an_average_the_generator_is_shipped() -> None:
    model = points(ema=0.0)
    assert model.averaged_generator is model.generator


def test_the_discriminator_that_judges_has_singular_values_of_one() -> None:
    model = fit(points(spectral_norm=True, loss="wasserstein", learning_rate=1e-3), 60)
    largest = [
        np.linalg.svd(weights, compute_uv=False)[0]
        for weights in model.normalized_discriminator().get_weights()
        if weights.ndim == 2
    ]
    np.testing.assert_allclose(largest, 1, atol=0.01)
    raw = [np.linalg.svd(w, compute_uv=False)[0] for w in model.discriminator.get_weights()[::2]]
    assert not np.allclose(raw, 1, atol=0.01)


def test_the_gradient_goes_through_the_singular_value() -> None:
    from zoo.tasks.spectral_norm import normalize_kernel

    matrix = CHANCE.normal(size=(4, 3)).astype(np.float32)
    direction = tf.Variable(np.linalg.svd(matrix)[2][0].astype(np.float32))
    weights = tf.Variable(matrix)
    with tf.GradientTape() as tape:
        loss = ops.sum(normalize_kernel(weights, direction) ** 3)
    found = tape.gradient(loss, weights).numpy()

    def exact(values: Any) -> float:
        return float(((values / np.linalg.svd(values)[1][0]) ** 3).sum())

    for at in ((0, 0), (2, 1), (3, 2)):
        step = np.zeros((4, 3))
        step[at] = 1e-5
        slope = (exact(matrix + step) - exact(matrix - step)) / 2e-5
        assert found[at] == pytest.approx(slope, abs=2e-3)


def test_dropout_of_the_discriminator_is_drawn_anew_in_each_step() -> None:
    model = points(dropout=0.5)

    def seeds() -> list[Any]:
        kept = model.discriminator.non_trainable_variables
        return [ops.convert_to_numpy(each).copy() for each in kept]

    before = seeds()
    fit(model)
    assert any((a != b).any() for a, b in zip(before, seeds(), strict=True))


def test_what_is_reported_is_both_terms_and_the_mean_scores() -> None:
    model = points()
    history = model.fit(X, batch_size=16, verbose=0).history
    assert set(history) == {"loss", "discriminator", "generator", "real", "fake"}
    assert history["loss"][0] == pytest.approx(
        history["discriminator"][0] + history["generator"][0]
    )


def test_the_optimizer_does_not_hold_the_models_variables() -> None:
    """Keras tracks a list of variables in an attribute; JAX refuses to donate a variable twice."""
    inputs, images = keras.Input((2,)), keras.Input((3,))
    generator = keras.Model(inputs, layers.Dense(3)(inputs))
    discriminator = keras.Model(images, layers.Dense(1)(images))
    model = gan.GAN(generator, discriminator, GANConfig())
    optimizer = gan_optimizer.from_config(model, 10)
    optimizer.build(model.trainable_variables)
    own = {id(variable) for variable in optimizer.variables}
    assert not own & {id(variable) for variable in model.variables}
    assert optimizer.generator_variables == generator.trainable_variables
