"""A folder that is decoded as it goes gives the same examples as one that is held in memory."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.data.readers import image_folder
from zoo.data.readers.lazy_images import LazyImages

CHANCE = np.random.default_rng(0)
FEW = {"filters": [4], "epochs": 2, "batch_size": 8, "validation": 0.25}


@pytest.fixture
def photos() -> Path:
    """Forty pictures of two classes, and of two sizes, one of them grey."""
    for at in range(40):
        size = (12, 10) if at % 5 else (14, 10)
        shape = size if at == 7 else (*size, 3)
        pixels = CHANCE.integers(0, 256, shape, np.uint8) // (1 + at % 2)
        path = Path("photos") / ("bright", "dark")[at % 2] / f"{at}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return Path("photos")


@pytest.fixture
def both(photos: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Dataset, Dataset]:
    held = open_dataset(photos)
    monkeypatch.setattr(image_folder, "LAZY_BYTES", 0)
    return held, open_dataset(photos)


def test_the_examples_are_the_same(both: tuple[Dataset, Dataset]) -> None:
    held, lazy = both
    assert isinstance(lazy.train.stored, LazyImages)
    assert not isinstance(held.train.stored, LazyImages)
    np.testing.assert_array_equal(held.train.inputs, lazy.train.inputs)
    np.testing.assert_array_equal(held.test.inputs, lazy.test.inputs)
    np.testing.assert_array_equal(held.test.targets, lazy.test.targets)
    assert held.preprocessing == lazy.preprocessing


def test_the_weights_and_measures_are_the_same(both: tuple[Dataset, Dataset]) -> None:
    held, lazy = (
        zoo.train("cnn", data=data, out=name, seed=1, **FEW)
        for data, name in zip(both, ("held", "lazy"), strict=True)
    )
    for one, other in zip(zoo.load(held).get_weights(), zoo.load(lazy).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert held.metrics == lazy.metrics
    assert {path.name for path in held.pictures} == {path.name for path in lazy.pictures}


@pytest.mark.parametrize("chosen", [3, -1, slice(2, 5), [4, 1, 1], np.array([], int)])
def test_what_is_taken_out_is_what_an_array_would_give(
    both: tuple[Dataset, Dataset], chosen: Any
) -> None:
    held, lazy = both[0].train.stored, both[1].train.stored
    assert (lazy.shape, lazy.dtype, len(lazy)) == (held.shape, held.dtype, len(held))
    np.testing.assert_array_equal(lazy[chosen], held[chosen])


def test_a_file_that_changes_changes_the_fingerprint(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_folder, "LAZY_BYTES", 0)
    before = open_dataset(photos).fingerprint
    assert open_dataset(photos).fingerprint == before
    Image.new("RGB", (10, 12)).save(photos / "dark" / "1.png")
    assert open_dataset(photos).fingerprint != before


def test_a_file_that_breaks_off_is_named(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = photos / "dark" / "1.jpg"
    Image.fromarray(CHANCE.integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000])  # its header, with its size, is whole
    monkeypatch.setattr(image_folder, "LAZY_BYTES", 0)
    with pytest.raises(zoo.DataError, match=r"^\S+1\.jpg is a broken image: [^\n]*$"):
        zoo.train("cnn", data=photos, out="run", **FEW | {"epochs": 8})
    assert zoo.Run.open("run").state == "failed"
