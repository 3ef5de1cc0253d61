"""The images that the browser's tests open: what the zoo makes of each is what these tests expect."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.config import Resize

FOLDER = Path(__file__).parents[2] / "web" / "tests" / "images"
PATHS = sorted(path for path in FOLDER.glob("*") if ".28." not in path.name)


def test_there_are_images_of_every_kind() -> None:
    assert {path.suffix for path in PATHS} == {".png", ".jpg"}
    assert len(PATHS) == 8


@pytest.mark.parametrize("resize", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_the_expected_inputs_are_those_of_zoo_apply(path: Path, resize: Resize) -> None:
    expected = np.asarray(Image.open(path.with_suffix(f".28.{resize}.png")))
    received = zoo.read_image(path, (28, 28, 1), resize)
    np.testing.assert_array_equal(np.rint(received[..., 0] * 255), expected)
