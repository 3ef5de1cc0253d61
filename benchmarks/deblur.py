"""An exported ONNX generator restores a photograph of 1920 x 1080: seconds, memory, and seams.

    python benchmarks/deblur.py RUN/export/generator.onnx [PHOTO] > benchmarks/results/deblur.md

The time is that of ONNX Runtime on two threads, after one call on a small image. The memory is the peak of
the whole process. The generator of RUN also restores the photograph in tiles, as `zoo apply` restores larger
ones. The tiles differ from the whole image, because instance normalisation takes its moments from a mosaic
of the photograph; a seam would be a jump of this difference where tiles meet.
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


def read_photograph(path: str | None) -> np.ndarray:
    image = (
        Image.open(path).convert("RGB") if path else Image.fromarray(load_sample_image("china.jpg"))
    )
    pixels = np.asarray(ImageOps.fit(image, SIZE, Image.Resampling.BICUBIC))
    return pixels.astype(np.float32)[None] / 255


def peak_memory() -> float:
    """Return the peak of memory so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def run_generator(file: Path, image: np.ndarray) -> tuple[np.ndarray, float]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    session.run(None, {name: image[:, :64, :64]})
    started = time.perf_counter()
    (restored,) = session.run(None, {name: image})
    return restored[0], time.perf_counter() - started


def compare_tiles(file: Path, image: np.ndarray, whole: np.ndarray) -> str:
    """Return a sentence that compares tiles with the whole image, in the seams and elsewhere."""
    from zoo_deblur_gan import networks, tiled_inference

    import zoo

    model = zoo.load(file.parent.parent)
    reach, multiple = networks.receptive_radius(model.config), networks.size_multiple(model.config)
    tiles = tiled_inference.restore_in_tiles(
        image[0], model.averaged_generator, TILE, reach, multiple
    ).clip(0, 1)
    difference = np.abs(tiles - whole).max(-1)
    margin = -(-(reach + tiled_inference.FADE // 2) // multiple) * multiple
    in_seam = np.zeros(difference.shape, bool)
    for axis, size in enumerate(difference.shape):
        for start, _ in list(tiled_inference.spans(size, TILE, margin, multiple))[1:]:
            band = slice(
                start + margin - tiled_inference.FADE // 2,
                start + margin + tiled_inference.FADE // 2,
            )
            in_seam[(slice(None),) * axis + (band,)] = True
    steps = [largest_step(tiles - whole, in_seam), largest_step(tiles - whole, ~in_seam)]
    return (
        f"tiles against whole: largest difference {difference.max():.2g}, mean "
        f"{difference.mean():.2g}; in the seams' bands {difference[in_seam].mean():.2g}, elsewhere "
        f"{difference[~in_seam].mean():.2g}; largest step "
        f"of it from pixel to pixel {steps[0]:.2g} in the bands, {steps[1]:.2g} elsewhere"
    )


def largest_step(difference: np.ndarray, where: np.ndarray) -> float:
    """Return the largest change of a difference from one pixel to the next, in some places."""
    along = np.abs(np.diff(difference, axis=1)).max(-1)[where[:, 1:]]
    down = np.abs(np.diff(difference, axis=0)).max(-1)[where[1:]]
    return float(max(along.max(), down.max()))


def main(file: str, photo: str | None = None) -> None:
    image = read_photograph(photo)
    restored, seconds = run_generator(Path(file), image)
    print(f"{file}, {SIZE[0]} x {SIZE[1]}, 2 threads\n")
    print(f"- {seconds:.1f} s (mark: 60 s)\n- {peak_memory():.2f} GiB at most (mark: 3 GB)")
    print(f"- changed by {np.abs(restored - image[0]).mean():.3g} on average")
    print(f"- {compare_tiles(Path(file), image, restored)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
