from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from zoo.data.augmentation import SUITABLE, AugmentationConfig, augmentation
from zoo.errors import SettingError

SEED = tf.constant([3, 7], tf.int64)
SHAPES: dict[int, tuple[int, ...]] = {1: (20, 2), 2: (12, 10, 3), 3: (6, 6, 6, 1)}
RANKS = {"series": 1, "image": 2, "volume": 3}


def changed(rank: int, inputs: Any = None, seed: Any = SEED, **settings: Any) -> np.ndarray:
    if inputs is None:
        inputs = np.random.default_rng(0).random((8, *SHAPES[rank]), np.float32)
    augment = augmentation(AugmentationConfig(**settings), SHAPES[rank])
    assert augment is not None
    return np.asarray(augment(tf.constant(inputs), seed))


@pytest.mark.parametrize(
    ("rank", "name"), [(RANKS[kind], name) for name, kinds in SUITABLE.items() for kind in kinds]
)
def test_each_changes_its_inputs_the_same_way_for_the_same_seed(rank: int, name: str) -> None:
    settings = {name: True if name == "flip" else 20.0 if name == "rotation" else 0.4}
    inputs = np.random.default_rng(0).random((8, *SHAPES[rank]), np.float32)
    first = changed(rank, inputs, **settings)
    assert first.shape == inputs.shape
    assert np.isfinite(first).all()
    assert (first != inputs).any()
    np.testing.assert_array_equal(first, changed(rank, inputs, **settings))
    other = changed(rank, inputs, tf.constant([3, 8], tf.int64), **settings)
    assert (first != other).any()


def test_nothing_asked_for_is_nothing() -> None:
    assert augmentation(AugmentationConfig(), SHAPES[2]) is None


@pytest.mark.parametrize(
    ("rank", "name", "words"),
    [(1, "rotation", "series"), (2, "jitter", "images"), (3, "cutout", "volumes")],
)
def test_what_does_not_suit_is_refused_with_what_does(rank: int, name: str, words: str) -> None:
    with pytest.raises(SettingError, match=f"{name} does not suit {words}. Choices: shift, "):
        augmentation(AugmentationConfig(**{name: 0.5}), SHAPES[rank])


def test_shifted_images_keep_their_values_and_move_by_whole_pixels() -> None:
    images = np.zeros((16, 9, 9, 1), np.float32)
    images[:, 4, 4] = 1.0
    moved = changed(2, images, shift=0.2)
    assert set(np.unique(moved)) == {0.0, 1.0}
    places = np.argwhere(moved[..., 0] == 1)
    assert len(places) == 16
    assert np.abs(places[:, 1:] - 4).max() <= 2
    assert len({tuple(place) for place in places[:, 1:]}) > 3


def test_flipped_images_are_mirrored_left_to_right() -> None:
    images = np.random.default_rng(0).random((32, 4, 5, 1), np.float32)
    flipped = changed(2, images, flip=True)
    mirrored = (flipped == images[:, :, ::-1]).all((1, 2, 3))
    kept = (flipped == images).all((1, 2, 3))
    assert (mirrored != kept).all()
    assert 4 < mirrored.sum() < 28


def test_cutout_wipes_at_most_its_square_out() -> None:
    images = np.random.default_rng(0).random((16, 20, 20, 1), np.float32)
    wiped = (changed(2, images, cutout=0.5) != images)[..., 0]
    assert wiped.any((1, 2)).all()
    assert wiped.any(2).sum(1).max() <= 10
    assert wiped.any(1).sum(1).max() <= 10


def test_a_turn_by_nothing_leaves_images_as_they_are() -> None:
    images = np.random.default_rng(0).random((4, 7, 8, 3), np.float32)
    np.testing.assert_allclose(changed(2, images, rotation=1e-9), images, atol=1e-5)


def test_a_warped_series_keeps_its_ends_and_its_range() -> None:
    series = np.linspace(0, 1, 50, dtype=np.float32)[None, :, None].repeat(6, 0)
    warped = changed(1, series, warp=0.5)
    np.testing.assert_allclose(warped[:, [0, -1]], series[:, [0, -1]], atol=1e-5)
    assert (np.diff(warped[..., 0]) > 0).all()
    assert np.abs(warped - series).max() > 0.02


def test_flipped_volumes_keep_their_values() -> None:
    volumes = np.random.default_rng(0).random((8, 4, 4, 4, 1), np.float32)
    flipped = changed(3, volumes, flip=True)
    np.testing.assert_array_equal(np.sort(flipped.reshape(8, -1)), np.sort(volumes.reshape(8, -1)))


@pytest.mark.parametrize("rank", [1, 3])
def test_each_series_and_volume_moves_by_itself(rank: int) -> None:
    inputs = np.zeros((32, *[9] * rank, 2), np.float32)
    inputs[(slice(None), *[4] * rank)] = [1.0, 2.0]
    moved = changed(rank, inputs, shift=0.25)
    places = np.argwhere(moved[..., 0] == 1)[:, 1:]
    assert len(places) == 32
    np.testing.assert_array_equal(moved[..., 1], 2 * moved[..., 0])
    assert np.abs(places - 4).max() == 2
    assert len({tuple(place) for place in places}) > 3
    ones = changed(rank, np.ones_like(inputs), shift=0.25)
    if rank == 1:  # a series goes on with the value at its end
        assert (ones == 1).all()
        return
    assert set(np.unique(ones)) == {0.0, 1.0}
    gone = 9 - np.abs(places - 4)
    np.testing.assert_array_equal(ones[..., 0].reshape(32, -1).sum(1), gone.prod(1))


def test_noise_is_measured_in_each_channels_own_deviation() -> None:
    series = np.random.default_rng(0).normal([0, 500], [1, 50], (200, 30, 2)).astype(np.float32)
    noise = changed(1, series, jitter=0.1) - series
    np.testing.assert_allclose(noise.std((0, 1)), [0.1, 5], rtol=0.05)
