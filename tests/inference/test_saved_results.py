"""Pictures among the results: tiny ones are enlarged, unless they are an image file anew."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from zoo.inference.saved_results import save_result

TINY_IMAGE = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)


@pytest.mark.parametrize(
    ("item", "picture", "size"),
    [
        ("latents.npy", TINY_IMAGE, (160, 160)),
        ("0.5,-1", TINY_IMAGE[:4], (320, 160)),
        ("a.png", TINY_IMAGE, (8, 8)),
        ("a.png", [TINY_IMAGE, TINY_IMAGE], (160, 160)),
        ("latents.npy", np.zeros((64, 80, 3), np.uint8), (80, 64)),
        ("latents.npy", Image.new("L", (3, 4)), (3, 4)),
    ],
)
def test_tiny_pictures_are_enlarged_to_be_looked_at(
    item: str, picture: Any, size: tuple[int, int]
) -> None:
    saved = save_result({"image": picture}, "name", Path("out"), Path(item), ())
    with Image.open(saved["image"]) as image:
        assert image.size == size
        if item == "latents.npy" and size == (160, 160):
            np.testing.assert_array_equal(np.asarray(image)[::20, ::20], TINY_IMAGE[..., 0])
