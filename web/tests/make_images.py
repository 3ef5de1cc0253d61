"""Write the images of the tests, and what the zoo makes of each for a network of 28 x 28 grey pixels.

python web/tests/make_images.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

import zoo

RESIZES = ("pad", "crop", "stretch")
FOLDER = Path(__file__).parent / "images"


def noise(height: int, width: int, *channels: int) -> np.ndarray:
    """Return smooth random pixels."""
    random = np.random.default_rng(height * width)
    coarse = random.integers(0, 256, (height // 4 + 1, width // 4 + 1, *channels), dtype=np.uint8)
    fine = random.integers(0, 40, (height, width, *channels))
    large = coarse.repeat(4, 0).repeat(4, 1)[:height, :width]
    return np.clip(large.astype(int) + fine, 0, 255).astype(np.uint8)


def main() -> None:
    """Write every image, and its input as NAME.28.RESIZE.png."""
    FOLDER.mkdir(exist_ok=True)
    Image.fromarray(noise(61, 100)).save(FOLDER / "wide-grey.png")
    Image.fromarray(noise(90, 47, 3)).save(FOLDER / "tall-colour.png")
    Image.fromarray(noise(7, 5)).save(FOLDER / "small.png")
    Image.fromarray(noise(28, 28, 3)).save(FOLDER / "exact.png")
    Image.fromarray(noise(29, 33, 3)).save(FOLDER / "nearly.png")
    cut = np.dstack([noise(64, 64, 3), np.where(noise(64, 64) > 128, 255, 0).astype(np.uint8)])
    Image.fromarray(cut).save(FOLDER / "cut-out.png")
    Image.fromarray(np.dstack([noise(50, 60, 3), noise(50, 60)])).save(FOLDER / "translucent.png")
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright
    Image.fromarray(noise(80, 120, 3)).save(FOLDER / "turned.jpg", quality=92, exif=turned)
    for path in sorted(FOLDER.glob("*")):
        if ".28." not in path.name:
            for resize in RESIZES:
                pixels = zoo.read_image(path, (28, 28, 1), resize)
                grey = Image.fromarray(np.rint(pixels[..., 0] * 255).astype(np.uint8))
                grey.save(path.with_suffix(f".28.{resize}.png"))


if __name__ == "__main__":
    main()
