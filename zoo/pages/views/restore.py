"""The view of a network from a photograph to a better one of the same size, whatever that is.

A photograph of at most `whole` x `whole` pixels is computed in one piece. A larger one is computed in tiles
that overlap and fade into each other, with the means over the whole image taken from a mosaic of squares, as
plugins/zoo_deblur_gan/tiled_inference.py does.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zoo.data.arrays import Array
from zoo.io.atomic import temporary_directory
from zoo.pages.files import PageFiles
from zoo.pages.model import FORMAT, PageModel
from zoo.pages.views.global_means import FIXED, Edit, edit_of
from zoo.runtimes.group import load_python_runtime, own_runtime
from zoo.runtimes.protocol import Runner

__all__ = ["data", "fits"]

PART = "generator"
SQUARES, SQUARE_SIDE = 3, 344  # of a mosaic, as the plug-in's
MULTIPLE = (
    16  # tiles begin at its multiples; networks that halve at most four times see the same pixels
)
TILE, FADE = 512, 32  # pixels of a tile's middle, and over which one tile fades into the next
PROBE_SIDE = 256  # of the image in which the reach of a pixel is measured
SHAKE, NOISE = 2.6, 0.01  # of the blur of the page's own photograph
SAMPLE_SIZE, QUALITY = (480, 320), 80


def fits(model: PageModel) -> bool:
    """Return whether a model has a generator from images of any size to images."""
    contract = model.contracts.get(PART)
    if contract is None or len(contract.inputs) != 1:
        return False
    before, after = contract.inputs[0].sizes[1:], contract.outputs[0].sizes[1:]
    free = len(before) == 3 and before[:2] == (None, None)
    return free and after == before and before[2] in (1, 3)


def data(model: PageModel, files: PageFiles) -> dict[str, Any]:
    """Write a blurred photograph, and how a large one is computed in tiles."""
    contract = model.contracts[PART]
    path = next(
        model.folder / file.path
        for file in model.report.files
        if file.part == PART and file.format == FORMAT
    )
    channels = int(contract.inputs[0].sizes[3] or 1)
    edit = edit_of(path.read_bytes())
    radius = None if edit is None else reach(path, edit, contract.inputs[0].name, channels)
    sharp = sample_photograph()
    return {
        "part": PART,
        "channels": channels,
        "whole": SQUARES * SQUARE_SIDE,
        "squares": SQUARES,
        "square_side": SQUARE_SIDE,
        "tile": TILE,
        "fade": FADE,
        "multiple": MULTIPLE,
        "radius": radius,
        "edit": None if edit is None or radius is None else describe_edit(edit),
        "sharp": write_photograph(files, "sharp", sharp),
        "blurred": write_photograph(files, "blurred", blur(sharp)),
        "credit": "China.jpg of scikit-learn's samples, by Hsing-Ching Chang, CC BY 2.0",
    }


def describe_edit(edit: Edit) -> dict[str, Any]:
    """Return an edit as plain data."""
    return {
        "letters": [list(pair) for pair in edit.letters],
        "tail": base64.b64encode(edit.tail).decode(),
        "fixed": FIXED,
        "means": [
            {"input": given, "output": computed, "channels": count}
            for given, computed, count in edit.means
        ],
    }


def reach(path: Path, edit: Edit, name: str, channels: int) -> int | None:
    """Return how far away a pixel can be from one that it changes, if the means are given.

    It is measured: one pixel of an image of noise is changed. None where the change reaches the border.

    Args:
        path: of the file.
        edit: its edit.
        name: of the file's input.
        channels: of an image.
    """
    with temporary_directory(Path()) as folder:
        edited = folder / "edited.onnx"
        edited.write_bytes(edit.apply(path.read_bytes()))
        runner = load_python_runtime(own_runtime(FORMAT)).open(edited)
        return measure_reach(runner, edit, name, channels)


def measure_reach(runner: Runner, edit: Edit, name: str, channels: int) -> int | None:
    """Return the largest distance that a changed pixel reaches; None where it reaches the border.

    Args:
        runner: the edited file.
        edit: the file's edit.
        name: of the file's input.
        channels: of an image.
    """
    noise = np.random.default_rng(0).random((1, PROBE_SIDE, PROBE_SIDE, channels), np.float32)
    given = {inputs: np.zeros((1, count, 1, 1), np.float32) for inputs, _, count in edit.means}
    first = runner({name: noise, FIXED: np.array([False]), **given})
    given = {inputs: first[output] for inputs, output, _ in edit.means}
    image = next(iter(first))
    farthest = 0
    for place in (PROBE_SIDE // 2, PROBE_SIDE // 2 + MULTIPLE - 1):
        changed = noise.copy()
        changed[:, place, place] = 1 - changed[:, place, place]
        outputs = [
            runner({name: each, FIXED: np.array([True]), **given})[image]
            for each in (noise, changed)
        ]
        rows, columns = np.nonzero(np.abs(outputs[1] - outputs[0])[0].max(-1))
        positions = np.concatenate([rows, columns])
        if len(positions) == 0 or positions.min() == 0 or positions.max() == PROBE_SIDE - 1:
            return None
        farthest = max(farthest, int(np.abs(positions - place).max()))
    return farthest


def sample_photograph() -> Array:
    """Return a photograph, uint8 of shape (height, width, 3)."""
    from sklearn.datasets import load_sample_image

    width, height = SAMPLE_SIZE
    photograph = Image.fromarray(load_sample_image("china.jpg"))
    left, top = (photograph.width - width) // 2, photograph.height - height - 40
    return np.asarray(photograph.crop((left, top, left + width, top + height)))


def blur(sharp: Array) -> Array:
    """Return a photograph as a shaking camera takes it: along a path, with noise; always the same.

    Args:
        sharp: uint8 of shape (height, width, 3).
    """
    generator = np.random.default_rng(3)
    angles = np.cumsum(generator.normal(0, 0.25, 64)) + 0.6
    path = np.cumsum(np.stack([np.sin(angles), np.cos(angles)], 1), 0)
    path -= path.mean(0)
    path *= SHAKE / np.sqrt(np.square(path).sum(1).mean())
    most = int(np.ceil(np.abs(path).max())) + 1
    padded = np.pad(sharp / 255, [(most, most), (most, most), (0, 0)], "edge")
    total = np.zeros(sharp.shape)
    for row, column in np.round(path).astype(int) + most:
        total += padded[row : row + sharp.shape[0], column : column + sharp.shape[1]]
    noisy = total / len(path) + generator.normal(0, NOISE, sharp.shape)
    return np.asarray(np.round(255 * np.clip(noisy, 0, 1)), np.uint8)


def write_photograph(files: PageFiles, name: str, pixels: Array) -> dict[str, Any]:
    """Write a photograph as the bytes of a WebP file, which is smaller than PNG.

    Args:
        files: of the page.
        name: of the file, without suffix.
        pixels: uint8 of shape (height, width, 3).
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=QUALITY, method=6)
    return files.array(name, np.frombuffer(buffer.getvalue(), np.uint8))
