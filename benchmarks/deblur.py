"""A photograph of 1920 x 1080 restored by an exported ONNX generator: seconds, memory, and seams.

    python benchmarks/deblur.py RUN/export/generator.onnx [PHOTO] > benchmarks/results/deblur.md

The time is that of ONNX Runtime on two threads, after one call on a small image. Memory is the largest
that the process has held, everything included. Tiles are made as by `zoo apply` for larger
photographs, with the generator of RUN. A seam would be a difference to the whole
image that changes where tiles meet; that there is a difference at all comes of instance normalisation, whose
moments are measured in a mosaic of the photograph and not in all of it.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image

SIZE = (1920, 1080)
TILE = 256  # smaller than that of `zoo apply`, so that there are seams in both directions


def photograph(path: str | None) -> np.ndarray:
    image = (
        Image.open(path).convert("RGB") if path else Image.fromarray(load_sample_image("china.jpg"))
    )
    pixels = np.asarray(ImageOps.fit(image, SIZE, Image.Resampling.BICUBIC))
    return pixels.astype(np.float32)[None] / 255


def memory() -> float:
    """Give the most memory held so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def timed(file: Path, image: np.ndarray) -> tuple[np.ndarray, float]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    session.run(None, {name: image[:, :64, :64]})
    started = time.perf_counter()
    (made,) = session.run(None, {name: image})
    return made[0], time.perf_counter() - started


def seams(file: Path, image: np.ndarray, whole: np.ndarray) -> str:
    """Compare tiles with the whole image, in the tiles' seams and away from them."""
    from zoo_deblur_gan import networks, tiled_inference

    import zoo

    model = zoo.load(file.parent.parent)
    reach, multiple = networks.receptive_radius(model.config), networks.size_multiple(model.config)
    tiles = tiled_inference.restore_in_tiles(
        image[0], model.averaged_generator, TILE, reach, multiple
    ).clip(0, 1)
    apart = np.abs(tiles - whole).max(-1)
    margin = -(-(reach + tiled_inference.FADE // 2) // multiple) * multiple
    fading = np.zeros(apart.shape, bool)
    for axis, size in enumerate(apart.shape):
        for start, _ in list(tiled_inference.spans(size, TILE, margin, multiple))[1:]:
            band = slice(
                start + margin - tiled_inference.FADE // 2,
                start + margin + tiled_inference.FADE // 2,
            )
            fading[(slice(None),) * axis + (band,)] = True
    steps = [jump(tiles - whole, fading), jump(tiles - whole, ~fading)]
    return (
        f"tiles against whole: largest difference {apart.max():.2g}, mean {apart.mean():.2g}; in the "
        f"seams' bands {apart[fading].mean():.2g}, elsewhere {apart[~fading].mean():.2g}; largest step "
        f"of it from pixel to pixel {steps[0]:.2g} in the bands, {steps[1]:.2g} elsewhere"
    )


def jump(apart: np.ndarray, where: np.ndarray) -> float:
    """Give the largest change of a difference from one pixel to the next, in some places."""
    along = np.abs(np.diff(apart, axis=1)).max(-1)[where[:, 1:]]
    down = np.abs(np.diff(apart, axis=0)).max(-1)[where[1:]]
    return float(max(along.max(), down.max()))


def main(file: str, photo: str | None = None) -> None:
    image = photograph(photo)
    made, seconds = timed(Path(file), image)
    print(f"{file}, {SIZE[0]} x {SIZE[1]}, 2 threads\n")
    print(f"- {seconds:.1f} s (mark: 60 s)\n- {memory():.2f} GiB at most (mark: 3 GB)")
    print(f"- changed by {np.abs(made - image[0]).mean():.3g} on average")
    print(f"- {seams(Path(file), image, made)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
