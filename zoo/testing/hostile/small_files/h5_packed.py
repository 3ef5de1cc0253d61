"""HDF5 files of a few kB that make their reader unpack gigabytes, read one array many times or too far."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

__all__ = ["OF_MODELS", "PACKED"]


def _zeros(megabytes: int) -> bytes:
    """Return what unpacks to many zeros, without the end: one block is repeated."""
    packer = zlib.compressobj(9)
    first, second = (
        packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return first + second * (megabytes - 1)


def _large_chunk(file: Any) -> None:
    """Write a packed chunk that declares 3 GB and unpacks to as many."""
    size = 3 * 2**30
    array = file.create_dataset("x", (size,), "u1", chunks=(size,), compression="gzip")
    array.id.write_direct_chunk((0,), _zeros(3072))


def _packed_twice(file: Any) -> None:
    """Write a chunk that unpacks to the 4 MB that it declares, which unpack to 4 GB."""
    inner = _zeros(4096)
    storage = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    storage.set_chunk((len(inner),))
    storage.set_deflate(9)
    storage.set_deflate(9)
    space = h5py.h5s.create_simple((len(inner),))
    array = h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_UINT8, space, storage)
    array.write_direct_chunk((0,), zlib.compress(inner))


def _one_chunk_often(file: Any) -> None:
    """Write 20 chunks of 190 MB, which declare far more than the file has."""
    size, chunk = 190 * 2**20, _zeros(190)
    array = file.create_dataset("x", (20 * size,), "u1", chunks=(size,), compression="gzip")
    for number in range(20):
        array.id.write_direct_chunk((number * size,), chunk)


def _one_chunk(
    size: int, content: bytes, *filters: str, left_out: int = 0
) -> Callable[[Any], None]:
    """Return a change of a file that writes an array of one chunk, stored as is.

    Args:
        size: numbers that the array declares.
        content: of the chunk.
        *filters: of the array.
        left_out: a bit for each filter that this chunk says it is not packed by.
    """

    def write(file: Any) -> None:
        storage = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        storage.set_chunk((size,))
        for each in filters:
            getattr(storage, f"set_{each}")(*(9,) * (each == "deflate"))
        space = h5py.h5s.create_simple((size,))
        array = h5py.h5d.create(file.id, b"x", h5py.h5t.STD_I32LE, space, storage)
        array.write_direct_chunk((0,), content, left_out)

    return write


def _shuffled_bomb(file: Any) -> None:
    """Write a chunk that unpacks to 2 GB, and was shuffled after it was packed: only HDF5 can unpack it."""
    bomb = np.frombuffer(_zeros(2048), "u1")
    whole = (
        bomb[: bomb.size // 4 * 4].reshape(-1, 4).T.tobytes() + bomb[bomb.size // 4 * 4 :].tobytes()
    )
    _one_chunk(2**18, whole, "deflate", "shuffle")(file)


def _odd_number(file: Any) -> None:
    """Write an array of numbers of three bytes, which h5py cannot read, before a bomb."""
    kind = h5py.h5t.NATIVE_INT32.copy()
    kind.set_precision(24)
    kind.set_size(3)
    h5py.h5d.create(file.id, b"a", kind, h5py.h5s.create_simple((9,))).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.zeros(9, "i4"), h5py.h5t.NATIVE_INT32
    )
    _one_chunk(2**18, _zeros(2048), "deflate")(file)


def _one_weight_often(names: Any) -> Callable[[Any], None]:
    """Return a change of a model that names an array of 60 MB, of which nothing is stored, many times."""

    def write(file: Any) -> None:
        group = file["model_weights/dense"]
        group.create_dataset("x", (15 * 10**6,), "f4", chunks=(15 * 10**6,))
        group.attrs["weight_names"] = names

    return write


PACKED: dict[str, Callable[[Any], None]] = {
    "a packed chunk of 3 GB that is there": _large_chunk,
    "a chunk that is packed twice": _packed_twice,
    "20 chunks of 190 MB in 4 MB": _one_chunk_often,
    "a chunk that is shuffled after it is packed": _shuffled_bomb,
    "a packed chunk that is too short": _one_chunk(2**24, zlib.compress(b"x"), "deflate"),
    "a chunk that is not packed and too short": _one_chunk(2**24, b"xy", "deflate", left_out=1),
    "a shuffled chunk that is too short": _one_chunk(2**24, b"xy", "shuffle"),
    "a chunk without room for its checksum": _one_chunk(250, b"xy", "fletcher32"),
    "a packed chunk without room for its checksum": _one_chunk(
        250, zlib.compress(b"xy"), "fletcher32", "deflate"
    ),
    "16 million chunks of one number": lambda file: file.create_dataset(
        "x", (4096, 4096), "f4", chunks=(1, 1)
    ),
}
"""Changes of any file."""

OF_MODELS: dict[str, Callable[[Any], None]] = {
    "one weight that is named 3,000 times": _one_weight_often([b"x"] * 3000),
    "one weight that is named in 3,000 ways": _one_weight_often(
        ["/" * number + "x" for number in range(100)]
        + ["./" * number + "x" for number in range(2900)]
    ),
    "a layer that is named 3,000 times": lambda file: file["model_weights"].attrs.update(
        layer_names=[b"dense"] * 3000
    ),
}
"""Changes of a whole model."""
