"""Augmentation: random changes of training inputs that leave their labels true.

The changes run inside tf.data, or on the device that trains if the backend is JAX. They are a function of the
stateless seed of the step, so that a resumed training sees the same inputs.

Images: shift, rotation, zoom, flip, cutout. Series: shift, scaling, jitter, warp. Volumes: shift, flip.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import NonNegativeFloat

from zoo.config import Config, Fraction
from zoo.data.arrays import ExampleKind, Shape, example_kind
from zoo.data.jax_stream import transforms as jax_transforms
from zoo.data.pipeline import is_on_jax
from zoo.data.random import transforms
from zoo.errors import SettingError

if TYPE_CHECKING:
    from zoo.data.pipeline import Augment

__all__ = ["AugmentationConfig", "augmentation", "check_augmentation"]

SUITABLE: dict[str, tuple[ExampleKind, ...]] = {  # what each setting can change
    "shift": ("series", "image", "volume"),
    "rotation": ("image",),
    "zoom": ("image",),
    "flip": ("image", "volume"),
    "cutout": ("image",),
    "scaling": ("series",),
    "jitter": ("series",),
    "warp": ("series",),
}


class AugmentationConfig(Config):
    """The settings of augmentation; all are off by default."""

    shift: Fraction = 0.0
    """Largest shift along each axis, as a share of its size."""
    rotation: NonNegativeFloat = 0.0
    """Largest rotation of an image to either side, in degrees."""
    zoom: Fraction = 0.0
    """Largest crop or shrinking of an image, as a share of its size."""
    flip: bool = False
    """Mirror half of the examples: images left to right, volumes along each axis."""
    cutout: Fraction = 0.0
    """Side of a square that is filled with the mean, as a share of the image (DeVries & Taylor 2017)."""
    scaling: NonNegativeFloat = 0.0
    """Standard deviation of the factor that scales each channel of a series (Um et al. 2017)."""
    jitter: NonNegativeFloat = 0.0
    """Standard deviation of noise added to a series, as a share of each channel's own (Um et al. 2017)."""
    warp: Fraction = 0.0
    """Largest change of speed in a window of a series, as a share (Le Guennec et al. 2016)."""


def augmentation(config: AugmentationConfig, shape: Shape) -> Augment | None:
    """Return the function that augments a batch; None where all settings are off.

    Args:
        config: the settings.
        shape: of one input, without the batch: of a series, an image or a volume.

    Returns:
        A function from inputs (n, *shape), float32, and a stateless seed of shape (2,) to inputs of the
        same shape.

    Raises:
        SettingError: a setting does not suit such inputs.
    """
    check_augmentation(config, shape)
    library = jax_transforms if is_on_jax() else transforms
    steps = list(_transforms(config, example_kind(shape), library))
    if not steps:
        return None

    def augment(inputs: Any, seed: Any) -> Any:
        seeds = library.split_seed(seed, len(steps))
        for at, step in enumerate(steps):
            inputs = step(inputs, seeds[at])
        return inputs

    return augment


def check_augmentation(config: AugmentationConfig, shape: Shape) -> None:
    """Refuse a setting that makes no sense for inputs of a shape.

    Raises:
        SettingError: with the setting, and those that suit such inputs.
    """
    kind = example_kind(shape)
    for name, kinds in SUITABLE.items():
        if getattr(config, name) and kind not in kinds:
            plural = kind if kind in ("numbers", "series") else f"{kind}s"
            choices = ", ".join(other for other, suits in SUITABLE.items() if kind in suits)
            raise SettingError(f"{name} does not suit {plural}. Choices: {choices or 'none'}.")


def _transforms(
    config: AugmentationConfig, kind: ExampleKind, library: Any
) -> Iterator[transforms.Transform]:
    """Yield the transforms that the settings ask for, in the order in which they run.

    Args:
        config: the settings.
        kind: of the inputs.
        library: the module of the transforms, for TensorFlow or for JAX.
    """
    if kind == "image" and (config.shift or config.rotation or config.zoom):
        yield library.affine(config.shift, math.radians(config.rotation), config.zoom)
    elif config.shift:
        yield library.shift(config.shift)
    if config.flip:
        yield library.flip([2] if kind == "image" else [1, 2, 3])
    if config.cutout:
        yield library.cutout(config.cutout)
    if config.warp:
        yield library.window_warp(config.warp)
    if config.scaling:
        yield library.scaling(config.scaling)
    if config.jitter:
        yield library.jitter(config.jitter)
