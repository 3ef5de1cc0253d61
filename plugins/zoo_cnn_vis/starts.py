"""What an image starts from: noise, a file, test examples of a dataset, or the images of another run."""

import re
from pathlib import Path

import numpy as np
from skimage.filters import gaussian
from skimage.transform import resize

import zoo
from zoo.data.arrays import Array
from zoo.data.inputs import read_input

from .config import Config
from .schedule import DEFAULT_SIZE

NOISE = "noise"
EXPECTED = "a file, or test examples of a dataset such as mnist:7 or mnist:0..9"
Shape = tuple[int | None, ...]


def any_size(shape: Shape) -> Shape:
    """Return an input shape with every size free; the channels stay."""
    return (*[None] * (len(shape) - 1), shape[-1])


def start_shape(config: Config, network: Shape) -> tuple[int, ...]:
    """Return the number and the size of the images to start from.

    Args:
        config: the settings.
        network: the shape of the network's input, where None is any size.
    """
    if config.start != NOISE:
        images = read_images(config.start, any_size(network), "start")
        return tuple(map(int, images.shape[:-1]))
    return (1, *(size or DEFAULT_SIZE for size in network[:-1]))


def start_images(config: Config, network: Shape, size: tuple[int, ...]) -> Array | None:
    """Return the images to start from, resized, shape (n, *size, channels); None if that is noise.

    Args:
        config: the settings.
        network: the shape of the network's input, where None is any size.
        size: the size of the images.
    """
    if config.start == NOISE:
        return None
    return resize_images(read_images(config.start, any_size(network), "start"), size)


def draw_noise(config: Config, shape: tuple[int, ...], seed: int) -> Array:
    """Draw noise around 0, blurred if `noise_blur` is set.

    Args:
        config: the settings.
        shape: of the noise, (n, ..., channels).
        seed: of the noise.
    """
    noise = np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)
    if config.noise_blur:
        axes = len(shape) - 2
        noise = gaussian(noise, (0, *[config.noise_blur] * axes, 0), mode="nearest")
    return config.noise_scale * noise


def read_images(name: str, shape: Shape, setting: str) -> Array:
    """Read the images that a setting names.

    Args:
        name: a file, DATASET:7, DATASET:0..9, or run:NAME.
        shape: the shape of one image, where None is any size.
        setting: the name of the setting, for messages.

    Returns:
        Images of shape (n, ..., channels).

    Raises:
        SettingError: the name stands for no images, or for images of another shape.
        DataError: the file cannot be read.
    """
    if name.startswith("run:"):
        return run_images(name.removeprefix("run:"), shape, setting)
    path = Path(name).expanduser()
    if path.exists():
        return read_input(path, shape)[None]
    match = re.fullmatch(r"([\w:.-]+):(\d+)(?:\.\.(\d+))?", name)
    if match is None:
        more = ", run:NAME or noise." if setting == "start" else "."
        raise zoo.SettingError(f"{setting}: there is no file {name}. Expected: {EXPECTED}{more}")
    return dataset_images(match, shape, setting)


def dataset_images(match: re.Match[str], shape: Shape, setting: str) -> Array:
    """Return test examples of a dataset.

    Args:
        match: a match with the dataset's name, the first position and the last one.
        shape: the shape of one image, where None is any size.
        setting: the name of the setting, for messages.

    Raises:
        SettingError: there is no such dataset, or there are no such examples.
    """
    try:
        split = zoo.open_dataset(match[1], download=False).test
    except zoo.UnknownName as error:
        raise zoo.SettingError(f"{setting}={match[0]}: {error}") from error
    first, last = int(match[2]), int(match[3] or match[2])
    if not first <= last < len(split):
        raise zoo.SettingError(
            f"{setting}: {match[1]} has the test examples 0 to {len(split) - 1}. Received: {match[0]}"
        )
    images = split.take(slice(first, last + 1)).inputs
    check_shape(images, shape, f"{setting}={match[0]}")
    return images


def run_images(name: str, shape: Shape, setting: str) -> Array:
    """Return the images of another run of cnn-vis.

    Args:
        name: of the run.
        shape: the shape of one image, where None is any size.
        setting: the name of the setting, for messages.

    Raises:
        RunError: there is no such run.
        SettingError: it is a run of another architecture, or its images have another shape.
    """
    run = zoo.Run.open(name)
    architecture = run.record["architecture"]
    if architecture != "cnn-vis":
        raise zoo.SettingError(
            f"{setting}=run:{name} must be a run of cnn-vis. Received: a run of {architecture}"
        )
    images: Array = zoo.load(run).images()
    check_shape(images, shape, f"{setting}=run:{name}")
    return images


def check_shape(images: Array, shape: Shape, name: str) -> None:
    """Check that the network can look at images.

    Args:
        images: shape (n, ..., channels).
        shape: the shape of one image, where None is any size.
        name: of the images, for the message.

    Raises:
        SettingError: they have another rank or other channels.
    """
    if images.ndim - 1 != len(shape) or images.shape[-1] != shape[-1]:
        sizes = "x".join("any" if size is None else str(size) for size in shape)
        raise zoo.SettingError(
            f"{name} has the shape {images.shape[1:]}; the network looks at {sizes}."
        )


def resize_images(images: Array, size: tuple[int, ...]) -> Array:
    """Resize images (n, ..., channels): bicubic, linear for volumes; images of that size stay as they are."""
    if images.shape[1:-1] == tuple(size):
        return images
    shrinks = any(new < old for new, old in zip(size, images.shape[1:-1], strict=True))
    order = 3 if len(size) < 3 else 1
    resized = [resize(each, size, order, "edge", anti_aliasing=shrinks) for each in images]
    return np.stack(resized).astype(np.float32)
