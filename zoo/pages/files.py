"""The files of one page below its folder: arrays, pictures and parts, and what page.json says about them."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zoo.data.arrays import Array
from zoo.io import pictures

__all__ = ["PageFiles", "page_name", "read_page_array"]


def read_page_array(folder: Path, entry: Mapping[str, Any]) -> Array:
    """Return an array that `PageFiles.array` wrote.

    Args:
        folder: of the page.
        entry: what `PageFiles.array` returned.
    """
    content = (folder / entry["file"]).read_bytes()
    if entry["file"].endswith(".gz"):
        content = gzip.decompress(content)
    return np.frombuffer(content, np.dtype(entry["dtype"])).reshape(entry["shape"])


def page_name(name: str) -> str:
    """Return the name of a file in a page: letters that an address would have to escape become hyphens."""
    return re.sub(r"[^\w.-]", "-", name, flags=re.ASCII)


class PageFiles:
    """Writes the files of a page; every name is used once.

    Args:
        folder: of the page; it exists.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._places: dict[bytes, Path] = {}  # of arrays, by the SHA-256 of what is stored

    def array(self, name: str, values: Any, place: str = "data") -> dict[str, Any]:
        """Write an array as numbers without a header, and return its file, dtype and shape.

        It is packed by gzip, and ".gz" added to the name, where that saves a tenth. Arrays of the same bytes
        share the first one's file.

        Args:
            name: of the file, without suffix.
            values: an array of numbers or truth values; it is written little-endian and in C order.
            place: the folder below the page's.
        """
        array = np.ascontiguousarray(values)
        content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        packed = gzip.compress(content, 9, mtime=0)
        saves = len(packed) < 0.9 * len(content)
        digest = hashlib.sha256(content).digest()
        if digest not in self._places:
            self._places[digest] = self._path(place, f"{name}.bin{'.gz' * saves}")
            self._places[digest].write_bytes(packed if saves else content)
        return {
            "file": self._relative(self._places[digest]),
            "dtype": str(array.dtype),
            "shape": list(array.shape),
        }

    def image(self, name: str, pixels: Array | Image.Image) -> str:
        """Write pixels, uint8 or float in [0, 1], as a PNG file, and return its path in the page."""
        path = self._path("data", f"{name}.png")
        pictures.to_image(pixels).save(path, "PNG", optimize=True)
        return self._relative(path)

    def photograph(self, name: str, picture: Image.Image, quality: int) -> str:
        """Write a picture as a WebP file, which rounds its pixels, and return its path in the page.

        Args:
            name: of the file, without suffix.
            picture: with the channels RGB.
            quality: from 0 to 100.
        """
        path = self._path("data", f"{name}.webp")
        picture.save(path, "WEBP", quality=quality)
        return self._relative(path)

    def copy(self, source: Path, name: str) -> str:
        """Copy a file to a path below the page's folder, and return this path."""
        path = self._path(*name.rpartition("/")[::2])
        shutil.copyfile(source, path)
        return self._relative(path)

    def _path(self, place: str, name: str) -> Path:
        """Return where a file goes."""
        path = self.folder / place / page_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise ValueError(f"{path.name} is written twice")
        return path

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()
