"""Pairs of photographs, a blurred and a sharp one: pairs:DIR.

    DIR/train/SCENE/blur/*.png, DIR/train/SCENE/sharp/*.png, DIR/test/...     GoPro's (Nah et al. 2017)
    DIR/train/A/*.png, DIR/train/B/*.png, DIR/test/...                        A is blurred, B is sharp

or either without train and test: a fifth is held out. Partners have one name. An example is both, one
behind the other: (height, width, 2 or 6). Photographs are never scaled, which would change the blur; where
sizes differ, the middle of each is cut out, as large as the smallest is.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.dataset import Dataset
from zoo.data.images import folders_in, image_size, images_in, open_image, to_array
from zoo.data.readers.image_folder import HELD, roots
from zoo.data.readers.lazy_images import LazyImages
from zoo.data.split import Split, hold_out
from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.data.arrays import Array

PREFIX = "pairs:"  # begins a folder of blurred and sharp images
NAMES = (("blur", "sharp"), ("blurred", "sharp"), ("A", "B"), ("blurry", "sharp"))
BETWEEN = "\0"  # of two paths that are kept as one name; no path holds it
Pair = tuple[Path, Path]


def read(path: Path, shape: tuple[int | None, ...] | None = None) -> Dataset:
    """Read a folder of pairs.

    Args:
        path: the folder.
        shape: the input_shape that the model wants, if it was set; each size at most the smallest image's.

    Raises:
        DataError: a partner is missing or of another size, an image cannot be read, or there is no pair.
    """
    listed = [list(_pairs(root)) for root in roots(path)]
    for root, pairs in zip(roots(path), listed, strict=True):
        if not pairs:
            raise DataError(
                f"There is no pair under {root}. Expected: folders blur and sharp, or A and B, with images "
                "of the same names."
            )
    size = _size(path, [pair for pairs in listed for pair in pairs], shape)
    splits = [_split(pairs, size) for pairs in listed]
    train, test = splits if len(splits) == 2 else hold_out(splits[0])
    said = f"uint8 / 255, blurred and sharp, the middle {size[0]} x {size[1]}"
    return Dataset(f"pairs:{path.resolve()}", train, test, None, said)


class Pairs(LazyImages):
    """Pairs of image files that look like an array of shape (n, height, width, 2 or 6), uint8."""

    def take(self, chosen: Array | slice) -> Pairs:
        """Choose some pairs without decoding them."""
        height, width, channels = self.shape[1:]
        return Pairs(self._names[chosen], (height, width, channels), self.faults)

    def _decoded(self, name: bytes) -> Array:
        height, width, channels = self.shape[1:]
        try:
            both = [_middle(path, height, width, channels // 2) for path in _apart(name)]
        except DataError as error:
            self.faults.append(error)
            raise
        return np.concatenate(both, -1)

    def _content(self, name: bytes) -> bytes:
        return b"".join(path.read_bytes() for path in _apart(name))


def join_names(pairs: Sequence[Pair]) -> Array:
    """Keep the two paths of each pair as one name."""
    return np.array([BETWEEN.encode().join(map(os.fsencode, pair)) for pair in pairs])


def _apart(name: bytes) -> list[Path]:
    return [Path(os.fsdecode(path)) for path in name.split(BETWEEN.encode())]


def _pairs(root: Path) -> Iterator[Pair]:
    """Find the pairs in a folder and in those below it.

    Raises:
        DataError: an image has no partner.
    """
    inside = {folder.name: folder for folder in folders_in(root)}
    for names in NAMES:
        if all(name in inside for name in names):
            yield from _partners(*(inside[name] for name in names))
            return
    for folder in inside.values():
        yield from _pairs(folder)


def _partners(blurred: Path, sharp: Path) -> Iterator[Pair]:
    given, wanted = _named(blurred), _named(sharp)
    for some, others, folder in ((given, wanted, sharp), (wanted, given, blurred)):
        if alone := sorted(some.keys() - others.keys()):
            raise DataError(f"{some[alone[0]]} has no partner: {folder / alone[0]}.* is missing.")
    yield from ((given[name], wanted[name]) for name in sorted(given))


def _named(folder: Path) -> dict[Path, Path]:
    return {path.relative_to(folder).with_suffix(""): path for path in images_in(folder)}


def _size(
    path: Path, pairs: Sequence[Pair], wanted: tuple[int | None, ...] | None
) -> tuple[int, int, int]:
    """Choose the size of all examples: the smallest height and width, or what is wanted of it."""
    sizes = []
    for blurred, sharp in pairs:
        one, other = image_size(blurred), image_size(sharp)
        if one[:2] != other[:2]:
            raise DataError(
                f"{blurred} is {one[1]} x {one[0]} pixels and its partner {sharp} is {other[1]} x {other[0]}."
            )
        sizes += [one, other]
    least = tuple(min(axis) for axis in list(zip(*sizes, strict=True))[:2])
    channels = 2 * max(size[2] for size in sizes)
    if wanted is None:
        return (*least, channels)
    whole = tuple(want or size for want, size in zip(wanted, (*least, channels), strict=False))
    if len(wanted) != 3 or whole[2] not in (2, 6) or whole[0] > least[0] or whole[1] > least[1]:
        raise DataError(
            f"The pairs in {path} give examples of up to ({least[0]}, {least[1]}, {channels}). "
            f"Received: input_shape {tuple(wanted)}."
        )
    return (whole[0], whole[1], whole[2])


def _split(pairs: Sequence[Pair], size: tuple[int, int, int]) -> Split:
    """Decode the pairs now where they are few, else as they are needed."""
    files = Pairs(join_names(pairs), size)
    return Split(files if len(pairs) * math.prod(size) > HELD else files[:])


def _middle(path: Path, height: int, width: int, channels: int) -> Array:
    """Decode one image and cut its middle out."""
    pixels = to_array(open_image(path), (None, None, channels))
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]
