"""Distances between made and real examples, against other people's formulas and by brute force."""

from pathlib import Path

import keras
import numpy as np
import pytest
from scipy import linalg

import zoo
from zoo.data.dataset import Dataset
from zoo.tasks import generative_metrics

CHANCE = np.random.default_rng(0)


def test_the_distance_is_the_one_with_the_matrix_square_root() -> None:
    one = CHANCE.normal(size=(200, 5)) @ CHANCE.normal(size=(5, 5))
    other = CHANCE.normal(size=(150, 5)) + 0.7
    s, t = np.cov(one.T), np.cov(other.T)
    far = np.square(one.mean(0) - other.mean(0)).sum()
    expected = far + np.trace(s + t - 2 * linalg.sqrtm(s @ t).real)
    assert generative_metrics.frechet_distance(one, other) == pytest.approx(expected, rel=1e-6)
    assert generative_metrics.frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    assert (
        generative_metrics.frechet_distance(one[:3], other[:3]) > 0
    )  # fewer examples than features


def test_a_shift_alone_costs_its_square() -> None:
    one = CHANCE.normal(size=(100, 3))
    assert generative_metrics.frechet_distance(one, one + [3.0, 4.0, 0.0]) == pytest.approx(25)


def test_precision_and_recall_are_those_of_brute_force() -> None:
    real, made = CHANCE.normal(size=(60, 2)), CHANCE.normal(size=(40, 2)) * 0.5 + 0.5

    def share(points: np.ndarray, others: np.ndarray) -> float:
        gaps = np.linalg.norm(others[:, None] - others[None], axis=-1)
        radii = np.sort(gaps, axis=1)[:, 3]  # the first is the distance to itself
        far = np.linalg.norm(points[:, None] - others[None], axis=-1)
        return float((far <= radii).any(1).mean())

    expected = share(made, real), share(real, made)
    assert generative_metrics.precision_recall(real, made) == pytest.approx(expected)
    assert 0 < expected[1] < expected[0] <= 1


def test_one_good_example_again_and_again_is_precise_and_covers_nothing() -> None:
    real = CHANCE.normal(size=(50, 2))
    made = np.repeat(real[:1], 50, 0)
    assert generative_metrics.precision_recall(real, made) == pytest.approx((1.0, 0.02))


def test_a_class_is_covered_from_a_tenth_of_its_share_on() -> None:
    real = np.repeat([0, 1, 2, 3], 100)
    made = np.array([0] * 200 + [1] * 195 + [2] * 12 + [3] * 8)
    assert generative_metrics.class_coverage(made, real, 5) == 0.5 + 0.25
    assert generative_metrics.class_coverage(real, real, 5) == 1.0


def test_principal_components_are_fitted_to_the_training_images() -> None:
    train = np.zeros((30, 2, 2, 1))
    train[:, 0, 0, 0] = CHANCE.normal(size=30)
    features = generative_metrics.project_on_principal_components(train, train[:5] + 1)
    assert [each.shape for each in features] == [(30, 4), (5, 4)]
    assert np.linalg.norm(features[0][:, 1:]) == pytest.approx(0, abs=1e-9)
    assert list(generative_metrics.nearest_positions(train[3:5], train)) == [3, 4]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> zoo.Run:
    out = tmp_path_factory.mktemp("seen") / "run"
    return zoo.train("cnn", data=tiny, out=out, filters=[4], epochs=1, batch_size=16)


def test_features_are_those_before_the_last_layer(run: zoo.Run, tiny: Dataset) -> None:
    features, said = generative_metrics.feature_extractor(str(run.path), (8, 8, 1))(
        tiny.test.inputs
    )
    model = zoo.load(run)
    logits = features @ model.get_layer("logits").get_weights()[0]
    logits += model.get_layer("logits").get_weights()[1]
    probabilities = model.predict(tiny.test.inputs, verbose=0)
    np.testing.assert_allclose(said, probabilities, atol=1e-6)
    np.testing.assert_allclose(keras.ops.softmax(logits), probabilities, atol=1e-5)
    model.save("seen.keras")
    again, _ = generative_metrics.feature_extractor("seen.keras", (8, 8, 1))(tiny.test.inputs)
    np.testing.assert_allclose(again, features, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("cnn.cifar10", "no such run.*zoo train cnn.cifar10"),
        ("nothing.keras", "no such .keras file.*zoo train cnn.mnist"),
    ],
)
def test_a_missing_classifier_is_told_with_the_command_that_makes_it(
    name: str, problem: str
) -> None:
    with pytest.raises(zoo.SettingError, match=problem):
        generative_metrics.feature_extractor(name, (8, 8, 1))


def test_a_classifier_of_other_images_is_refused(run: zoo.Run) -> None:
    with pytest.raises(zoo.SettingError, match=r"\(8, 8, 1\).*Received: \(28, 28, 1\)"):
        generative_metrics.feature_extractor(str(run.path), (28, 28, 1))
    z = keras.Input((8, 8, 1))
    keras.Model(z, keras.layers.Flatten()(z)).save(Path("flat.keras"))
    with pytest.raises(zoo.SettingError, match="must be a classifier"):
        generative_metrics.feature_extractor("flat.keras", (8, 8, 1))
