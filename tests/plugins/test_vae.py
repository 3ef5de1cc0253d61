"""The variational autoencoder: its equations against other people's, its networks, measures and uses."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import zoo_vae
from keras import ops
from PIL import Image
from scipy import stats
from zoo_vae import log_likelihood, metrics

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.runs.predict import apply_to_files
from zoo.runs.recipe import resolve_with_data

GENERATOR = np.random.default_rng(0)
SMALL: dict[str, Any] = {"units": [8], "epochs": 1, "batch_size": 16}


def create_model(shape: tuple[int, ...] = (8, 8, 1), **settings: Any) -> Any:
    return zoo.create("vae", **{"input_shape": shape, "units": [8], **settings})


def images_of_shape(shape: tuple[int, ...], count: int = 24) -> Dataset:
    """Return images that differ in brightness only."""
    grey = GENERATOR.random((count, 1, 1, 1)) * GENERATOR.random(shape)
    return Dataset("made", Split(grey), Split(grey[:12]))


def test_the_divergence_is_that_of_two_normal_distributions() -> None:
    mean, log_var = GENERATOR.normal(size=(2, 3)), GENERATOR.normal(size=(2, 3))
    z = np.linspace(-30, 30, 200_001)
    found = ops.convert_to_numpy(log_likelihood.divergence(mean, log_var))
    for row in range(2):
        parts = []
        for m, v in zip(mean[row], log_var[row], strict=True):
            q = stats.norm(m, np.exp(v / 2))
            density = q.pdf(z) * (q.logpdf(z) - stats.norm.logpdf(z))
            parts.append(np.trapezoid(density, z))
        assert found[row] == pytest.approx(sum(parts), rel=1e-4)


def test_the_likelihoods_are_those_of_scipy() -> None:
    x, logits = GENERATOR.random((3, 4, 4, 2)), GENERATOR.normal(size=(5, 3, 4, 4, 2))
    p = 1 / (1 + np.exp(-logits))
    black_and_white = np.round(x)
    expected = stats.bernoulli.logpmf(black_and_white, p).sum((-3, -2, -1))
    np.testing.assert_allclose(
        log_likelihood.log_bernoulli(black_and_white, logits), expected, rtol=1e-4
    )
    expected = stats.norm.logpdf(x, p, 0.3).sum((-3, -2, -1))
    np.testing.assert_allclose(
        log_likelihood.log_gaussian(x, logits, np.log(0.3)), expected, rtol=1e-4
    )


def test_the_log_ratio_is_that_of_prior_and_posterior() -> None:
    mean, log_var = GENERATOR.normal(size=(3, 2)), GENERATOR.normal(size=(3, 2))
    noise = GENERATOR.normal(size=(5, 3, 2))
    z = mean + np.exp(log_var / 2) * noise
    expected = (stats.norm.logpdf(z) - stats.norm.logpdf(z, mean, np.exp(log_var / 2))).sum(-1)
    np.testing.assert_allclose(log_likelihood.log_ratio(z, noise, log_var), expected, rtol=1e-4)


def test_latents_are_drawn_with_the_standard_deviation_and_not_the_variance() -> None:
    model = create_model(latent_dim=2)
    for name, value in (("mean", 3.0), ("log_var", 2 * np.log(0.5))):
        layer = model.encoder.get_layer(name)
        layer.set_weights([np.zeros(layer.kernel.shape), np.full(2, value)])
    drawn = ops.convert_to_numpy(model(np.zeros((4000, 8, 8, 1)))["latents"])
    assert drawn.mean() == pytest.approx(3, abs=0.03)
    assert drawn.std() == pytest.approx(0.5, abs=0.02)


def test_the_sampler_computes_what_the_model_draws() -> None:
    mean, log_var, noise = GENERATOR.normal(size=(3, 5, 4)).astype(np.float32)
    z = zoo_vae.build_sampler(4)([mean, log_var, noise])
    np.testing.assert_allclose(z, mean + np.exp(log_var / 2) * noise, rtol=1e-5)


@pytest.mark.parametrize("network", ["dense", "conv"])
@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 10, 3), (1, 5, 2), (13, 3, 5)])
def test_images_of_any_size_and_channels_come_back_in_their_shape(
    network: str, shape: tuple[int, ...]
) -> None:
    model = create_model(shape, kind=network, filters=[3, 4], latent_dim=3)
    parts = zoo_vae.export(model)
    mean, log_var = parts["encoder"](np.ones((2, *shape)))
    assert mean.shape == log_var.shape == (2, 3)
    pixels = np.asarray(parts["decoder"](mean))
    assert pixels.shape == (2, *shape)
    assert ((pixels > 0) & (pixels < 1)).all()


@pytest.mark.parametrize("settings", [{}, {"likelihood": "gaussian"}, {"importance_samples": 3}])
def test_the_loss_is_the_bound(settings: dict[str, Any]) -> None:
    model = create_model(latent_dim=2, **settings)
    x = GENERATOR.random((6, 8, 8, 1)).astype(np.float32)
    said = {name: ops.convert_to_numpy(value) for name, value in model(x).items()}
    loss = float(model.compute_loss(x, y_pred=said, training=False))
    p = 1 / (1 + np.exp(-said["logits"]))
    if settings.get("likelihood") == "gaussian":
        explained = stats.norm.logpdf(x, p, np.exp(-2.0)).sum((-3, -2, -1))
    else:
        explained = (x * np.log(p) + (1 - x) * np.log(1 - p)).sum((-3, -2, -1))
    sigma = np.exp(said["log_var"] / 2)
    if settings.get("importance_samples"):
        posterior = stats.norm.logpdf(said["latents"], said["mean"], sigma)
        weights = explained + (stats.norm.logpdf(said["latents"]) - posterior).sum(-1)
        expected = -np.log(np.exp(weights - weights.max()).mean(0)).mean() - weights.max()
    else:
        kl = 0.5 * (said["mean"] ** 2 + sigma**2 - 1 - np.log(sigma**2)).sum(-1)
        expected = (kl - explained).mean()
    assert loss == pytest.approx(expected, rel=1e-4)


def test_beta_rises_over_its_share_of_the_steps_and_is_whole_when_watched() -> None:
    model = create_model(latent_dim=2, beta=4)
    model.kl_warmup_steps = 10.0
    x = GENERATOR.random((6, 8, 8, 1)).astype(np.float32)
    said = model(x)
    explained = model.log_likelihood(x, said["logits"])
    kl = float(ops.mean(log_likelihood.divergence(said["mean"], said["log_var"])))
    rest = -float(ops.mean(explained))
    losses = [float(model.compute_loss(x, y_pred=said)) for _ in range(12)]
    expected = [rest + 4 * min(1.0, (step + 1) / 10) * kl for step in range(12)]
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    assert float(model.compute_loss(x, y_pred=said, training=False)) == pytest.approx(losses[-1])


def test_pixels_are_drawn_anew_as_black_and_white() -> None:
    model = create_model(binarize=True)
    x = np.full((500, 8, 8, 1), 0.25, np.float32)
    one, two = (ops.convert_to_numpy(model(x, training=True)["x"]) for _ in range(2))
    assert set(np.unique(one)) == {0.0, 1.0}
    assert (one != two).any()
    assert one.mean() == pytest.approx(0.25, abs=0.03)  # 12 standard errors


def test_importance_samples_bound_what_an_integral_over_the_latent_gives(tiny: Dataset) -> None:
    settings = {**SMALL, "latent_dim": 1, "binarize": True, "epochs": 30, "learning_rate": 0.01}
    chosen = resolve_with_data("vae", {**settings, "bound_samples": 3000, "bound_images": 5}, tiny)
    keras.utils.set_random_seed(0)
    model = chosen.build_model()
    chosen.architecture.train(model, chosen.config, chosen.load_data(), [])
    images = next(metrics.iterate_test_images(tiny, chosen.config, 5))
    z = np.linspace(-8, 8, 4001, dtype=np.float32)
    logits = ops.repeat(model.decoder(z[:, None])[:, None], len(images), axis=1)
    explained = ops.convert_to_numpy(model.log_likelihood(images, logits)).astype(np.float64)
    density = np.exp(explained) * stats.norm.pdf(z)[:, None]
    exact = -np.log(np.trapezoid(density, z, axis=0))
    np.testing.assert_allclose(
        metrics.likelihood_bounds(model, chosen.config, tiny), exact, atol=0.15
    )


def test_black_and_white_test_images_are_the_same_every_time(tiny: Dataset) -> None:
    config = resolve_with_data("vae", {**SMALL, "binarize": True}, tiny).config
    one, two = (list(metrics.iterate_test_images(tiny, config)) for _ in range(2))
    np.testing.assert_array_equal(np.concatenate(one), np.concatenate(two))
    part = next(metrics.iterate_test_images(tiny, config, 5))
    np.testing.assert_array_equal(part, one[0][:5])


@pytest.mark.parametrize(
    ("settings", "measures"),
    [
        ({}, set()),
        ({"likelihood": "gaussian", "kind": "conv", "filters": [4]}, {"sigma"}),
        ({"binarize": True, "bound_samples": 20, "kl_warmup": 0.5}, {"nll_bound"}),
    ],
)
def test_a_training_gives_measures_and_pictures(
    settings: dict[str, Any], measures: set[str], tiny: Dataset
) -> None:
    run = zoo.train("vae", data=tiny, **{**SMALL, **settings})
    found = run.metrics
    assert set(found) == {"negative_elbo", "reconstruction", "kl", "active_units"} | measures
    assert found["negative_elbo"] == pytest.approx(found["reconstruction"] + found["kl"])
    assert "nll_bound" not in found or found["nll_bound"] < found["negative_elbo"] + 1
    names = {path.stem for path in run.pictures}
    assert {"reconstructions", "samples", "latents", "manifold", "interpolations"} <= names
    assert {"kl", "reconstruction", "loss"} <= set(run.history[0])


@pytest.mark.parametrize("latents", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(8, 8, 3), (6, 9, 2)])
def test_every_number_of_latents_has_its_pictures(latents: int, shape: tuple[int, ...]) -> None:
    data = images_of_shape(shape)
    chosen = resolve_with_data("vae", {**SMALL, "latent_dim": latents}, data)
    drawn = chosen.architecture.preview(chosen.build_model(), chosen.config, data)
    expected = {1: set(), 2: {"manifold"}, 3: {"slices", "flight", "traversals"}}
    always = {"reconstructions", "samples", "latents", "interpolations"}
    assert set(drawn) == always | expected.get(latents, {"traversals"})


def test_learning_makes_the_bound_better_and_uses_a_latent(tiny: Dataset) -> None:
    few, many = (
        zoo.train("vae", data=tiny, units=[32], batch_size=16, epochs=epochs).metrics
        for epochs in (1, 60)
    )
    assert many["negative_elbo"] < few["negative_elbo"] - 3
    assert many["active_units"] >= 1


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"input_shape": (20, 2)}, r"takes images.*Received: \(20, 2\)"),
        ({"binarize": True, "likelihood": "gaussian"}, "needs likelihood=bernoulli"),
        ({"latent_dim": 0}, "'latent_dim'"),
        ({"filters": []}, "'filters'"),
    ],
)
def test_what_cannot_be_built_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(zoo.SettingError, match=problem):
        create_model(**{"shape": settings.pop("input_shape", (8, 8, 1)), **settings})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> zoo.Run:
    return zoo.train("vae", data=tiny, out=tmp_path_factory.mktemp("vae") / "run", **SMALL)


def test_files_are_encoded_coordinates_decoded_and_pairs_joined(run: zoo.Run) -> None:
    for name, grey in (("dark", 30), ("light", 220)):
        Image.new("L", (8, 8), grey).save(f"{name}.png")
    np.save("two.npy", [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    items = ["dark.png", "0.5,-1", "two.npy", "dark.png,light.png"]
    results, faults = apply_to_files(run, items, Path("out"))
    assert not faults
    assert [len(results[0][name]) for name in ("mean", "log_var")] == [2, 2]
    names = [results[1]["image"].name, results[3]["interpolation"].name]
    assert names == ["0.5--1-image.png", "dark-light-interpolation.gif"]
    with Image.open(results[1]["image"]) as one, Image.open(results[2]["image"]) as three:
        assert one.size == (160, 160)  # enlarged, to be looked at
        assert three.size[0] > 16
    with Image.open(results[3]["interpolation"]) as way:
        assert way.n_frames > 5


def test_arrays_are_taken_too(run: zoo.Run) -> None:
    image = GENERATOR.random((8, 8, 1)).astype(np.float32)
    encoded, decoded, pair = zoo.apply(run, [image, np.zeros(2), (image, 1 - image)])
    assert len(encoded["mean"]) == 2
    assert decoded["image"].shape == (8, 8, 1)
    first = zoo.apply(run, [np.array(encoded["mean"])])[0]["image"]
    np.testing.assert_allclose(pair["interpolation"][0], first, atol=1e-4)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("1,2,3", "has 2 latents. Received: 3 numbers"),
        ("nothing.png", "no file nothing.png"),
        ("nothing.png,neither.png", "no file nothing.png"),
        ("nothing.npy", r"nothing\.npy: "),
        (np.zeros((5, 5, 1)), r"shape \(5, 5, 1\)"),
    ],
)
def test_an_item_that_is_none_of_these_is_refused(run: zoo.Run, item: Any, problem: str) -> None:
    with pytest.raises(zoo.DataError, match=problem):
        zoo.apply(run, [item])


def test_all_parts_pass_the_gate_and_the_decoder_draws_what_apply_draws(run: zoo.Run) -> None:
    report = zoo.export(run, ["onnx"])
    assert report.ok
    names = {
        role: [tensor.name for tensor in contract.outputs]
        for role, contract in report.contracts.items()
    }
    assert names == {
        "encoder": ["mean", "log_var"],
        "decoder": ["reconstruction"],
        "sampler": ["latents"],
    }
    import onnxruntime

    file = next(run.path.glob("export/**/decoder*.onnx"))
    session = onnxruntime.InferenceSession(file)
    drawn = session.run(None, {"latents": np.array([[0.5, -1.0]], np.float32)})[0][0]
    ours = zoo.apply(run, [np.array([0.5, -1.0])])[0]["image"]
    np.testing.assert_allclose(drawn, ours, atol=1e-5)
