"""SHA-256 digests of files, of folders, and of a model's weights."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

_BLOCK = 2**20  # bytes that are read at a time


def file_digest(path: Path) -> str:
    """Return the digest of a file, or of all files of a folder with their names and sizes."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
    for file in files:
        if file != path:
            digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def weights_digest(model: keras.Model) -> str:
    """Return the digest of a model's weights: their dtypes, shapes and values, in order.

    The names of layers do not count, nor do seeds and the state of an optimizer.
    """
    import numpy as np

    digest = hashlib.sha256()
    for weight in model.weights:  # one at a time: a large model's are not copied together
        array = np.ascontiguousarray(weight.numpy())
        digest.update(f"{array.dtype}{weight.shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def size_on_disk(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
