import keras
import numpy as np
import pytest

from zoo.data.load import open_dataset
from zoo.io import pictures
from zoo.tasks import reconstruction

CHANCE = np.random.default_rng(0)
IMAGES = CHANCE.random((5, 9, 8, 1)).astype("float32")
OTHERS = CHANCE.random((5, 9, 8, 1)).astype("float32")


def test_the_cross_entropy_is_that_of_keras() -> None:
    theirs = keras.losses.BinaryCrossentropy()(IMAGES, OTHERS)
    assert reconstruction.cross_entropy(IMAGES, OTHERS) == pytest.approx(float(theirs), rel=1e-5)


def test_a_sure_mistake_costs_much_and_no_infinity() -> None:
    ones, zeros = np.ones((2, 3)), np.zeros((2, 3))
    assert reconstruction.cross_entropy(ones, zeros) == pytest.approx(-np.log(1e-7))
    assert reconstruction.cross_entropy(ones, ones) == pytest.approx(1e-7, rel=1e-3)


def test_psnr_is_the_mean_over_examples_and_bounded() -> None:
    off = IMAGES.copy()
    off[:3] += 0.1
    assert reconstruction.psnr(IMAGES, off) == pytest.approx((3 * 20 + 2 * 100) / 5, rel=1e-4)


def test_ssim_falls_with_noise_and_is_one_for_the_same() -> None:
    digits = open_dataset("digits").test.inputs[:20]
    noise = CHANCE.standard_normal(digits.shape)
    found = [reconstruction.ssim(digits, digits + s * noise) for s in (0.0, 0.1, 0.4)]
    assert found[0] == pytest.approx(1)
    assert found[0] > found[1] > found[2] > 0


@pytest.mark.parametrize("shape", [(4, 4, 3), (9, 8, 7, 1), (32, 32, 1)])
def test_ssim_takes_small_images_colours_and_volumes(shape: tuple[int, ...]) -> None:
    x = CHANCE.random((2, *shape))
    assert reconstruction.ssim(x, x) == pytest.approx(1)
    assert reconstruction.ssim(x, 1 - x) < 0.2


def test_measures_are_those_that_suit_the_values() -> None:
    assert set(reconstruction.reconstruction_metrics(IMAGES, OTHERS)) == {
        "bce",
        "mse",
        "psnr",
        "ssim",
    }
    assert set(reconstruction.reconstruction_metrics(IMAGES, OTHERS, unit=False)) == {"mse"}
    vectors = IMAGES.reshape(5, -1)
    assert set(reconstruction.reconstruction_metrics(vectors, vectors)) == {"bce", "mse", "psnr"}
    assert reconstruction.reconstruction_metrics(IMAGES, IMAGES)["mse"] == 0


def test_chunks_average_to_the_whole() -> None:
    chunks = [(3, slice(3)), (2, slice(3, 5))]
    whole = reconstruction.reconstruction_metrics(IMAGES, OTHERS)
    parts = ((n, reconstruction.reconstruction_metrics(IMAGES[at], OTHERS[at])) for n, at in chunks)
    assert reconstruction.weighted_means(parts) == pytest.approx(whole)


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 8, 3), (8, 8, 4), (8, 8, 2), (4, 8, 8, 1)])
def test_images_and_volumes_stand_one_under_the_other(shape: tuple[int, ...]) -> None:
    examples = CHANCE.random((12, *shape))
    drawn = reconstruction.plot_comparison(
        {"original": examples, "noisy": examples, "made": examples}
    )
    assert len(drawn.axes) == 3 * 10
    assert {text.get_text() for axes in drawn.axes for text in axes.texts} == {
        "original",
        "noisy",
        "made",
    }
    shown = drawn.axes[0].images[0].get_array()
    assert shown.shape[:2] == (8, 8)


def test_of_a_volume_the_middle_slice_is_seen() -> None:
    volumes = np.zeros((1, 5, 4, 4, 1))
    volumes[:, 2] = 1
    assert (reconstruction.as_pictures(volumes) == 1).all()


@pytest.mark.parametrize("shape", [(21, 2), (30,)])
def test_series_are_laid_over_each_other(shape: tuple[int, ...]) -> None:
    series = CHANCE.random((4, *shape))
    drawn = reconstruction.plot_comparison({"original": series, "reconstruction": series + 1})
    assert len(drawn.axes) == 4
    channels = 1 if len(shape) == 1 else shape[-1]
    assert [len(axes.lines) for axes in drawn.axes] == [2 * channels] * 4
    last = drawn.axes[3].lines[-1].get_ydata()
    np.testing.assert_array_equal(last, series[3].reshape(len(series[3]), -1)[:, -1] + 1)
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == [
        "original",
        "reconstruction",
    ]


@pytest.mark.parametrize(
    ("shape", "sheet"),
    [
        ((32,), (4, 8)),
        ((7,), (1, 7)),
        ((4, 4, 8), (8, 16)),
        ((6, 3), (6, 3)),
        ((5, 2, 2, 4), (4, 4)),
    ],
)
def test_a_code_is_a_mosaic_of_its_channels(shape: tuple[int, ...], sheet: tuple[int, int]) -> None:
    codes = CHANCE.standard_normal((3, *shape))
    tiles = reconstruction.channel_mosaic(codes)
    assert tiles.shape == (3, *sheet, 1)
    assert tiles.min() == 0
    assert tiles.max() == 1


def test_each_channel_of_a_mosaic_is_a_map_of_its_own() -> None:
    codes = np.arange(4.0) + np.zeros((1, 2, 2, 4))
    expected = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]) / 3
    np.testing.assert_allclose(reconstruction.channel_mosaic(codes)[0, ..., 0], expected, atol=1e-6)


def test_a_picture_of_one_colour_breaks_nothing() -> None:
    flat = np.zeros((2, 8, 8, 1))
    assert pictures.to_image(reconstruction.plot_comparison({"a": flat})).width > 0
    assert (reconstruction.channel_mosaic(np.ones((2, 5))) == 0).all()


def test_psnr_of_each_example_knows_the_range_of_values() -> None:
    off = IMAGES.copy()
    off[0] += 0.1
    np.testing.assert_allclose(reconstruction.psnr_per_example(IMAGES, off), [20] + 4 * [100], 1e-5)
    wide = reconstruction.psnr_per_example(255 * IMAGES, 255 * off, 255.0)
    np.testing.assert_allclose(wide, [20] + 4 * [100], 1e-4)
