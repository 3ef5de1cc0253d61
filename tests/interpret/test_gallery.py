"""The gallery: made images excite, the strongest examples are the strongest, the page stands alone."""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.errors import DataError, SettingError
from zoo.interpret import gallery_html, networks
from zoo.interpret.activation_maximization import AscentConfig, maximize
from zoo.interpret.gallery import choose_layers
from zoo.interpret.layer_gallery import ChosenLayer
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
    config = AscentConfig(steps=100, jitter=0, smoothness=0.0)
    bright, edges = maximize(network, [0, 1], np.ones(2), BOUNDS, (6, 6, 1), config)[..., 0]
    assert bright.min() > 0.9
    assert np.asarray(network(edges[None, ..., None]))[..., 1].mean() > 0.2  # noise: 0.12


def test_a_silent_channel_wakes_where_its_relu_leaks_at_first() -> None:
    convolution = layers.Conv2D(1, 1)
    network = keras.Sequential([keras.Input((4, 4, 1)), convolution])
    convolution.set_weights([np.full((1, 1, 1, 1), 8.0), np.array([-7.9])])
    config = AscentConfig(steps=200, jitter=1, smoothness=0.0)
    image = maximize(network, [0], np.ones(1), BOUNDS, (4, 4, 1), config, rectify=True)
    assert np.maximum(network(image), 0).mean() > 0


def test_images_are_seeded_and_smoother_where_asked() -> None:
    network = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3)])

    def images(**settings: Any) -> Any:
        config = AscentConfig(steps=30, **settings)
        return maximize(network, [0, 1], np.ones(2), BOUNDS, (8, 8, 1), config)

    assert (images(seed=4) == images(seed=4)).all()
    assert not (images(seed=4) == images(seed=5)).all()
    rough, smooth = (np.abs(np.diff(images(smoothness=s), axis=1)).mean() for s in (0.0, 50.0))
    assert smooth < rough / 2


def test_the_strongest_are_those_of_a_plain_search() -> None:
    split = Split(CHANCE.random((300, 6, 6, 1), np.float32))
    image = keras.Input((6, 6, 1))
    model = keras.Model(image, layers.Conv2D(3, 3, name="seen")(image))
    found = top_activations(networks.truncate(networks.flatten(model), ["seen"]), split, 5)["seen"]
    means = np.asarray(model(split.inputs)).mean((1, 2))
    np.testing.assert_array_equal(found.positions, np.argsort(-means, 0)[:5])
    np.testing.assert_allclose(found.means, np.sort(means, 0)[::-1][:5], rtol=1e-4)
    assert found.live.all()


def test_convolutions_are_shown_where_they_are_used(run: str) -> None:
    network = networks.open_network(run)
    infos = {info.name: info for info in networks.layers_of(network)}
    assert choose_layers(network, ()) == [
        ChosenLayer(infos["activation"], "conv2d", "batch_normalization"),
        ChosenLayer(infos["activation_1"], "conv2d_1", "batch_normalization_1"),
    ]
    assert choose_layers(network, ["conv2d_1"]) == [ChosenLayer(infos["conv2d_1"])]


def test_a_page_stands_alone_and_is_the_same_every_time(
    run: str, tiny: Dataset, tmp_path: Path
) -> None:
    digest = networks.weights_digest(networks.open_network(run))
    first, again = (
        zoo.gallery(run, data=tiny, steps=12, seed=3, out=tmp_path / name) for name in ("a", "b")
    )
    assert first.page == tmp_path / "a.html"
    page = first.page.read_text("utf-8")
    assert again.page is not None
    assert page == again.page.read_text("utf-8")
    assert (first.digest, networks.weights_digest(networks.open_network(run))) == (digest, digest)
    assert set(re.findall(r'src="([^"]{10})', page)) == {"data:image"}
    assert not re.search(r"https?://|@import|<script[^>]*src|<link|url\(", page)
    assert page.count("<script>") == page.count("script-src 'sha256-") == 1
    for words in (digest, "--steps 12", "--seed 3", "24, the test split of tiny", "of conv2d_1"):
        assert words in page, words
    assert page.count("<article") == 10


def test_pictures_say_what_is_seen_and_cards_can_be_sorted(run: str, tiny: Dataset) -> None:
    found = zoo.gallery(run, data=tiny, steps=12, out=None)
    page = gallery_html.render_page(found)
    alts = re.findall(r'alt="([^"]*)"', page)
    made = [alt for alt in alts if alt.startswith("Made for channel")]
    real = [alt for alt in alts if alt.startswith("For channel")]
    assert len(made) == len(real) == page.count("<article") == 10
    assert all(re.search(r"(dark|bright|grey|black|white).*It reaches \S+\.$", alt) for alt in made)
    assert all("9 real examples, " in alt and "the strongest reaches" in alt for alt in real)
    shares = re.findall(r'data-share="([^"]*)"', page)
    assert len(shares) == 10
    assert all(0 < float(share) <= 1 for share in shares)


def test_no_page_is_written_if_none_is_wanted(run: str, tiny: Dataset) -> None:
    found = zoo.gallery(zoo.load(run), layers=["conv2d*"], data=tiny, steps=2, channels=1, out=None)
    assert found.page is None
    assert found.command == "zoo.gallery(...) in Python"
    assert len(found.layers) == 2
    assert not list(Path().glob("*.html"))


def test_made_images_excite_more_than_real_ones(run: str, tiny: Dataset) -> None:
    for layer in zoo.gallery(run, data=tiny, steps=80, out=None).layers:
        assert layer.above is not None
        assert layer.above >= 0.75
        for channel in layer.channels:
            assert channel.examples is not None
            assert channel.examples.shape == (9, 8, 8, 1)


def test_a_runs_own_data_is_shown() -> None:
    zoo.train("cnn.digits", out="own", filters=[2], epochs=1)
    found = zoo.gallery("own", steps=2, out=None)
    assert found.dataset == "digits"
    assert found.examples == len(zoo.open_dataset("digits").test)
    assert " in " in found.layers[0].channels[0].classes


def test_a_dead_channel_is_named(run: str) -> None:
    model = zoo.load(run)
    gamma, beta, *rest = model.layers[2].get_weights()
    gamma[1], beta[1] = 0, -1
    model.layers[2].set_weights([gamma, beta, *rest])
    digits = zoo.open_dataset("digits").test.take(slice(40))
    splits = ("train", "test")
    arrays = {f"x_{name}": digits.stored for name in splits}
    np.savez("d.npz", **arrays, **{f"y_{name}": digits.targets for name in splits})
    model.save("dead.keras")
    found = zoo.gallery("dead.keras", data="d.npz", steps=2, out=None)
    assert found.layers[0].dead == [1]
    page = gallery_html.render_page(found)
    assert "Dead, the same for every example: <b>1</b>" in page
    assert page.count('class="card dead"') == 1


def test_a_file_without_data_shows_what_was_made_alone() -> None:
    keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(3, 3, activation="relu")]).save(
        "a<b.keras"
    )
    found = zoo.gallery("a<b.keras", steps=2, channels=2, size=20, out=None)
    (layer,) = found.layers
    assert [channel.image.shape for channel in layer.channels] == [(20, 20, 3)] * 2
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
    found = zoo.gallery("series.keras", data="w.npz", steps=4, out=None)
    images = np.stack([channel.image for channel in found.layers[0].channels])
    assert images.min() >= waves.min()
    assert images.max() <= waves.max()
    assert gallery_html.render_page(found).count("<polyline") == 3 * (2 + 9 * 2)
    with pytest.raises(SettingError, match=r"only examples tell their range. Give --data"):
        zoo.gallery("series.keras", steps=4)


@pytest.mark.parametrize(
    ("settings", "error", "problem"),
    [
        ({"layers": ("conv2",)}, SettingError, "no such layer. Did you mean conv2d"),
        ({"data": "gun.npz"}, DataError, r"takes inputs of shape \(8, 8, 1\)\. Received: .*gun"),
        ({"steps": 0}, SettingError, "steps must be at least 1. Received: 0"),
        ({"channels": 0}, SettingError, "channels must be at least 1"),
    ],
)
def test_wrong_settings_are_answered(
    run: str, tiny: Dataset, settings: Any, error: Any, problem: str
) -> None:
    waves = np.zeros((12, 9, 2), np.float32)
    np.savez(
        "gun.npz", x_train=waves, y_train=np.arange(12) % 2, x_test=waves, y_test=np.arange(12) % 2
    )
    with pytest.raises(error, match=problem):
        zoo.gallery(run, **({"data": tiny} | settings))
