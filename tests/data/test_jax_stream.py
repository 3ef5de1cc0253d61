"""The stream of batches on JAX: the same in every run, after a resume too, and without TensorFlow."""

import os
import subprocess
import sys
from itertools import chain, islice
from typing import Any

import numpy as np
import pytest

from zoo.data.jax_stream import batches
from zoo.data.jax_stream import transforms as jax_transforms
from zoo.data.random import draws, transforms
from zoo.data.random.stream import TrainingStream
from zoo.data.split import Split

jax = pytest.importorskip("jax")


def counted(count: int) -> Split:
    return Split(np.arange(count, dtype=np.float32)[:, None], np.arange(count))


def stream(split: Split, batch: int, epoch: int = 0, seed: int = 3, **settings: Any) -> Any:
    arguments: dict[str, Any] = {"example": lambda x, y: (x, y), **settings}
    places = np.arange(len(split))
    return batches.shuffled_batches(TrainingStream(split, places, batch, seed, epoch, **arguments))


def labels(stream: Any, count: int) -> list[int]:
    return list(chain(*(np.asarray(targets).tolist() for _, targets in islice(stream, count))))


def test_every_example_comes_once_an_epoch_with_its_target() -> None:
    inputs, targets = next(iter(stream(counted(24), 6)))
    assert inputs[:, 0].tolist() == targets.tolist()
    drawn = labels(stream(counted(24), 6), 8)
    assert sorted(drawn[:24]) == sorted(drawn[24:]) == list(range(24))
    assert drawn[:24] != drawn[24:]


def test_a_resumed_stream_goes_on_as_one_left_alone() -> None:
    def augment(inputs: Any, seed: Any) -> Any:
        return inputs + jax.random.uniform(seed, inputs.shape)

    alone = list(islice(stream(counted(13), 3, augment=augment), 12))
    resumed = list(islice(stream(counted(13), 3, epoch=2, augment=augment), 4))
    for (x, y), (other_x, other_y) in zip(alone[8:], resumed, strict=True):
        assert (x == other_x).all()
        assert (y == other_y).all()


def test_bytes_are_divided_by_255_and_a_single_output_becomes_a_tuple() -> None:
    split = Split(np.full((4, 2), 255, np.uint8))
    (inputs,) = next(iter(stream(split, 4, example=lambda x, y: x)))
    assert inputs.dtype == np.float32
    assert (inputs == 1).all()


def test_validation_batches_come_in_order_and_begin_again() -> None:
    ordered = batches.ordered_batches(counted(5), 2, lambda x, y: (x, y))
    assert labels(ordered, 6) == [0, 1, 2, 3, 4] * 2


def test_augmentation_may_not_change_the_shape() -> None:
    with pytest.raises(ValueError, match="must be equal"):
        next(iter(stream(counted(8), 4, augment=lambda inputs, seed: inputs[:, :0])))


CASES: dict[str, tuple[tuple[Any, ...], tuple[int, ...]]] = {
    "affine": ((0.1, 0.3, 0.2), (16, 12, 10, 2)),
    "flip": (([2],), (16, 12, 10, 2)),
    "cutout": ((0.4,), (16, 12, 10, 2)),
    "shift": ((0.2,), (16, 24, 2)),
    "scaling": ((0.2,), (16, 24, 2)),
    "jitter": ((0.2,), (16, 24, 2)),
    "window_warp": ((0.3,), (16, 24, 2)),
}


@pytest.mark.parametrize("name", CASES)
def test_each_transform_has_the_statistics_of_tensorflows(name: str) -> None:
    arguments, shape = CASES[name]
    smooth = np.linspace(0, 1, int(np.prod(shape[1:])), dtype=np.float32).reshape(shape[1:])
    inputs = np.repeat(smooth[None], 2048, 0)
    ours = getattr(jax_transforms, name)(*arguments)(inputs, jax.random.PRNGKey(5))
    theirs = getattr(transforms, name)(*arguments)(inputs, np.array([5, 7]))
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=0.03)
    np.testing.assert_allclose(ours.std(0), theirs.std(0), atol=0.03)


def test_a_shifted_volume_is_filled_with_zeros_and_a_still_one_stays() -> None:
    volumes = np.ones((8, 6, 6, 6, 1), np.float32)
    moved = np.asarray(jax_transforms.shift(0.5)(volumes, jax.random.PRNGKey(0)))
    assert set(np.unique(moved)) == {0.0, 1.0}
    assert (
        np.asarray(jax_transforms.affine(0.0, 0.0, 0.0)(volumes[..., 0], jax.random.PRNGKey(0)))
        == 1
    ).all()


def test_a_training_on_jax_imports_no_tensorflow(tmp_path: Any) -> None:
    script = (
        "import sys; sys.modules['tensorflow'] = None; import zoo;"
        " zoo.train('cnn.digits', out=sys.argv[1], epochs=1, filters=(2,), validation=0.2,"
        " shift=0.1, rotation=5.0)"
    )
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "run")], env=environment, check=True
    )


def test_an_augmentation_that_asks_for_random_numbers_gets_them_by_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draws, "is_on_jax", lambda: True)

    def noise(inputs: Any, random: Any) -> Any:
        extra = random.uniform(inputs.shape, 10.0, 20.0) + random.integers(inputs.shape, 0, 2)
        return 0 * inputs + random.normal(inputs.shape) + extra

    augment = draws.augment_by_seed(noise)
    alone = [x for x, _ in islice(stream(counted(8), 4, augment=augment), 4)]
    resumed = [x for x, _ in islice(stream(counted(8), 4, epoch=1, augment=augment), 2)]
    assert np.array_equal(alone[2:], resumed)
    assert len(np.unique(alone)) == 16
