"""Text files from elsewhere: what they are and how large they are is checked before they are read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from zoo.io.foreign.json_text import parse_json
from zoo.io.foreign.limits import LIMITS, check_limit, limit
from zoo.io.foreign.plain_file import open_plain

__all__ = ["LARGEST_TEXT", "read_bytes", "read_json", "read_text"]

LARGEST_TEXT = LIMITS["text_bytes"][
    0
]  # bytes of a text file, unless ZOO_LIMITS says something else


def read_text(path: Path, folder: Path | None = None) -> str:
    """Return the text of a plain UTF-8 file of at most LARGEST_TEXT bytes.

    Args:
        path: the file.
        folder: the run or the export that it belongs to, if it does. A link must not lead out of it.

    Raises:
        UnsafeFile: it is larger, no plain file, or a link out of the folder.
        OSError: it cannot be opened.
        ValueError: it is no text in UTF-8.
    """
    text = read_bytes(path, "text_bytes", folder).decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path, name: str, folder: Path | None = None) -> bytes:
    """Return the bytes of a plain file, of which there are at most as many as a limit allows.

    Args:
        path: the file.
        name: of the limit.
        folder: the run or the export that it belongs to, if it does.

    Raises:
        UnsafeFile: it is larger, no plain file, or a link out of the folder.
        OSError: it cannot be opened.
    """
    with open_plain(path, folder) as file:
        size = os.fstat(file.fileno()).st_size  # a buffer as large as the limit takes long to make
        content = file.read(min(limit(name), size) + 1)
        if len(content) > size:  # it grew
            content += file.read(limit(name) + 1 - len(content))
    check_limit(path, name, len(content), more=True)
    return content


def read_json(path: Path, folder: Path | None = None) -> Any:
    """Return the value of a JSON file, whose depth and numbers are bounded, and which can be written again.

    Args:
        path: the file.
        folder: the run or the export that it belongs to, if it does.

    Raises:
        UnsafeFile: it is too large, too deep, no plain file, or a link out of the folder.
        OSError: it cannot be opened.
        ValueError: it is no JSON in UTF-8, or holds NaN, infinity or halves of letters.
    """
    value = parse_json(read_text(path, folder), path)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return value
