"""Lay some pictures of a run side by side, at one height.

zoo train cnn.digits
python docs/pictures/make.py docs/pictures/cnn.digits.png runs/cnn.digits curve confusion
"""

import sys
from pathlib import Path

from PIL import Image

HEIGHT, GAP = 360, 16


def beside(files: list[Path]) -> Image.Image:
    """Scale every picture to one height and put them in a row."""
    images = [Image.open(file).convert("RGB") for file in files]
    scaled = [image.resize((image.width * HEIGHT // image.height, HEIGHT)) for image in images]
    row = Image.new(
        "RGB", (sum(i.width for i in scaled) + GAP * (len(scaled) - 1), HEIGHT), "white"
    )
    left = 0
    for image in scaled:
        row.paste(image, (left, 0))
        left += image.width + GAP
    return row


if __name__ == "__main__":
    target, run, *names = sys.argv[1:]
    beside([Path(run) / "pictures" / f"{name}.png" for name in names]).save(target, optimize=True)
