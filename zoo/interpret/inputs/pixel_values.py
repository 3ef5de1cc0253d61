"""The pixels that a network from elsewhere wants: images have 0 to 1, and a layer in front converts.

A .keras file does not tell on which pixels it was trained. The user says it, as the values of black and
white or as a preprocessing of keras.applications; or the network's first layers tell (recognition.py).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.arrays import is_picture
from zoo.errors import SettingError, brief
from zoo.exporters.applications import preprocessing_matrix
from zoo.inference.exported_parts import read_report
from zoo.interpret.inputs.recognition import leading_range

if TYPE_CHECKING:
    import keras

__all__ = ["PREPROCESSINGS", "PixelValues", "with_unit_pixels"]

PREPROCESSINGS = ("caffe", "torch", "tf")  # modes of keras.applications.imagenet_utils
UNIT = (0.0, 1.0)
_NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
_log = logging.getLogger("zoo")


@dataclass(frozen=True)
class PixelValues:
    """The pixels that a network wants.

    Args:
        pixel_range: the values of black and of white, as `0..255`, or as two numbers; None if not given.
        preprocess: caffe, torch or tf, a preprocessing of keras.applications; None if not given.

    Raises:
        SettingError: a value is none of these, or both are given.
    """

    pixel_range: str | Sequence[float] | None = None
    preprocess: str | None = None

    def __post_init__(self) -> None:
        if self.preprocess is not None and self.preprocess not in PREPROCESSINGS:
            raise SettingError(
                f"preprocess must be one of {', '.join(PREPROCESSINGS)}. Received: {brief(self.preprocess)}"
            )
        if self.preprocess is not None and self.pixel_range is not None:
            raise SettingError(
                f"preprocess={self.preprocess} has a range of its own. Give it, or the range, not both."
            )
        _ = self.ends

    @property
    def is_given(self) -> bool:
        """Whether the user has set one of the options."""
        return self.preprocess is not None or self.pixel_range is not None

    @property
    def options(self) -> dict[str, str]:
        """What the user has set, as options of a command."""
        ends = self.ends
        options = {} if ends is None else {"range": f"{ends[0]:g}..{ends[1]:g}"}
        return options | ({} if self.preprocess is None else {"preprocess": self.preprocess})

    @property
    def ends(self) -> tuple[float, float] | None:
        """The values of black and of white; None if they are not given."""
        if self.pixel_range is None:
            return None
        ends: Sequence[Any] = ()
        if not isinstance(self.pixel_range, str):
            ends = tuple(self.pixel_range)
        elif match := re.fullmatch(rf"{_NUMBER}\.\.{_NUMBER}", self.pixel_range):
            ends = match.groups()
        if len(ends) != 2 or float(ends[0]) == float(ends[1]):
            raise SettingError(
                "The range of pixels is the values of black and of white, such as 0..255 or -1..1. "
                f"Received: {brief(self.pixel_range)}"
            )
        return float(ends[0]), float(ends[1])


def with_unit_pixels(
    network: keras.Model, flat: keras.Model, pixels: PixelValues, name: str
) -> keras.Model | None:
    """Return a network behind a layer that converts pixels from 0 to 1; None where it needs no layer.

    Args:
        network: the network, as it was opened.
        flat: the same network as one flat graph.
        pixels: what the user states of its pixels.
        name: its name, for messages.

    Raises:
        SettingError: the user says something, and the network has no single input of images.
    """
    shape = tuple(flat.inputs[0].shape[1:])
    if len(flat.inputs) != 1 or not is_picture(shape):
        if pixels.is_given:
            raise SettingError(
                f"{name} takes no images with 1, 3 or 4 channels, so it has no range of pixels. "
                f"Its inputs: {', '.join(str(tuple(tensor.shape[1:])) for tensor in flat.inputs)}"
            )
        return None
    if pixels.preprocess is not None:
        return _with_first_layer(_matrix_layer(pixels.preprocess, shape, name), network)
    ends = pixels.ends or _recognized_ends(flat, name)
    return None if ends == UNIT else _with_first_layer(_rescaling(*ends), network)


def _recognized_ends(flat: keras.Model, name: str) -> tuple[float, float]:
    """Return the range that a network's first layers tell, else 0 to 1."""
    found = leading_range(flat)
    if found is not None:
        low, high = found.ends
        _log.info("%s begins with %s: it gets pixels from %g to %g.", name, found.layer, low, high)
        return found.ends
    if not _is_export(Path(name)):
        _log.info(
            "%s does not tell which pixels it takes. It gets those from 0 to 1; --range 0..255 or "
            "--preprocess caffe, torch or tf (in Python pixel_range, preprocess) gives it others.",
            name,
        )
    return UNIT


def _is_export(path: Path) -> bool:
    """Return whether a file is an export of the zoo, whose images are from 0 to 1."""
    files = read_report(path.parent).get("files", ()) if path.is_file() else ()
    return any(Path(str(file.get("path"))).name == path.name for file in files)


def _rescaling(low: float, high: float) -> Any:
    import keras

    return keras.layers.Rescaling(high - low, low, name="preprocessing")


def _matrix_layer(mode: str, shape: tuple[int | None, ...], name: str) -> Any:
    """Return the layer of a preprocessing of keras.applications, which is linear in the three colours."""
    import keras

    if shape[-1] != 3:
        raise SettingError(
            f"preprocess={mode} is for images of 3 colours, and {name} takes {shape[-1]}."
        )
    preprocess_input = keras.applications.imagenet_utils.preprocess_input
    matrix, offset = preprocessing_matrix(lambda pixels: preprocess_input(pixels, mode=mode))
    layer = keras.layers.Conv2D(3, 1, name="preprocessing")
    layer.build((None, *shape))
    layer.set_weights([matrix[None, None], offset])
    return layer


def _with_first_layer(layer: Any, network: keras.Model) -> keras.Model:
    """Return a network that gets the output of a layer."""
    import keras

    tensor = network.inputs[0]
    pixels = keras.Input(tensor.shape[1:], name="pixels")
    return keras.Model(pixels, network(layer(pixels)), name=network.name)
