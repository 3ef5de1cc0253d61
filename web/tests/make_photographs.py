"""Writes a photograph, the same blurred, and what `zoo apply` makes of it: python make_photographs.py FOLDER

The tests of the page that restores photographs read FOLDER where ZOO_PHOTOGRAPHS names it.
"""

import sys
from pathlib import Path

from PIL import Image

import zoo
from zoo.pages.views.restore import blur, sample_photograph

MODEL = "deblur-gan.photos"
SIZE = (240, 160)


def main(folder: Path) -> None:
    """Write sharp.png, blurred.png and restored.png, and blurred.jpg, which lies on its side."""
    folder.mkdir(parents=True, exist_ok=True)
    sharp = sample_photograph()[: SIZE[1], : SIZE[0]]
    Image.fromarray(sharp).save(folder / "sharp.png")
    blurred = Image.fromarray(blur(sharp))
    blurred.save(folder / "blurred.png")
    (result,) = zoo.apply(MODEL, [str(folder / "blurred.png")], runtime="onnx")
    result["edited"].save(folder / "restored.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned by a quarter to the right
    blurred.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.jpg", quality=95, exif=exif)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
