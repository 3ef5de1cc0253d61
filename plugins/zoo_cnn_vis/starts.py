"""What an image starts from: noise, a file, test examples of a dataset, or another run's images."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from skimage.filters import gaussian
from skimage.transform import resize

import zoo
from zoo.data.inputs import read_input
from zoo.data.load import open_dataset
from zoo.entry_points import DATASETS, EntryPointGroup
from zoo.runs.run import Run

from .schedule import FREE

NOISE = "noise"
Array = np.ndarray


def shape(config: Any, network: tuple[int | None, ...]) -> tuple[int, ...]:
    """Give the count and the size of what an image starts from."""
    *sizes, channels = network
    if config.start != NOISE:
        return read(config.start, (*[None] * len(sizes), channels), "start").shape[:-1]
    return (1, *(size or FREE for size in sizes))


def images(config: Any, network: tuple[int | None, ...], size: tuple[int, ...]) -> Array | None:
    """Give the images to start from at one size; none where that is noise."""
    if config.start == NOISE:
        return None
    *sizes, channels = network
    return resized(read(config.start, (*[None] * len(sizes), channels), "start"), size)


def noise(config: Any, shape: tuple[int, ...], seed: int) -> Array:
    """Draw noise around 0, blurred if so set."""
    drawn = np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)
    if config.noise_blur:
        axes = len(shape) - 2
        drawn = gaussian(drawn, (0, *[config.noise_blur] * axes, 0), mode="nearest")
    return config.noise_scale * drawn


def read(name: str, shape: tuple[int | None, ...], setting: str) -> Array:
    """Read images of a shape, whose sizes may be free: (n, ..., channels).

    Raises:
        SettingError: the name stands for nothing.
        DataError: what it stands for has another shape.
    """
    if name.startswith("run:"):
        return of_run(name.removeprefix("run:"), shape, setting)
    found = re.fullmatch(r"([\w:.-]+):(\d+)(?:\.\.(\d+))?", name)
    if found and (found[1] in EntryPointGroup(DATASETS).names() or found[1].startswith("tfds:")):
        return of_dataset(found, shape, setting)
    if not Path(name).expanduser().exists():
        raise zoo.SettingError(
            f"{setting}: there is no file {name}. Expected: a file, DATASET:7 or DATASET:0..9 of its "
            f"test split ({', '.join(EntryPointGroup(DATASETS).names())})"
            + (", run:NAME or noise." if setting == "start" else ".")
        )
    return read_input(Path(name).expanduser(), shape)[None]


def of_dataset(found: re.Match[str], shape: tuple[int | None, ...], setting: str) -> Array:
    """Take test examples of a dataset."""
    split = open_dataset(found[1]).test
    first, last = int(found[2]), int(found[3] or found[2])
    if not first <= last < len(split):
        raise zoo.SettingError(
            f"{setting}: {found[1]} has the test examples 0 to {len(split) - 1}. Received: {found[0]}"
        )
    taken = split.take(slice(first, last + 1)).inputs
    check_shape(taken, shape, f"{setting}={found[0]}")
    return taken


def of_run(name: str, shape: tuple[int | None, ...], setting: str) -> Array:
    """Take the images that another run of cnn-vis made."""
    from zoo.runs.load import load

    run = Run.open(name)
    if run.record["architecture"] != "cnn-vis":
        raise zoo.SettingError(
            f"{setting}=run:{name} is a run of {run.record['architecture']}, not of cnn-vis."
        )
    made = load(run).images()
    check_shape(made, shape, f"{setting}=run:{name}")
    return made


def check_shape(made: Array, shape: tuple[int | None, ...], told: str) -> None:
    """Refuse examples that the network does not look at."""
    if made.ndim - 1 != len(shape) or made.shape[-1] != shape[-1]:
        raise zoo.SettingError(
            f"{told} has the shape {made.shape[1:]}; the network looks at "
            f"{'x'.join('any' if size is None else str(size) for size in shape)}."
        )


def resized(images: Array, size: tuple[int, ...]) -> Array:
    """Resize images (n, ..., channels) bicubically, keeping them as they are where they fit."""
    if images.shape[1:-1] == tuple(size):
        return images
    smaller = any(s < b for s, b in zip(size, images.shape[1:-1], strict=True))
    order = 3 if len(size) < 3 else 1
    made = [resize(each, size, order, "edge", anti_aliasing=smaller) for each in images]
    return np.stack(made).astype(np.float32)
