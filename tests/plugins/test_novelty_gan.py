"""The novelty detector: its networks, its normal class, its scores, its rule for stopping, its measures."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import zoo_novelty_gan
from PIL import Image
from sklearn.metrics import f1_score
from sklearn.mixture import GaussianMixture
from zoo_novelty_gan import config as novelty_config
from zoo_novelty_gan import density, metrics, normal_class, novelty_score, predict

import zoo
from zoo.runs.predict import apply_to_files

RNG = np.random.default_rng(0)
SMALL: dict[str, Any] = {
    "generator_filters": [4, 5],
    "discriminator_filters": [3, 4],
    "latent_dim": 3,
    "kernel_size": 3,
    "batch_size": 8,
    "epochs": 2,
}
BASELINES = {"auroc_autoencoder", "auroc_pca", "auroc_nearest", "auroc_svm"}


def create_detector(shape: tuple[int, ...] = (8, 8, 1), **settings: Any) -> Any:
    return zoo.create("novelty-gan", **{"input_shape": shape, **SMALL, **settings})


def fit_score(network: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Fit the score of an untrained model to random examples, and return those."""
    examples = RNG.random((20, *shape), np.float32)
    novelty_score.fit_score(network, zoo.Split(examples), zoo.Split(examples))
    return examples


@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 14, 3), (5, 3, 4), (13, 2), (24, 1)])
def test_examples_of_any_size_are_refined_judged_and_scored(shape: tuple[int, ...]) -> None:
    network = create_detector(shape)
    examples = fit_score(network, shape)
    parts = zoo_novelty_gan.export(network, network.config)
    refined, judged, score = (np.asarray(part(examples)) for part in parts.values())
    assert list(parts) == ["refiner", "discriminator", "scorer"]
    assert refined.shape == examples.shape
    assert judged.shape == score.shape == (20, 1)
    if len(shape) == 3:
        assert ((refined > 0) & (refined < 1)).all()
    # each score is less its mean and divided by its deviation over the held-out examples
    np.testing.assert_allclose([score.mean(), score.std()], [0, 1], atol=2e-3)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(zoo.SettingError, match=r"images .* and series .*Received.*\(8, 8, 8, 1\)"):
        create_detector((8, 8, 8, 1))


@pytest.mark.parametrize("score", novelty_config.SIGNALS)
def test_the_scorer_computes_the_score_that_the_settings_name(score: str) -> None:
    network = create_detector(score=score)
    x = fit_score(network, (8, 8, 1))
    refine = network.averaged_generator
    look = keras.Model(refine.input, refine.get_layer("code").output)
    refined = np.asarray(refine(x))
    z, again = np.asarray(look(x)), np.asarray(look(refined))
    opinions = [
        -np.asarray(network.normalized_discriminator()(each))[:, 0] for each in (x, refined)
    ]
    error = np.sqrt(np.square(x - refined).sum((1, 2, 3)))
    v = np.concatenate([z, z - again, np.stack([error, *opinions], 1)], 1).astype(np.float64)
    cov = np.cov(v, rowvar=False, bias=True)
    cov += density.RIDGE * np.trace(cov) / len(cov) * np.eye(len(cov))
    away = v - v.mean(0)
    distance = np.einsum("ni,ij,nj->n", away, np.linalg.inv(cov), away)
    expected = dict(zip(novelty_config.SIGNALS, [error, *opinions, distance], strict=True))[score]
    expected = (expected - expected.mean()) / expected.std()
    got = np.asarray(novelty_score.scorer(network)(x))[:, 0]
    np.testing.assert_allclose(got, expected, atol=5e-3)
    threshold = float(network.statistics["threshold"])
    np.testing.assert_allclose(threshold, np.quantile(got, 0.95), atol=1e-5)


def compute_density(statistics: dict[str, np.ndarray], values: np.ndarray) -> np.ndarray:
    """Return the distances of values from a density, as the layers compute them."""
    inputs = keras.Input(values.shape[1:])
    network = keras.Model(inputs, density.distance(inputs, statistics))
    return np.asarray(network(values))[:, 0]


def test_a_mixture_gives_the_log_density_of_the_likeliest_component() -> None:
    values = np.concatenate([RNG.normal(centre, 1, (200, 3)) for centre in (-9, 0, 9)])
    statistics = density.fit_density(values, 3)
    shapes = {name: np.shape(value) for name, value in statistics.items()}
    assert shapes == density.statistic_shapes(3, 3)
    ridge = density.RIDGE * values.var(0).mean()
    mixture = GaussianMixture(3, reg_covar=ridge, random_state=0).fit(values)
    constant = 3 * np.log(2 * np.pi)
    expected = -2 * mixture.score_samples(values) - constant
    got = compute_density(statistics, values)
    np.testing.assert_allclose(got, expected, rtol=1e-3)


def test_a_mixture_finds_the_novel_between_two_forms_of_the_normal() -> None:
    normal = np.concatenate([RNG.normal(centre, 1, (100, 4)) for centre in (-8, 8)])
    between = RNG.normal(0, 1, (50, 4))
    one, two = (density.fit_density(normal, components) for components in (1, 2))
    assert np.median(compute_density(one, between)) < np.median(compute_density(one, normal))
    assert compute_density(two, between).min() > compute_density(two, normal).max()


def test_a_mixture_needs_an_example_for_each_component(tiny: zoo.Dataset) -> None:
    with pytest.raises(zoo.DataError, match=r"components=999 .*Received: \d+$"):
        zoo.train("novelty-gan", data=tiny, normal=3, components=999, **SMALL)


def test_the_noise_is_drawn_anew_in_each_step() -> None:
    network = create_detector(noise=0.3)
    x = np.zeros((64, 8, 8, 1), np.float32)
    one, other = (np.asarray(network.generator_inputs(x)) for _ in range(2))
    np.testing.assert_allclose([one.std(), (one - other).std()], [0.3, 0.3 * 2**0.5], rtol=0.05)


@pytest.mark.parametrize(
    ("normal", "classes", "number"),
    [
        (None, ("a", "b"), 0),
        ("b", ("a", "b"), 1),
        (1, ("a", "b"), 1),
        (2, ("1", "2"), 1),  # a name before a number
        ("2", ("1", "2"), 1),
        (None, None, None),
    ],
)
def test_the_normal_class_is_found_by_name_or_number(
    normal: Any, classes: Any, number: Any
) -> None:
    config = zoo_novelty_gan.defaults().replace(normal=normal)
    assert normal_class.normal_index(config, classes) == number


def test_a_normal_class_that_is_not_there_is_refused(tiny: zoo.Dataset) -> None:
    config = zoo_novelty_gan.defaults()
    with pytest.raises(zoo.UnknownName, match="class"):
        normal_class.normal_index(config.replace(normal="trouser"), ("shoe", "trousers"))
    with pytest.raises(zoo.UnknownName):
        zoo.train("novelty-gan", data=tiny, normal=10, **SMALL)
    with pytest.raises(zoo.SettingError, match="needs data with classes"):
        normal_class.normal_index(config.replace(normal=1), None)
    nobody = zoo.Dataset("few", tiny.train, tiny.test, (*tiny.classes, "eleven"))
    with pytest.raises(zoo.DataError, match="0 training examples of the normal class 'eleven'"):
        normal_class.select_normal(nobody, config.replace(normal=10))


def test_only_normal_examples_are_learnt_and_all_are_tested(tiny: zoo.Dataset) -> None:
    config = zoo_novelty_gan.defaults().replace(normal=3, validation=0.4)
    data = normal_class.select_normal(tiny, config)
    assert set(data.train.targets) == {3}
    assert len(data.test) == len(tiny.test)
    learnt, held = normal_class.split_normal(data, config)
    assert len(held) == round(0.4 * len(data.train))
    both = np.concatenate([learnt.stored, held.stored])
    assert len(np.unique(both, axis=0)) == len(np.unique(data.train.stored, axis=0))
    same = normal_class.split_normal(data, config.replace(validation=0))
    assert same[0] is same[1]
    one = normal_class.split_normal(data, config.replace(validation=1 / len(data.train)))
    assert one[0] is one[1]  # one example has no deviation


def test_the_weights_of_the_epoch_with_the_least_error_are_kept() -> None:
    network = create_detector()
    (ours, autoencoder) = network.best_weights
    bias = network.average.weights[-1]
    for value, error in ((1.0, 0.5), (2.0, 0.3), (3.0, 0.4)):
        bias.assign([value])
        ours.update({"val_error": error, "val_autoencoder_error": 1.0})
    ours.restore()
    assert float(bias[0]) == 2.0
    assert autoencoder.variables == network.autoencoder.weights
    for value in (4.0, 5.0):  # nothing is held out: the last epoch
        bias.assign([value])
        ours.update({})
    ours.restore()
    assert float(bias[0]) == 5.0


def test_f1_is_that_of_a_test_set_with_so_many_novel_examples() -> None:
    for share, normal, novel in ((0.5, 100, 100), (0.2, 100, 25)):
        truth = np.r_[np.ones(normal), np.zeros(novel)]
        passed = np.r_[np.ones(normal), np.zeros(novel)]
        passed[: normal // 10] = 0
        passed[normal : normal + novel // 5] = 1
        expected = f1_score(truth, passed)
        np.testing.assert_allclose(metrics.normal_f1(0.9, 0.2, share), expected)


def test_scores_that_part_the_classes_measure_as_perfect() -> None:
    novel = np.arange(20) >= 8
    found = metrics.score_metrics(np.where(novel, 2.0, -1.0), novel, 0.0)
    assert all(value == 1.0 for value in found.values())
    turned = metrics.score_metrics(np.where(novel, -1.0, 2.0), novel, 0.0)
    assert turned["auroc"] == turned["f1_50"] == turned["novel_found"] == 0.0


def test_baselines_score_what_they_know_lower() -> None:
    normal = RNG.normal(size=(60, 2)) @ RNG.normal(size=(2, 9))
    away = normal + 5 * RNG.normal(size=normal.shape)
    np.testing.assert_allclose(metrics.pca_scorer(normal, 2)(normal), 0, atol=1e-12)
    for maker in (lambda x: metrics.pca_scorer(x, 2), metrics.nearest_scorer, metrics.svm_scorer):
        score = maker(normal)
        assert np.median(score(normal)) < score(away).min() + 1e-6
    assert metrics.nearest_scorer(normal)(normal + 0.0).max() < 1e-6


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> zoo.Run:
    """Hinge loss, a spectral discriminator, a mixture of two Gaussians, and images of two channels."""
    full = zoo.open_dataset("digits")
    train, test = full.train.take(slice(200)), full.test.take(slice(60))
    pairs = (
        zoo.Split(np.concatenate([each.inputs, 1 - each.inputs], -1), each.targets)
        for each in (train, test)
    )
    data = zoo.Dataset("pairs", *pairs, full.classes)
    settings = {**SMALL, "normal": 4, "validation": 0.3, "loss": "hinge", "spectral_norm": True}
    settings["components"] = 2
    return zoo.train(
        "novelty-gan", data=data, out=tmp_path_factory.mktemp("novel") / "run", **settings
    )


def test_a_run_has_its_measures_pictures_and_curves(run: zoo.Run) -> None:
    ours = {"auroc", "average_precision", "normal_passed", "novel_found"}
    ours |= {f"f1_{share}" for share in (10, 20, 30, 40, 50)}
    assert set(run.metrics) == ours | BASELINES
    names = {path.stem for path in run.pictures}
    assert names == {"curve", "refined_normal", "refined_novel", "scores", "roc"}
    assert {"error", "val_error", "autoencoder_error", "val_autoencoder_error"} <= set(
        run.history[0]
    )
    assert run.history[-1]["autoencoder_error"] < run.history[0]["autoencoder_error"]


def test_the_kept_epoch_is_the_best_one(run: zoo.Run) -> None:
    least = min(row["val_error"] for row in run.history)
    np.testing.assert_allclose(float(zoo.load(run).best_weights[0].least), least, rtol=1e-5)


def test_files_are_scored_and_refined(run: zoo.Run) -> None:
    np.save("some.npy", np.zeros((8, 8, 2), np.float32))
    (result,), faults = apply_to_files(run, ["some.npy"], Path("out"))
    assert not faults
    network = zoo.load(run)
    expected = float(np.asarray(novelty_score.scorer(network)(np.zeros((1, 8, 8, 2))))[0, 0])
    np.testing.assert_allclose(result["score"], expected, rtol=1e-4)
    assert result["verdict"] == ("novel" if expected > result["threshold"] else "normal")
    assert np.load(result["refined"]).shape == (8, 8, 2)
    with pytest.raises(zoo.DataError):
        zoo.apply(run, [np.zeros((4, 4, 2), np.float32)])


def test_all_parts_pass_the_gate_under_their_names(run: zoo.Run) -> None:
    report = zoo.export(run, ["onnx"])
    assert report.ok
    names = {
        role: ([t.name for t in contract.inputs], [t.name for t in contract.outputs])
        for role, contract in report.contracts.items()
    }
    assert names == {
        "refiner": (["inputs"], ["refined"]),
        "discriminator": (["inputs"], ["score"]),
        "scorer": (["inputs"], ["score"]),
    }


def test_series_of_any_unit_without_classes_are_standardised_inside() -> None:
    waves = np.sin(np.arange(12) / 2 + RNG.normal(size=(40, 1)))[..., None]
    series = (1000 * waves + 5000).astype(np.float32)
    data = zoo.Dataset("waves", zoo.Split(series[:30]), zoo.Split(series[30:]))
    run = zoo.train("novelty-gan", data=data, baselines=False, **SMALL)
    assert set(run.metrics) == {"novel_share"}
    network = zoo.load(run)
    assert network.autoencoder is None
    refined = novelty_score.predict_array(predict.refiner_in_units(network), series)
    assert 4000 < refined.mean() < 6000
    np.save("wave.npy", series[0])
    Image.new("L", (12, 12)).save("grey.png")
    results, faults = apply_to_files(run, ["wave.npy", "grey.png"], Path("out"))
    assert len(faults) == 1
    assert Path(results[0]["refined_plot"]).exists()
    assert np.load(results[0]["refined"]).shape == (12, 1)


def test_one_optimizer_moves_refiner_and_plain_autoencoder() -> None:
    both = create_detector()
    assert len(both.generator_variables) == 2 * len(both.generator.trainable_variables)
    assert len(create_detector(baselines=False).generator_variables) == len(
        both.generator.trainable_variables
    )
    optimizer = zoo_novelty_gan.gan_optimizer.from_config(both, 10)
    assert optimizer.generator_variables == both.generator_variables
