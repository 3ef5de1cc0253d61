"""Items are read in the form of the training data, and what was done to them is noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from zoo.data.arrays import Array, Shape
from zoo.data.images import adjust_images
from zoo.inference.image_form import ImageForm, bring_to_form, image_form

__all__ = ["FormReader", "form_notes", "read_in_form"]

MOST_NOTES = 5  # items that are named


class FormReader:
    """Reads items as `read` does; image files for models of grey images get the form of the data.

    Args:
        read: reads an item, image files with `zoo.data.images.read_image`.
        form: of the data.
        source: the name of the data set.
    """

    def __init__(self, read: Callable[[Any], Any], form: ImageForm, source: str) -> None:
        self._read, self._form, self._source = read, form, source
        self._notes: list[str] = []
        self._count = 0

    def __call__(self, item: Any) -> Any:
        """Return what `read` returns for an item."""
        with adjust_images(self._adjust):
            return self._read(item)

    def take_notes(self) -> list[str]:
        """Return a line for each of the first images that were changed, and one for the rest; forget them."""
        lines = [f"{note}, as the images of {self._source} are" for note in self._notes]
        if others := self._count - len(lines):
            lines.append(f"{others} more image{'s' * (others > 1)} brought to this form")
        self._notes, self._count = [], 0
        return lines

    def _adjust(self, path: Path, image: Image.Image, shape: Shape) -> Array | None:
        """Return an image in the form of the data; None where it stays as it is, or is not grey."""
        height, width, channels = shape if len(shape) == 3 else (None, None, None)
        if height is None or width is None or channels != 1:
            return None
        found = bring_to_form(image, (width, height), self._form)
        if found is None:
            return None
        pixels, words = found
        self._count += 1
        if len(self._notes) < MOST_NOTES:
            self._notes.append(f"{path}: {words}")
        return pixels


def read_in_form(read: Callable[[Any], Any], source: str | None) -> Callable[[Any], Any]:
    """Return a FormReader where a data set has a form; else `read` itself.

    Args:
        read: reads an item.
        source: the name of the data set that the model is trained on; None where it is unknown.
    """
    form = image_form(source)
    return read if form is None else FormReader(read, form, str(source))


def form_notes(read: Callable[[Any], Any]) -> list[str]:
    """Return what a reader did to the items that it read, and forget it; nothing if it is no FormReader."""
    return read.take_notes() if isinstance(read, FormReader) else []
