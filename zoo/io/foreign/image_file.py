"""Image files from elsewhere: a few decoders of Pillow, within limits of bytes and pixels."""

from __future__ import annotations

import io
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from PIL import Image, UnidentifiedImageError

from zoo.errors import DataError, UnsafeFile, format_error
from zoo.io.foreign.limits import check_limit
from zoo.io.foreign.plain_file import open_plain

__all__ = ["open_image_file"]

# The decoders for the files that the zoo reads. By itself, Pillow chooses among all of its decoders by the
# content, and hands an EPS with the name of a .png to Ghostscript.
_DECODERS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
_SCAN, _BLOCK = b"\xff\xda", 2**20  # what begins a scan of a JPEG; bytes that are read at a time
_BROKEN = (  # what Pillow's decoders raise on broken files
    OSError,
    SyntaxError,
    AssertionError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)


class _IgnoredWarnings:
    """Ignores warnings of odd metadata, and of more than 90 megapixels, in all threads that read images.

    Python's filters belong to the process: the first thread sets them, and the last one restores them.
    """

    def __init__(self) -> None:
        self._lock, self._readers = threading.Lock(), 0
        self._filters: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._readers:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                self._filters.__exit__(None, None, None)


_ignored_warnings = _IgnoredWarnings()


@contextmanager
def open_image_file(
    path: Path, content: bytes | None = None, *, header_only: bool = False
) -> Iterator[Image.Image]:
    """Open an image file; every error of Pillow becomes a DataError, also those of the code inside.

    Args:
        path: the file; with `content`, the name of the image in messages.
        content: the bytes of the file, if they are read already.
        header_only: whether no pixel is decoded, so that what decoding takes does not matter.

    Raises:
        DataError: there is no such file, it is no image or a broken one, or it is too large.
    """
    try:
        with (
            _ignored_warnings,
            open_plain(path) if content is None else io.BytesIO(content) as file,
        ):
            size = os.fstat(file.fileno()).st_size if content is None else len(content)
            check_limit(path, "image_bytes", size)
            with Image.open(file, formats=_DECODERS) as image:
                kind = "webp_pixels" if image.format == "WEBP" else "image_pixels"
                check_limit(path, kind, image.width * image.height)
                if image.format in ("JPEG", "MPO") and not header_only:
                    _check_scans(path, file, image.width * image.height)
                yield image
    except (UnsafeFile, Image.DecompressionBombError, *_BROKEN) as error:
        raise DataError(_describe_failure(path, error)) from error


def _describe_failure(path: Path, error: Exception) -> str:
    """Return why an image file cannot be read, in one or two sentences."""
    match error:
        case UnsafeFile():
            return str(error)
        case FileNotFoundError():
            return f"There is no file {path}."
        case UnidentifiedImageError():
            kinds = ", ".join(_DECODERS)
            return f"{path} is not an image that Pillow can read. Expected: {kinds}."
        case PermissionError():
            return f"{path} cannot be read: {error.strerror}."
        case Image.DecompressionBombError():
            return f"{path} was not opened: it has too many pixels. {error}"
        case MemoryError():
            return f"{path} needs more memory than there is."
        case OSError() | SyntaxError() | ValueError():
            return f"{path} is a broken image: {error}."
    return f"{path} is a broken image: {format_error(error)}."


def _check_scans(path: Path, file: IO[bytes], pixels: int) -> None:
    """Refuse a JPEG of many scans: each goes over all pixels, and may have a few bytes.

    Raises:
        UnsafeFile: it has too many for its size.
    """
    place, scans, last = file.tell(), 0, b""
    file.seek(0)
    while block := file.read(_BLOCK):
        scans += (last + block).count(_SCAN)
        last = block[-1:]
    file.seek(place)
    check_limit(path, "image_scans", scans * pixels)
