"""Patches of photographs: every pixel where it belongs, with and without ZOO_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zoo.data.load import dataset_info, open_dataset
from zoo.datasets.photographs import cut_squares
from zoo.errors import DataError


def test_patches_lie_side_by_side() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (70, 100, 3), np.uint8)
    cut = cut_squares(photo, 32)
    assert cut.shape == (6, 32, 32, 3)
    np.testing.assert_array_equal(cut[4], photo[32:64, 32:64])


def test_without_data_scikit_learns_photographs_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZOO_DATA", raising=False)
    data, known = open_dataset("photo-patches"), dataset_info("photo-patches")
    assert (data.input_shape, data.classes) == (known.input_shape, known.classes)
    assert "scikit-learn" in data.preprocessing
    assert (len(data.train), len(data.test)) == (2 * 13 * 15, 2 * 13 * 5)
    assert not {patch.tobytes() for patch in data.train.stored} & {
        patch.tobytes() for patch in data.test.stored
    }


def test_photographs_of_zoo_data_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for part, size in (("train", (64, 40)), ("val", (32, 96))):
        Path("photos", part).mkdir(parents=True)
        Image.new("L", size, 77).save(Path("photos", part, "grey.png"))
    monkeypatch.setenv("ZOO_DATA", str(Path.cwd()))
    data = open_dataset("photo-patches")
    assert (len(data.train), len(data.test)) == (2, 3)
    assert set(data.train.stored.ravel()) == {77}
    Path("photos/val/broken.jpg").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken\.jpg"):
        open_dataset("photo-patches")


def test_the_real_photographs() -> None:
    if "ZOO_DATA" not in os.environ:
        pytest.skip("ZOO_DATA is not set: the photographs of BSDS500 were not looked at")
    data = open_dataset("photo-patches")
    assert (len(data.train), len(data.test)) == (30_000, 15_000)
