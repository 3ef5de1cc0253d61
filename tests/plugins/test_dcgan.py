"""The adversarial network of images: its networks, its album, its measures, pictures and uses."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo_dcgan
from PIL import Image
from zoo_dcgan import album, metrics, plots, samples

import zoo
from zoo.runs.predict import apply_to_files
from zoo.runs.recipe import resolve_with_data, resolve_without_loading

RNG = np.random.default_rng(0)
SMALL: dict[str, Any] = {
    "latent_dim": 6,
    "generator_filters": [4, 3],
    "discriminator_filters": [3, 4],
    "batch_size": 16,
    "epochs": 1,
}


def create_gan(shape: tuple[int, ...] = (8, 8, 1), **settings: Any) -> Any:
    return zoo.create("dcgan", **{"input_shape": shape, **SMALL, **settings})


@pytest.mark.parametrize("upsampling", ["transpose", "nearest"])
@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("shape", [(8, 8, 1), (4, 12, 3), (20, 8, 2)])
def test_images_of_any_size_that_the_strides_allow_are_made_and_judged(
    shape: tuple[int, ...], conditional: bool, upsampling: str
) -> None:
    model = create_gan(shape, conditional=conditional, classes=3, upsampling=upsampling)
    parts = zoo_dcgan.export(model, model.config)
    classes = [np.eye(3, dtype=np.float32)] if conditional else []
    latents = RNG.normal(size=(3, 6))
    image = np.asarray(parts["generator"]([latents, *classes] if conditional else latents))
    assert image.shape == (3, *shape)
    assert ((image > 0) & (image < 1)).all()
    judged = parts["discriminator"]([image, *classes] if conditional else image)
    assert judged.shape == (3, 1)
    assert ((np.asarray(judged) > 0) & (np.asarray(judged) < 1)).all()


def test_the_class_changes_the_image_and_the_score() -> None:
    model = create_gan(conditional=True, classes=3)
    latents, image = np.ones((3, 6), np.float32), np.ones((3, 8, 8, 1), np.float32)
    for network, first in ((model.generator, latents), (model.discriminator, image)):
        answers = np.asarray(network([first, np.eye(3, dtype=np.float32)]))
        assert abs(answers[0] - answers[1]).max() > 1e-5


def test_the_sources_network_has_its_layers() -> None:
    chosen = resolve_without_loading("dcgan.by-example", {})
    model = chosen.build_model()
    generator = [layer.output.shape[1:] for layer in model.generator.layers]
    for shape in ((7, 7, 256), (14, 14, 128), (28, 28, 64), (28, 28, 32), (28, 28, 1)):
        assert shape in generator
    discriminator = [layer.output.shape[1:] for layer in model.discriminator.layers]
    for shape in ((14, 14, 64), (7, 7, 128), (4, 4, 256), (4, 4, 512)):
        assert shape in discriminator
    assert model.averaged_generator is model.generator


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"input_shape": (10, 8, 1)}, r"enlarges by 4.*must divide.*\(10, 8, 1\)"),
        ({"input_shape": (20, 2)}, r"must be \(height, width, channels\).*Received: \(20, 2\)"),
        ({"generator_strides": [2]}, "equally many numbers. Received: 2 and 1"),
        ({"discriminator_filters": [3]}, "equally many numbers. Received: 1 and 2"),
        ({"conditional": True}, "needs classes"),
        ({"loss": "wasserstein"}, "set spectral_norm=true"),
    ],
)
def test_what_cannot_be_built_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(zoo.SettingError, match=problem):
        create_gan(**{"shape": settings.pop("input_shape", (8, 8, 1)), **settings})


def test_a_missing_classifier_stops_before_the_training(tiny: zoo.Dataset) -> None:
    with pytest.raises(zoo.SettingError, match=r"zoo train cnn\.cifar10"):
        zoo.train("dcgan", data=tiny, feature_network="cnn.cifar10", **SMALL)


@pytest.mark.parametrize(("epochs", "last"), [(1, [1]), (16, list(range(1, 17)))])
def test_the_album_ends_with_the_last_epoch(epochs: int, last: list[int]) -> None:
    config = zoo_dcgan.defaults()
    assert album.album_epochs(config.replace(epochs=epochs)) == last
    for many in (17, 25, 80, 1000):
        pages = album.album_epochs(config.replace(epochs=many))
        assert len(set(pages)) == 16
        assert pages[-1] == many


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, tiny: zoo.Dataset) -> zoo.Run:
    out = tmp_path_factory.mktemp("seen") / "run"
    return zoo.train("cnn", data=tiny, out=out, filters=[4], epochs=1, batch_size=16)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny: zoo.Dataset, seen: zoo.Run) -> zoo.Run:
    """A conditional one, with every measure."""
    settings = {**SMALL, "epochs": 2, "conditional": True, "feature_network": str(seen.path)}
    return zoo.train("dcgan", data=tiny, out=tmp_path_factory.mktemp("gan") / "run", **settings)


def test_a_run_has_its_measures_pictures_and_curves(run: zoo.Run) -> None:
    each = {"frechet", "frechet_floor", "precision", "recall", "coverage"}
    found = run.metrics
    assert set(found) == each | {f"pca64_{name}" for name in each} | {"class_accuracy"}
    assert found["pca64_frechet"] > found["pca64_frechet_floor"] > 0
    names = {path.stem for path in run.pictures}
    assert names == {"curve", "samples", "growth", "growing", "interpolations", "neighbours"}
    with Image.open(run.path / "pictures" / "growing.gif") as growing:
        assert growing.n_frames == 2
    assert {"discriminator", "generator", "real", "fake"} <= set(run.history[0])


def test_the_album_holds_what_was_made_at_the_end_of_each_epoch(run: zoo.Run) -> None:
    model = zoo.load(run)
    pages = plots.album_pages(model)
    np.testing.assert_allclose(
        pages[-1], samples.album_images(model, album.IMAGES), atol=0.5 / 255 + 1e-6
    )
    assert abs(pages[0] - pages[1]).max() > 1 / 255


def test_training_images_in_place_of_made_ones_are_as_far_as_the_floor(tiny: zoo.Dataset) -> None:
    test, train = (
        split.inputs.reshape(24, -1) for split in (tiny.test, tiny.train.take(slice(24)))
    )
    found = metrics.distance_metrics(train, test, train)
    assert found["frechet"] == found["frechet_floor"]


def test_images_without_classes_are_measured_too() -> None:
    grey = RNG.random((30, 8, 8, 3))
    data = zoo.Dataset("made", zoo.Split(grey[:20]), zoo.Split(grey[20:]))
    chosen = resolve_with_data("dcgan", SMALL, data)
    model = chosen.build_model()
    found = chosen.architecture.evaluate(model, chosen.config, data)
    assert set(found) == {
        "pca64_frechet", "pca64_frechet_floor", "pca64_precision", "pca64_recall",
    }  # fmt: skip
    assert all(np.isfinite(value) for value in found.values())
    # the training image that is nearest to itself is itself
    np.testing.assert_allclose(
        plots.nearest_training_images(grey[3:5].astype(np.float32), data), grey[3:5], rtol=1e-5
    )


def test_paths_between_latents_keep_their_length_or_are_straight() -> None:
    one, other = RNG.normal(size=(2, 50))
    path = plots.spherical_path(one, other / np.linalg.norm(other) * np.linalg.norm(one))
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(one))
    np.testing.assert_allclose(path[[0, -1]][0], one)
    np.testing.assert_allclose(plots.linear_path(one, other)[5], (one + other) / 2)


def test_a_classifier_of_other_classes_measures_distances_alone(
    tiny: zoo.Dataset, seen: zoo.Run, tmp_path: Path
) -> None:
    few = tiny.train.targets < 3, tiny.test.targets < 3
    splits = [
        split.take(np.flatnonzero(here))
        for split, here in zip((tiny.train, tiny.test), few, strict=True)
    ]
    data = zoo.Dataset("three", *splits, tiny.classes[:3])
    settings = {**SMALL, "conditional": True, "feature_network": str(seen.path), "batch_size": 4}
    found = zoo.train("dcgan", data=data, out=tmp_path / "run", **settings).metrics
    assert {"frechet", "precision", "pca64_coverage"} <= set(found)
    assert not {"coverage", "class_accuracy"} & set(found)


@pytest.mark.parametrize(
    ("latents", "problem"),
    [
        (np.zeros((0, 6)), r"l\.NPY is empty: its shape is \(0, 6\)"),
        (np.array(["a"] * 6), r"l\.NPY must hold numbers"),
        (np.full(6, np.nan), r"l\.NPY holds a value that is not a finite number"),
        (np.zeros(6, complex), r"l\.NPY must hold numbers"),
    ],
)
def test_what_is_no_latents_is_refused(run: zoo.Run, latents: Any, problem: str) -> None:
    with open("l.NPY", "wb") as file:
        np.save(file, latents)
    with pytest.raises(zoo.DataError, match=problem):
        zoo.apply(run, ["l.NPY"])


def test_latents_become_images_and_images_are_judged(run: zoo.Run) -> None:
    latents = RNG.normal(size=(2, 6)).astype(np.float32)
    np.save("all.npy", latents[0])  # one of each of the ten classes
    np.save("seven.npy", np.concatenate([latents[0], np.eye(10)[7]]))
    Image.new("L", (8, 8), 90).save("grey.png")
    results, faults = apply_to_files(run, ["all.npy", "seven.npy", "grey.png"], Path("out"))
    assert not faults
    with Image.open(results[0]["image"]) as every, Image.open(results[1]["image"]) as one:
        assert one.size == (160, 160)  # enlarged, to be looked at
        assert every.size[0] > 16
    assert set(results[2]) == {"item", "class", "score"}
    (seven,) = zoo.apply(run, [np.concatenate([latents[0], np.eye(10)[7]])])
    model = zoo.load(run)
    expected = np.asarray(
        model.averaged_generator([latents[:1], np.eye(10, dtype=np.float32)[[7]]])
    )
    np.testing.assert_allclose(seven["image"], expected[0], atol=1e-6)
    with pytest.raises(zoo.DataError, match=r"takes 6 latents, or 16 with the class\. Received: 4"):
        zoo.apply(run, [np.zeros(4)])


def test_all_parts_of_a_spectral_and_conditional_one_pass_the_gate(
    tiny: zoo.Dataset, tmp_path: Path
) -> None:
    settings = {
        **SMALL,
        "conditional": True,
        "spectral_norm": True,
        "loss": "hinge",
        "discriminator_steps": 2,
    }
    trained = zoo.train("dcgan", data=tiny, out=tmp_path / "run", **settings)
    report = zoo.export(trained, ["onnx"])
    assert report.ok
    names = {
        role: ([t.name for t in contract.inputs], [t.name for t in contract.outputs])
        for role, contract in report.contracts.items()
    }
    assert names == {
        "generator": (["latents", "label"], ["image"]),
        "discriminator": (["image", "label"], ["score"]),
    }
