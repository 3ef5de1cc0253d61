"""What deblur-gan does to photographs with other blur than that of its training, and to sharp ones.

    ZOO_DATA=FOLDER python benchmarks/deblur_kinds.py [MODEL] > benchmarks/results/deblur-kinds.md

Squares of 256 pixels of the photographs in photos/val, each with a kernel of each kind and noise of 0.01.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from zoo_deblur_gan.blur import convolve_array
from zoo_deblur_gan.kernels import draw_kernels

import zoo

COUNT, SIDE, SIZE, NOISE = 24, 21, 256, 0.01
MARGIN = SIDE // 2
Array = np.ndarray[Any, Any]


def photographs() -> list[Array]:
    """Return the middle of each photograph, float32 in [0, 1], with the margin that blurring takes away."""
    folder = Path(os.environ["ZOO_DATA"]) / "photos" / "val"
    side = SIZE + 2 * MARGIN
    images = []
    for path in sorted(folder.glob("*.jpg"))[:COUNT]:
        pixels = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
        top, left = ((size - side) // 2 for size in pixels.shape[:2])
        images.append(pixels[top : top + side, left : left + side])
    return images


def kernels() -> Iterator[tuple[str, Array]]:
    """Yield the name of each kind of blur, and its kernels of shape (COUNT, SIDE, SIDE)."""
    yield "camera shake, as in training", draw_kernels(COUNT, SIDE, (2.5, 3.5), 11)
    yield "weak camera shake, 0.5 to 2 pixels", draw_kernels(COUNT, SIDE, (0.5, 2.0), 12)
    line = np.zeros((SIDE, SIDE), np.float32)
    line[MARGIN, MARGIN - 6 : MARGIN + 6] = 1 / 12
    yield "motion of 12 pixels", np.stack([line] * COUNT)
    for deviation in (1.0, 2.0):
        rows = np.exp(-np.square(np.arange(SIDE) - MARGIN) / (2 * deviation**2))
        kernel = (np.outer(rows, rows) / rows.sum() ** 2).astype(np.float32)
        yield f"out of focus, Gaussian of {deviation:.0f}", np.stack([kernel] * COUNT)
    point = np.zeros((SIDE, SIDE), np.float32)
    point[MARGIN, MARGIN] = 1
    yield "none: sharp", np.stack([point] * COUNT)


def psnr(image: Array, sharp: Array) -> float:
    """Return the peak signal-to-noise ratio in dB."""
    return float(-10 * np.log10(np.mean(np.square(image - sharp))))


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "deblur-gan.photos"
    generator = zoo.load(name).averaged_generator
    rng = np.random.default_rng(7)
    images = photographs()
    print(
        f"`python benchmarks/deblur_kinds.py {name}`: PSNR in dB, mean of {len(images)} squares\n"
    )
    print("| blur | blurred | restored | gain |\n|---|---|---|---|")
    for kind, bank in kernels():
        rows = []
        for image, kernel in zip(images, bank, strict=True):
            sharp = image[MARGIN:-MARGIN, MARGIN:-MARGIN]
            noise = NOISE * rng.standard_normal(sharp.shape, np.float32)
            blurred = np.clip(convolve_array(image, kernel) + noise, 0, 1)
            restored = np.clip(np.asarray(generator(blurred[None], training=False))[0], 0, 1)
            rows.append((psnr(blurred, sharp), psnr(restored, sharp)))
        before, after = np.mean(rows, 0)
        print(f"| {kind} | {before:.2f} | {after:.2f} | {after - before:+.2f} |", flush=True)


if __name__ == "__main__":
    main()
