"""Text files from elsewhere: their size is checked before they are read."""

from __future__ import annotations

from pathlib import Path

from zoo.errors import UnsafeFile

__all__ = ["LARGEST_TEXT", "read_text"]

LARGEST_TEXT = 16 * 2**20  # bytes of a text file


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file of at most LARGEST_TEXT bytes.

    Raises:
        UnsafeFile: it is larger.
    """
    if path.stat().st_size > LARGEST_TEXT:
        raise UnsafeFile(f"{path} is larger than {LARGEST_TEXT >> 20} MiB.")
    return path.read_text("utf-8")
