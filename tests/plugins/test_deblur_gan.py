"""The deblurring network: its kernels, its blur, its networks, its tiles, its measures and its uses."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import zoo_deblur_gan
from PIL import Image
from zoo_deblur_gan import (
    blur,
    config,
    kernels,
    losses,
    metrics,
    networks,
    plots,
    predict,
    tiled_inference,
)
from zoo_deblur_gan.model import crop_middle
from zoo_deblur_gan.networks import clip_output
from zoo_deblur_gan.sharpness import is_sharp

import zoo
from zoo.inference.keras_parts import KerasPart, KerasParts
from zoo.runs.predict import apply_to_files
from zoo.runs.recipe import resolve_without_loading

RNG = np.random.default_rng(0)
START = RNG.bit_generator.state
SMALL: dict[str, Any] = {
    "blur_kernel_size": 5,
    "shake": [1.0, 1.5],
    "blur_kernels": 16,
    "crop": 12,
    "generator_filters": [4, 6],
    "blocks": 1,
    "discriminator_filters": [4, 6],
    "batch_size": 4,
    "epochs": 1,
}


def create_gan(shape: tuple[int, ...] = (20, 24, 3), **settings: Any) -> Any:
    return zoo.create("deblur-gan", **{"input_shape": shape, **SMALL, **settings})


def perturb(network: keras.Model, spread: float = 0.1) -> keras.Model:
    """Move all weights, so that a network is no longer the identity that it begins as."""
    rng = np.random.default_rng(1)
    network.set_weights([w + spread * rng.normal(size=w.shape) for w in network.get_weights()])
    return network


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Let each test draw the same numbers, whichever ran before."""
    RNG.bit_generator.state = START


def photos(channels: int = 3, shape: tuple[int, int] = (20, 24)) -> zoo.Dataset:
    """Blocks of random brightness, which have edges, as uint8."""
    small = RNG.integers(0, 256, (18, shape[0] // 4, shape[1] // 4, channels), np.uint8)
    large = small.repeat(4, 1).repeat(4, 2)
    return zoo.Dataset("blocks", zoo.Split(large[:12]), zoo.Split(large[12:]))


def test_kernels_move_nothing_and_keep_the_light() -> None:
    bank = kernels.draw_kernels(200, 21, (0.5, 6), seed=3)
    assert bank.shape == (200, 21, 21)
    assert (bank >= 0).all()
    np.testing.assert_allclose(bank.sum((1, 2)), 1, atol=1e-6)
    from_middle = np.arange(21) - 10
    for axis in (1, 2):
        centroids = bank.sum(axis) @ from_middle
        assert abs(centroids).max() < 1e-5
    np.testing.assert_array_equal(bank, kernels.draw_kernels(200, 21, (0.5, 6), seed=3))
    assert (bank != kernels.draw_kernels(200, 21, (0.5, 6), seed=4)).any((1, 2)).all()


def test_more_shake_blurs_more() -> None:
    spread = [kernels.draw_kernels(300, 31, (far, far), 0).max((1, 2)).mean() for far in (1, 2, 4)]
    assert spread[0] > spread[1] > spread[2]


def test_the_shake_is_the_paths_distance_from_its_middle() -> None:
    away = np.arange(31) - 15
    squares = away[:, None] ** 2 + away**2
    for kernel in kernels.draw_kernels(20, 31, (3, 3), 0):
        # sharing a point among four pixels adds at most a quarter along each axis
        assert 9 <= (kernel * squares).sum() <= 9.5


def test_a_share_of_the_training_kernels_has_a_weaker_shake() -> None:
    settings = {"input_shape": (64, 64, 3), "blur_kernels": 100, "shake": (2.5, 3.5)}
    away = np.arange(21) - 10
    squares = away[:, None] ** 2 + away**2
    for share in (0.0, 0.25):
        config = zoo_deblur_gan.Config(**settings, weak_kernels=share)
        bank = zoo_deblur_gan.model.training_kernels(config)
        distances = np.sqrt((bank * squares).sum((1, 2)))
        assert (distances < 2.5).sum() == pytest.approx(100 * share, abs=2)
        assert (distances < 1).any() == bool(share)


def test_points_between_pixels_are_shared_by_their_neighbours() -> None:
    kernel = kernels.rasterise(np.array([[0.25, -0.5]]), 3)
    wanted = np.zeros((3, 3))
    wanted[1, 0:2], wanted[2, 0:2] = 0.375, 0.125
    np.testing.assert_allclose(kernel, wanted)


def test_the_blur_of_a_graph_is_a_convolution_with_the_kernel() -> None:
    images = RNG.random((3, 14, 17, 2)).astype(np.float32)
    bank = kernels.draw_kernels(3, 5, (1, 1.5), 0)
    slow = np.zeros((3, 10, 13, 2))
    for down in range(5):
        for right in range(5):
            seen = images[:, 4 - down : 14 - down, 4 - right : 17 - right]
            slow += bank[:, down, right, None, None, None] * seen
    np.testing.assert_allclose(np.asarray(blur.convolve(images, bank)), slow, atol=1e-5)
    np.testing.assert_allclose(blur.convolve_array(images[1], bank[1]), slow[1], atol=1e-5)


def test_a_bright_point_stays_where_it_is() -> None:
    image = np.zeros((31, 31, 1), np.float32)
    image[15, 15] = 1
    for kernel in kernels.draw_kernels(10, 9, (1, 3), 0):
        spot = blur.convolve_array(image, kernel)[..., 0]
        middle = np.arange(23) - 11
        assert abs(spot.sum(1) @ middle) < 1e-4
        assert abs(spot.sum(0) @ middle) < 1e-4


@pytest.mark.parametrize("normalisation", ["none", "instance"])
@pytest.mark.parametrize("upsampling", ["nearest", "transpose"])
def test_any_size_is_restored_to_its_own_and_begins_as_it_was(
    upsampling: str, normalisation: str
) -> None:
    model = create_gan(
        upsampling=upsampling, generator_normalization=normalisation, generator_filters=[4, 4, 6]
    )
    part = zoo_deblur_gan.export(model)["generator"]
    for size in ((1, 1), (5, 9), (16, 8)):
        image = RNG.random((2, *size, 3)).astype(np.float32)
        np.testing.assert_allclose(np.asarray(part(image)), image, atol=1e-6)
    perturb(part, 1.0)
    image = RNG.random((2, 7, 10, 3)).astype(np.float32)
    restored = np.asarray(part(image))
    assert restored.shape == image.shape
    assert (restored.min(), restored.max()) == (0, 1)


def test_the_discriminator_scores_patches_without_a_bound() -> None:
    discriminator = zoo_deblur_gan.export(create_gan())["discriminator"]
    assert discriminator(np.zeros((2, 20, 13, 3), np.float32)).shape == (2, 5, 4, 1)
    assert isinstance(discriminator.layers[-1], keras.layers.Conv2D)
    assert discriminator.layers[-1].activation is keras.activations.linear


def test_the_source_has_its_layers() -> None:
    with pytest.raises(zoo.SettingError, match="generator_normalization"):
        create_gan(generator_normalization="batch")
    chosen = resolve_without_loading("deblur-gan.source", {})
    generator = networks.generator(chosen.config)
    convolutions = [w.shape for w in generator.weights if len(w.shape) == 4]
    assert convolutions.count((3, 3, 256, 256)) == 18
    assert convolutions[0] == (7, 7, 3, 64)
    assert convolutions[-1] == (7, 7, 64, 3)
    assert chosen.config.perceptual_network == "VGG16"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"shape": (20, 24, 4)}, r"1 or 3\), or have 2 or 6 channels.*Received: \(20, 24, 4\)"),
        ({"shape": (20, 3)}, r"Received: \(20, 3\)"),
        ({"blur_kernel_size": 4}, "must be odd, and at most half.*Received: 4"),
        ({"blur_kernel_size": 11}, r"smaller side \(10\). Received: 11"),
        ({"shake": [3, 2]}, "least, largest.*Received: 3.0 and 2.0"),
        ({"outer_kernel_size": 2}, "outer_kernel_size must be odd"),
        ({"loss": "wasserstein", "spectral_norm": False}, "set spectral_norm=true"),
    ],
)
def test_what_cannot_be_built_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(zoo.SettingError, match=problem):
        create_gan(**settings)


def test_a_pixel_depends_on_none_beyond_the_reach() -> None:
    settings = create_gan(
        generator_filters=[3, 4, 5], blocks=2, generator_normalization="none"
    ).config
    network = perturb(networks.generator(settings))
    far = networks.receptive_radius(settings)
    size = 4 * (-(-(2 * far + 8) // 4))
    image = RNG.random((1, size, size, 3)).astype(np.float32)
    other = image.copy()
    other[:, size // 2, size // 2] = 0
    apart = abs(np.asarray(network(image)) - np.asarray(network(other))).max((0, 2, 3))
    moved = np.flatnonzero(apart > 1e-7)
    assert max(size // 2 - moved.min(), moved.max() - size // 2) <= far


@pytest.mark.parametrize("size", [(150, 260), (260, 101)])
def test_tiles_of_a_local_network_are_the_whole(size: tuple[int, int]) -> None:
    settings = create_gan(generator_filters=[3, 4], blocks=1, generator_normalization="none").config
    network = perturb(networks.generator(settings))
    image = RNG.random((*size, 3)).astype(np.float32)
    tiles = tiled_inference.restore_in_tiles(
        image, network, 40, networks.receptive_radius(settings), networks.size_multiple(settings)
    )
    np.testing.assert_allclose(tiles, np.asarray(network(image[None]))[0], atol=2e-6)


def test_tiles_of_an_instance_normalised_network_have_no_seam() -> None:
    settings = create_gan(
        generator_filters=[3, 4], blocks=1, generator_normalization="instance"
    ).config
    network = perturb(networks.generator(settings), 0.3)
    image = RNG.random((150, 300, 3)).astype(np.float32)
    image[:, 150:] *= 0.3  # tiles of another brightness each
    whole = np.asarray(network(image[None]))[0]
    reach, multiple = networks.receptive_radius(settings), networks.size_multiple(settings)
    tiles = tiled_inference.restore_in_tiles(image, network, 40, reach, multiple)
    each = np.concatenate(
        [np.asarray(network(half[None]))[0] for half in np.split(image, 2, axis=1)], 1
    )
    assert abs(tiles - whole).mean() < abs(each - whole).mean() / 3
    # one function of the neighbourhood all over: the same network as one piece gives the same
    settled = tiled_inference.with_fixed_moments(network, tiled_inference.mosaic(image))
    np.testing.assert_allclose(tiles, np.asarray(settled(image[None]))[0], atol=2e-5)


def test_a_mosaic_has_something_of_all_of_a_large_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiled_inference, "SQUARE_SIDE", 4)
    image = np.arange(40 * 12, dtype=np.float32).reshape(40, 12, 1)
    assert tiled_inference.mosaic(image).shape == (12, 12, 1)
    assert tiled_inference.mosaic_positions(40).tolist() == [
        0,
        1,
        2,
        3,
        18,
        19,
        20,
        21,
        36,
        37,
        38,
        39,
    ]
    assert tiled_inference.mosaic_positions(12).tolist() == list(range(12))


def test_a_small_image_in_tiles_is_the_whole_whatever_normalises() -> None:
    settings = create_gan(
        generator_filters=[3, 4], blocks=1, generator_normalization="instance"
    ).config
    network = perturb(networks.generator(settings), 0.3)
    image = RNG.random((150, 260, 3)).astype(np.float32)
    tiles = tiled_inference.restore_in_tiles(
        image, network, 40, networks.receptive_radius(settings), networks.size_multiple(settings)
    )
    np.testing.assert_allclose(tiles, np.asarray(network(image[None]))[0], atol=2e-5)


@pytest.mark.parametrize("size", [33, 90, 200, 1000])
def test_spans_cover_an_axis_and_begin_at_multiples(size: int) -> None:
    total = np.zeros(size)
    for start, end in tiled_inference.spans(size, 40, 20, 4):
        assert start % 4 == 0
        weights = tiled_inference.fade_weights((start, end), size, 20)
        total[start:end] += weights
    assert (total > 0.99).all()


def test_pictures_are_moved_and_mirrored_but_nothing_new_comes_in() -> None:
    model = create_gan((40, 40, 1), crop=12)
    x = np.arange(1600, dtype=np.float32).reshape(1, 40, 40, 1).repeat(6, 0) / 1600
    moved = np.asarray(losses.crop_augmentation(model.config)(x, [3, 4]))
    cut = crop_middle(moved, [16, 16])
    assert cut.shape == (6, 16, 16, 1)
    assert len({float(each[0, 0, 0]) for each in cut}) > 3
    for each in cut[..., 0]:
        np.testing.assert_allclose(abs(np.diff(each, axis=1)), 1 / 1600, atol=1e-6)
        np.testing.assert_allclose(np.diff(each, axis=0), 40 / 1600, atol=1e-6)


@pytest.mark.parametrize("kind", ["l1", "l2", "psnr"])
def test_differences_of_pixels_grow_with_the_error(kind: str) -> None:
    sharp = RNG.random((2, 6, 6, 3)).astype(np.float32)
    near, far = (float(losses.pixel_loss(kind, sharp, sharp + e)) for e in (0.01, 0.1))
    assert far > near


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> zoo.Run:
    """A run on blocks in colour, long enough to be more than the identity."""
    out = tmp_path_factory.mktemp("deblur") / "run"
    settings = {**SMALL, "epochs": 30, "generator_learning_rate": 5e-3, "ema": 0.0}
    settings["weak_kernels"] = 0.0  # a minute of training is too short for both
    return zoo.train("deblur-gan", data=photos(), out=out, **settings)


def test_training_restores_and_leaves_its_measures_and_pictures(run: zoo.Run) -> None:
    found = run.metrics
    ways = ("", "_input", "_unsharp", "_wiener", "_lucy")
    assert set(found) == {f"{name}{way}" for name in ("psnr", "ssim") for way in ways}
    assert found["psnr"] > found["psnr_input"] + 0.3
    assert {path.stem for path in run.pictures} == {"curve", "restored", "kernels"}
    assert {"psnr", "discriminator", "generator"} <= set(run.history[0])
    model, data = zoo.load(run), photos()
    parts = KerasParts(lambda: zoo_deblur_gan.export(model))
    again = metrics.evaluate(parts, model.config, data, None)
    assert again == metrics.evaluate(parts, model.config, data, None)


def test_deconvolution_with_the_true_kernel_restores() -> None:
    image = photos(1, (64, 64)).test.inputs[0]
    kernel = kernels.draw_kernels(1, 7, (2, 2), 0)
    given = blur.convolve_array(image, kernel[0])[None]
    sharp = image[None, 3:-3, 3:-3]
    error = np.square(given - sharp).mean()
    for way in (metrics.wiener, metrics.richardson_lucy):
        deconvolved = metrics.deconvolve(given, kernel, way)
        assert np.square(deconvolved - sharp).mean() < error / 1.3
    assert abs(metrics.unsharp_mask(given) - given).max() > 0.01
    # skimage leaves the output unfilled where it is given the channels' axis from the back
    grey = metrics.unsharp_mask(given[..., :1].repeat(3, -1))
    np.testing.assert_allclose(grey[..., 0], metrics.unsharp_mask(given)[..., 0], atol=1e-6)


def test_pairs_are_learnt_from_as_they_are(tmp_path: Path) -> None:
    sharp = photos().train.inputs
    bank = kernels.draw_kernels(12, 5, (1, 1.5), 0)
    given = np.stack([blur.convolve_array(*each) for each in zip(sharp, bank, strict=True)])
    both = np.concatenate([given, sharp[:, 2:-2, 2:-2]], -1)
    data = zoo.Dataset("pairs", zoo.Split(both[:8]), zoo.Split(both[8:]))
    trained = zoo.train("deblur-gan", data=data, out=tmp_path / "run", **SMALL)
    assert set(trained.metrics) == {
        f"{name}{way}" for name in ("psnr", "ssim") for way in ("", "_input", "_unsharp")
    }
    errors = np.square(both[8:, ..., :3] - both[8:, ..., 3:]).mean((1, 2, 3))
    assert trained.metrics["psnr_input"] == pytest.approx((-10 * np.log10(errors)).mean(), abs=1e-4)
    model = zoo.load(trained)
    seen = np.asarray(model.generator_inputs(both)), np.asarray(model.real_examples(both))
    np.testing.assert_array_equal(np.concatenate(seen, -1), both[:, 2:14, 4:16])


def test_features_of_another_network_are_compared(tmp_path: Path) -> None:
    image = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="maps")(image)
    flat = keras.layers.GlobalAveragePooling2D(name="flat")(maps)
    keras.Model(image, flat).save(tmp_path / "look.keras")
    settings = create_gan(perceptual_network=str(tmp_path / "look.keras")).config
    look = losses.perceptual_features(settings)
    assert look(np.zeros((2, 12, 12, 3), np.float32)).shape == (2, 12, 12, 4)
    sharp = RNG.random((2, 12, 12, 3)).astype(np.float32)
    assert float(losses.perceptual_loss(look, sharp, sharp)) == 0
    assert 0 < float(losses.perceptual_loss(look, sharp, 0.9 * sharp)) < 0.2
    before = keras.models.load_model(tmp_path / "look.keras").get_weights()
    trained = zoo.train(
        "deblur-gan",
        data=photos(),
        out=tmp_path / "run",
        **SMALL,
        perceptual_network=settings.perceptual_network,
    )
    after = keras.models.load_model(tmp_path / "look.keras").get_weights()
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    assert len(zoo.load(trained).weights) == len(create_gan().weights)


def test_a_network_that_cannot_look_is_refused(tmp_path: Path) -> None:
    image = keras.Input((16, 16, 1))
    keras.Model(image, keras.layers.Conv2D(2, 3)(image)).save(tmp_path / "grey.keras")
    for name, problem in (
        (str(tmp_path / "grey.keras"), r"3 channels: VGG16.*Received: a network of \(16, 16, 1\)"),
        ("nowhere", r"perceptual_network=nowhere.*zoo train"),
    ):
        with pytest.raises(zoo.SettingError, match=problem):
            losses.perceptual_features(create_gan(perceptual_network=name).config)


def test_a_sharp_photograph_is_told_from_a_blurred_one() -> None:
    edges = np.kron(RNG.random((20, 20, 3)), np.ones((8, 8, 1)))  # squares
    assert is_sharp(edges)
    assert is_sharp(
        Image.fromarray(np.uint8(255 * edges)).resize((1500, 1500), 0).crop((0, 0, 1500, 99))
    )
    kernel = kernels.draw_kernels(1, 21, (2.5, 3.5), 0)[0]
    assert not is_sharp(blur.convolve_array(edges, kernel))
    assert not is_sharp(np.zeros((99, 99, 3)))
    assert not is_sharp(edges[:63])


def test_photographs_of_every_kind_keep_their_size_and_kind(run: zoo.Run) -> None:
    Path("in/below").mkdir(parents=True)
    colour = Image.fromarray(RNG.integers(0, 256, (11, 17, 3), np.uint8))
    turned = Image.Exif()
    turned[0x0112], turned[0x010F] = 6, "a camera"
    colour.save("in/turned.jpg", exif=turned, icc_profile=b"a profile")
    alpha = colour.convert("RGBA")
    alpha.putalpha(Image.fromarray(RNG.integers(0, 256, (11, 17), np.uint8)))
    alpha.save("in/alpha.png")
    colour.convert("L").save("in/grey.png")
    colour.convert("CMYK").save("in/ink.jpg", icc_profile=16 * b" " + b"CMYK")
    colour.quantize(8).save("in/palette.gif")
    deep = RNG.integers(0, 65536, (11, 17)).astype(np.uint16)
    Image.fromarray(deep).save("in/below/deep.tif")
    Path("in/broken.png").write_text("no image")
    results, faults = apply_to_files(run, ["in"], Path("out"))
    (fault,) = faults
    assert fault.startswith("in/broken.png is not an image that Pillow can read.")
    names = {path.name for path in Path("out").iterdir()}
    assert names == {"turned.jpg", "alpha.png", "grey.png", "ink.jpg", "palette.png", "deep.tif"}
    assert {result["edited"].name for result in results} == names
    for name, size, mode in (
        ("turned.jpg", (11, 17), "RGB"),
        ("alpha.png", (17, 11), "RGBA"),
        ("grey.png", (17, 11), "L"),
        ("ink.jpg", (17, 11), "RGB"),
        ("palette.png", (17, 11), "RGB"),
        ("deep.tif", (17, 11), "L"),
    ):
        with Image.open(Path("out", name)) as image:
            assert (image.size, image.mode) == (size, mode), name
    with Image.open("out/turned.jpg") as image:
        assert (image.getexif()[0x010F], 0x0112 in image.getexif()) == ("a camera", False)
        assert image.info["icc_profile"] == b"a profile"
    with Image.open("out/ink.jpg") as image:
        assert "icc_profile" not in image.info
    with Image.open("out/alpha.png") as image:
        np.testing.assert_array_equal(np.asarray(image)[..., 3], np.asarray(alpha)[..., 3])
    with pytest.raises(zoo.UsageError, match=r"is an original or .* would be replaced"):
        apply_to_files(run, ["in/grey.png"], Path("in"))


def test_arrays_are_restored_and_a_grey_model_takes_colours(run: zoo.Run) -> None:
    image = RNG.random((9, 13, 3)).astype(np.float32)
    (answer,) = zoo.apply(run, [image])
    model = zoo.load(run)
    expected = np.clip(np.asarray(model.averaged_generator(image[None]))[0], 0, 1)
    np.testing.assert_allclose(answer["edited"], expected, atol=1e-6)
    (grey,) = zoo.apply(run, [image[..., 0]])
    assert grey["edited"].shape == (9, 13, 1)
    with pytest.raises(zoo.DataError, match=r"1, 3 or 4 channels. Received: shape \(9, 13, 2\)"):
        zoo.apply(run, [image[..., :2]])
    one = create_gan((20, 24, 1))
    perturb(one.average)
    generator = KerasPart("generator", clip_output(one.averaged_generator))
    restored = predict.restore_colours(generator, one.config, image)
    np.testing.assert_allclose(
        restored[..., 1:2],
        predict.restore_pixels(generator, one.config, image[..., 1:2]),
        atol=1e-6,
    )


def test_a_large_image_is_tiled(monkeypatch: pytest.MonkeyPatch) -> None:
    model = create_gan(generator_normalization="none")
    perturb(model.average)
    image = RNG.random((120, 200, 3)).astype(np.float32)
    monkeypatch.setattr(predict, "TILE", 32)
    generator = KerasPart("generator", clip_output(model.averaged_generator))
    tiles = predict.restore_pixels(generator, model.config, image, largest_whole=1000)
    whole = predict.restore_pixels(generator, model.config, image)
    np.testing.assert_allclose(tiles, whole, atol=2e-6)


def test_the_config_knows_pairs() -> None:
    paired = config.Config(input_shape=(20, 30, 6), crop=None)
    assert (paired.has_pairs, paired.channels, paired.margin, paired.crop_size) == (
        True,
        3,
        0,
        (20, 30),
    )
    alone = config.Config(input_shape=(160, 170, 1), blur_kernel_size=21, crop=145)
    assert (alone.has_pairs, alone.channels, alone.crop_size) == (False, 1, (140, 145))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 3), (40, 50)])
def test_the_busiest_square_lies_within_an_image_of_any_size(size: tuple[int, int]) -> None:
    top, left, side = plots.most_varied_square(RNG.random((*size, 3)))
    assert top + side <= size[0]
    assert left + side <= size[1]
