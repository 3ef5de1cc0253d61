"""The gallery: made images excite, the strongest examples are the strongest, the page stands alone."""

import re
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.errors import DataError, SettingError
from zoo.interpret import gallery, gallery_html, networks
from zoo.interpret.activation_maximization import AscentConfig, maximize
from zoo.interpret.gallery import GalleryConfig
from zoo.interpret.top_activations import top_activations

CHANCE = np.random.default_rng(0)
BOUNDS = np.zeros(1, np.float32), np.ones(1, np.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> str:
    out = tmp_path_factory.mktemp("gallery") / "run"
    zoo.train("cnn", data=tiny, out=out, filters=[4, 6], convolutions=1, epochs=2, batch_size=16)
    return str(out)


def test_an_image_finds_the_pattern_that_a_kernel_holds() -> None:
    convolution = layers.Conv2D(2, (1, 2), use_bias=False)
    network = keras.Sequential([keras.Input((6, 6, 1)), convolution, layers.ReLU()])
    convolution.set_weights([np.array([[1.0, 1.0], [1.0, -1.0]]).reshape(1, 2, 1, 2)])
    climb = AscentConfig(steps=100, jitter=0, smoothness=0.0)
    bright, edges = maximize(network, [0, 1], np.ones(2), BOUNDS, (6, 6, 1), climb)[..., 0]
    assert bright.min() > 0.9
    assert np.asarray(network(edges[None, ..., None]))[..., 1].mean() > 0.2  # noise: 0.12


def test_a_silent_channel_wakes_where_its_relu_leaks_at_first() -> None:
    convolution = layers.Conv2D(1, 1)
    network = keras.Sequential([keras.Input((4, 4, 1)), convolution])
    convolution.set_weights([np.full((1, 1, 1, 1), 8.0), np.array([-7.9])])
    climb = AscentConfig(steps=200, jitter=1, smoothness=0.0)
    image = maximize(network, [0], np.ones(1), BOUNDS, (4, 4, 1), climb, rectify=True)
    assert np.maximum(network(image), 0).mean() > 0


def test_images_are_seeded_and_smoother_where_asked() -> None:
    network = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3)])

    def made(**settings: Any) -> Any:
        climb = AscentConfig(steps=30, **settings)
        return maximize(network, [0, 1], np.ones(2), BOUNDS, (8, 8, 1), climb)

    assert (made(seed=4) == made(seed=4)).all()
    assert not (made(seed=4) == made(seed=5)).all()
    rough, smooth = (np.abs(np.diff(made(smoothness=s), axis=1)).mean() for s in (0.0, 50.0))
    assert smooth < rough / 2


def test_the_strongest_are_those_of_a_plain_search() -> None:
    split = Split(CHANCE.random((300, 6, 6, 1), np.float32))
    image = keras.Input((6, 6, 1))
    model = keras.Model(image, layers.Conv2D(3, 3, name="seen")(image))
    found = top_activations(networks.truncate(networks.flatten(model), ["seen"]), split, 5)["seen"]
    means = np.asarray(model(split.inputs)).mean((1, 2))
    np.testing.assert_array_equal(found.positions, np.argsort(-means, 0)[:5])
    np.testing.assert_allclose(found.means, np.sort(means, 0)[::-1][:5], rtol=1e-4)
    assert found.lives.all()


def test_convolutions_are_looked_at_where_they_are_used(run: str) -> None:
    looked = gallery.select_layers(networks.open_network(run), ())
    assert [(seen.name, follows, before) for seen, follows, before in looked] == [
        ("activation", "conv2d", "batch_normalization"),
        ("activation_1", "conv2d_1", "batch_normalization_1"),
    ]
    ((named, follows, before),) = gallery.select_layers(networks.open_network(run), ["conv2d_1"])
    assert (named.name, follows, before) == ("conv2d_1", "", "")


def test_a_page_stands_alone_and_is_the_same_every_time(run: str, tmp_path: Any) -> None:
    asked = GalleryConfig(run, steps=12, seed=3)
    before = networks.weights_digest(networks.open_network(run))
    found = gallery.make_gallery(asked)
    page = gallery_html.render_page(found)
    assert page == gallery_html.render_page(gallery.make_gallery(asked))
    assert (found.digest, networks.weights_digest(networks.open_network(run))) == (before, before)
    assert set(re.findall(r'src="([^"]{10})', page)) == {"data:image"}
    assert not re.search(r"https?://|@import|<script|<link|url\(", page)
    for words in (
        found.digest,
        "--steps 12",
        "--seed 3",
        "24, the test split of tiny",
        "of conv2d_1",
    ):
        assert words in page, words
    assert page.count("<article") == 10
    written = gallery_html.write_page(found, tmp_path / "page")
    assert written.name == "page.html"
    assert written.read_text("utf-8") == page


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, tiny: Dataset) -> None:
    """Give runs on the tiny digits, which were trained from memory, their data again."""
    kept = gallery.recorded

    def recorded(run: Any) -> Any:
        return kept(run, tiny) if run.record["dataset"]["source"] is None else kept(run)

    monkeypatch.setattr(gallery, "recorded", recorded)


def test_made_images_excite_more_than_real_ones(run: str) -> None:
    found = gallery.make_gallery(GalleryConfig(run, steps=80))
    for wall in found.walls:
        assert wall.above is not None
        assert wall.above >= 0.75
        for each in wall.channels:
            assert each.real is not None
            assert each.real.shape == (9, 8, 8, 1)


def test_a_dead_channel_is_named(run: str) -> None:
    model = zoo.load(run)
    gamma, beta, *rest = model.get_layer(model.layers[2].name).get_weights()
    gamma[1], beta[1] = 0, -1
    model.layers[2].set_weights([gamma, beta, *rest])
    model.save("dead.keras")
    data = zoo.Run.open(run).record
    assert data["state"] == "finished"
    digits = zoo.data.dataset.open_dataset("digits").test.take(slice(40))
    np.savez(
        "d.npz",
        x_train=digits.stored,
        y_train=digits.targets,
        x_test=digits.stored,
        y_test=digits.targets,
    )
    found = gallery.make_gallery(GalleryConfig("dead.keras", data="d.npz", steps=2))
    assert found.walls[0].dead == [1]
    page = gallery_html.render_page(found)
    assert "Dead, the same for every example: <b>1</b>" in page
    assert page.count('class="card dead"') == 1


def test_a_file_without_data_shows_what_was_made_alone() -> None:
    keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(3, 3, activation="relu")]).save(
        "a<b.keras"
    )
    found = gallery.make_gallery(GalleryConfig("a<b.keras", steps=2, channels=2, size=20))
    (wall,) = found.walls
    assert [each.image.shape for each in wall.channels] == [(20, 20, 3)] * 2
    page = gallery_html.render_page(found)
    assert "The first 2 of 3 channels" in page
    assert "a&lt;b" in page
    assert "strongest real</figcaption>" not in page


def test_series_are_drawn_as_lines() -> None:
    keras.Sequential(
        [
            keras.Input((24, 2)),
            layers.Conv1D(3, 5, activation="relu"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    ).save("series.keras")
    waves = CHANCE.normal(3, 2, (12, 24, 2)).astype(np.float32)
    np.savez(
        "w.npz", x_train=waves, y_train=np.arange(12) % 2, x_test=waves, y_test=np.arange(12) % 2
    )
    found = gallery.make_gallery(GalleryConfig("series.keras", data="w.npz", steps=4))
    images = np.stack([each.image for each in found.walls[0].channels])
    assert images.min() >= waves.min()
    assert images.max() <= waves.max()
    assert gallery_html.render_page(found).count("<polyline") == 3 * (2 + 9 * 2)
    with pytest.raises(SettingError, match=r"whose range only examples tell. Give --data"):
        gallery.make_gallery(GalleryConfig("series.keras", steps=4))


@pytest.mark.parametrize(
    ("settings", "error", "problem"),
    [
        ({"layers": ("conv2",)}, SettingError, "no such layer. Did you mean conv2d"),
        ({"data": "gun.npz"}, DataError, r"inputs of shape .* takes \(8, 8, 1\)"),
        ({"steps": 0}, SettingError, "steps must be at least 1. Received: 0"),
        ({"channels": 0}, SettingError, "channels must be at least 1"),
    ],
)
def test_wrong_settings_are_answered(run: str, settings: Any, error: Any, problem: str) -> None:
    waves = np.zeros((12, 9, 2), np.float32)
    np.savez(
        "gun.npz", x_train=waves, y_train=np.arange(12) % 2, x_test=waves, y_test=np.arange(12) % 2
    )
    with pytest.raises(error, match=problem):
        gallery.make_gallery(GalleryConfig(run, **settings))
