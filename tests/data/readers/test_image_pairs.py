"""Folders of blurred and sharp photographs: whose partner is whose, and what is said where one is missing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zoo.data.load import open_dataset
from zoo.data.readers import image_pairs
from zoo.errors import DataError, UnknownName
from zoo.runs.recipe import resolve


def put(name: str, value: int, size: tuple[int, int] = (12, 8), mode: str = "RGB") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, 0, 0)).save(name)


def gopro() -> None:
    for part, scenes in (("train", ("one", "two")), ("test", ("three",))):
        for number, scene in enumerate(scenes):
            for at in range(2):
                put(f"GoPro/{part}/{scene}/blur/{at}.png", 10 * number + at + 1)
                put(f"GoPro/{part}/{scene}/blur_gamma/{at}.png", 99)
                put(f"GoPro/{part}/{scene}/sharp/{at}.png", 100 + 10 * number + at + 1)


def test_gopros_folders_are_understood() -> None:
    gopro()
    data = open_dataset("pairs:GoPro")
    assert (len(data.train), len(data.test), data.input_shape) == (4, 2, (8, 12, 6))
    assert data.train.stored[:, 0, 0, 0].tolist() == [1, 2, 11, 12]
    assert data.train.stored[:, 0, 0, 3].tolist() == [101, 102, 111, 112]
    assert data.classes is None


def test_folders_a_and_b_without_a_test_split() -> None:
    for at in range(5):
        put(f"mine/A/{at}.png", at + 1, mode="L")
        put(f"mine/B/{at}.jpg", at + 101, mode="L")
    data = open_dataset("pairs:mine")
    assert (len(data.train), len(data.test), data.input_shape) == (4, 1, (8, 12, 2))
    assert len(open_dataset("pairs:mine", hold_out=False).test) == 5
    apart = data.train.stored[..., 1].astype(int) - data.train.stored[..., 0]
    assert (abs(apart - 100) <= 1).all()


def test_the_middle_is_cut_and_nothing_is_scaled() -> None:
    for name, size in (("a", (12, 8)), ("b", (10, 20))):
        for folder in ("blur", "sharp"):
            put(f"mine/train/{folder}/{name}.png", 9, size)
            put(f"mine/test/{folder}/{name}.png", 9, size)
    Image.fromarray(np.arange(200, dtype=np.uint8).reshape(20, 10)).convert("RGB").save(
        "mine/train/sharp/b.png"
    )
    data = open_dataset("pairs:mine")
    assert data.input_shape == (8, 10, 6)
    np.testing.assert_array_equal(
        data.train.stored[1][..., 3], np.arange(200).reshape(20, 10)[6:14]
    )
    assert open_dataset("pairs:mine", (4, 4, 6)).input_shape == (4, 4, 6)
    with pytest.raises(DataError, match=r"up to \(8, 10, 6\). Received: input_shape \(9, 9, 6\)"):
        open_dataset("pairs:mine", (9, 9, 6))


def test_many_pairs_are_decoded_as_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    gopro()
    held = open_dataset("pairs:GoPro")
    monkeypatch.setattr(image_pairs, "LAZY_BYTES", 0)
    data = open_dataset("pairs:GoPro")
    assert isinstance(data.train.stored, image_pairs.Pairs)
    np.testing.assert_array_equal(data.train.stored[:], held.train.stored)
    np.testing.assert_array_equal(data.train.take([2]).inputs, held.train.inputs[2:3])
    assert data.fingerprint == open_dataset("pairs:GoPro").fingerprint
    put("GoPro/train/one/sharp/0.png", 7)
    assert data.fingerprint != open_dataset("pairs:GoPro").fingerprint


def test_a_missing_partner_and_another_size_are_told() -> None:
    gopro()
    Path("GoPro/train/two/sharp/1.png").unlink()
    with pytest.raises(
        DataError, match=r"two/blur/1\.png has no partner: .*two/sharp/1\.\* is missing"
    ):
        open_dataset("pairs:GoPro")
    put("GoPro/train/two/sharp/1.png", 3, (13, 8))
    with pytest.raises(DataError, match=r"is 12 x 8 pixels and its partner .* is 13 x 8"):
        open_dataset("pairs:GoPro")
    Path("GoPro/train/two/sharp/1.png").write_text("no image")
    with pytest.raises(DataError, match=r"sharp/1\.png is not an image"):
        open_dataset("pairs:GoPro")


def test_a_folder_without_pairs_and_one_that_is_not_there() -> None:
    put("mine/some/a.png", 1)
    with pytest.raises(DataError, match=r"no pair under .*mine\. Expected: folders blur"):
        open_dataset("pairs:mine")
    with pytest.raises(UnknownName, match="pairs:FOLDER"):
        open_dataset("pairs:nowhere")


def test_a_run_remembers_where_they_lie() -> None:
    Path("mine").mkdir()
    assert resolve("deblur-gan", {}, "pairs:mine").source == f"pairs:{Path('mine').resolve()}"
