"""HDF5 files from elsewhere are opened: their layout is checked without HDF5, then their objects with it."""

from __future__ import annotations

import io
import math
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import h5py
import numpy as np

from zoo.errors import UnsafeFile
from zoo.io.foreign.hdf5.check import Walk, walk_objects
from zoo.io.foreign.hdf5.packed import check_chunk
from zoo.io.foreign.hdf5.reader import Reader
from zoo.io.foreign.hdf5.trees import check_trees
from zoo.io.foreign.hdf5.trial import try_in_fork
from zoo.io.foreign.hdf5.usual import UsualContents
from zoo.io.foreign.hdf5.values import are_distinct, filters_of

__all__ = ["SIGNATURE", "Contents", "check_hdf5", "inspect_hdf5"]

SIGNATURE = b"\x89HDF\r\n\x1a\n"  # the first bytes of an HDF5 file
_SMALL = 2**20  # bytes of a file that is read at once
_SECONDS, _BYTES_PER_SECOND = 2, 20_000_000  # of a trial: what the file may take


class Contents(NamedTuple):
    """What an HDF5 file declares in bytes, and the config of the model in it; None where it has none."""

    declared: int
    config: str | None


def check_hdf5(path: Any, file: IO[bytes]) -> int:
    """Check an HDF5 file, and return the bytes that its arrays declare; none of them is read.

    Args:
        path: the file, for messages.
        file: the open file.

    Raises:
        UnsafeFile: it links to another place or file, has a second name for a group, an unusual type,
            storage, filter or chunk, too many or too deep groups, or other bytes before it.
        OSError: it is no HDF5 file, or a broken one.
    """
    return inspect_hdf5(path, file).declared


def inspect_hdf5(path: Any, file: IO[bytes], whole: Path | None = None) -> Contents:
    """Check an HDF5 file as `check_hdf5` does, and return what it declares, and its attribute `model_config`.

    A file that holds what Keras usually writes is checked without HDF5, which takes a third of the time. Any
    other is read in a forked process first.

    Args:
        path: the file, for messages.
        file: the open file.
        whole: where it is, if it is a file of its own: HDF5 reads it faster than an open one.

    Raises:
        UnsafeFile: as `check_hdf5`.
        OSError: as `check_hdf5`.
    """
    file.seek(0)
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise OSError("it does not begin as an HDF5 file does")
    contents = _read_plainly(path, file)
    if contents is not None:
        return contents
    seconds = _SECONDS + file.seek(0, 2) // _BYTES_PER_SECOND
    with _position(file):
        try_in_fork(lambda: _read_everything(path, file, whole), path, seconds)
    with _open(file, whole) as archive:
        if archive.userblock_size:
            raise UnsafeFile(f"{path} has other bytes before the HDF5 file, and was not opened.")
        walk = walk_objects(path, archive)
        _check_followed(path, archive, walk)
        config = archive.attrs.get("model_config")
        text = config.decode("utf-8") if isinstance(config, bytes) else str(config)
        return Contents(walk.declared, None if config is None else text)


def _read_plainly(path: Any, file: IO[bytes]) -> Contents | None:
    """Return what is in a file, which is read without HDF5; None where that is not usual.

    Raises:
        UnsafeFile: a tree leads to itself, or a chunk unpacks to another size than it declares.
    """
    try:
        reader = Reader(file, path)
        usual = UsualContents(reader)
        check_trees(reader, usual)
    except (ValueError, IndexError, struct.error):
        return None
    if not usual.is_usual or b"\0" in (config := usual.config or b""):  # HDF5 reads up to a zero
        return None
    text = config.decode("utf-8", "surrogateescape")
    return Contents(usual.declared, None if usual.config is None else text)


def _check_followed(path: Any, archive: h5py.File, walk: Walk) -> None:
    """Refuse names of layers and weights that lead to one member twice: Keras reads each in turn.

    Raises:
        UnsafeFile: the file has such names.
    """
    found: dict[tuple[str, bytes], list[bytes]] = {}
    for place, name in walk.followed:
        values = np.asarray(archive[place or "/"].attrs[name]).ravel().tolist()
        texts = [
            each.encode("utf-8", "surrogateescape") if isinstance(each, str) else each
            for each in values
        ]
        own = found.setdefault((place, name.rstrip(b"0123456789")), [])
        own += [each for each in texts if isinstance(each, bytes)]
    for (place, name), names in found.items():
        if not are_distinct(names):
            raise UnsafeFile(
                f"{path} names a member of {place or '/'!r} twice in {name.decode()}; Keras names each once. "
                "It was not opened."
            )


def _open(file: IO[bytes], whole: Path | None) -> h5py.File:
    """Open an HDF5 file; a small one is read at once, since each of HDF5's own reads takes longer.

    Raises:
        OSError: it is no HDF5 file, or a broken one.
    """
    if file.seek(0, 2) <= _SMALL:
        file.seek(0)
        try:
            return h5py.File(h5py.h5f.open_file_image(file.read()))
        except ValueError as error:  # HDF5 keeps the reason to itself
            raise OSError("it is cut off, or no whole HDF5 file") from error
    file.seek(0)
    return h5py.File(whole or file, "r")


def _read_everything(path: Any, file: IO[bytes], whole: Path | None) -> None:
    """Visit all objects, and read their attributes and their chunks."""

    def read(_: str, item: Any) -> None:
        for value in item.attrs.values():
            str(value)
        if isinstance(item, h5py.Dataset):
            _read_array(path, item)

    with _open(file, whole) as archive:
        walk_objects(path, archive)
        read("/", archive)
        archive.visititems(read)


def _read_array(path: Any, array: h5py.Dataset) -> None:
    """Read all chunks of an array; one that is stored as a whole cannot be larger than the file."""
    if not array.chunks:
        return
    size, filters = math.prod(array.chunks) * array.dtype.itemsize, filters_of(array.id)
    stored: list[Any] = []
    array.id.chunk_iter(stored.append)
    for chunk in stored:
        _, content = array.id.read_direct_chunk(chunk.chunk_offset)
        used = [each for at, (each, _) in enumerate(filters) if not chunk.filter_mask >> at & 1]
        check_chunk(path, content, used, size)
    if stored:
        for place in array.iter_chunks():
            _ = array[place]


@contextmanager
def _position(file: IO[bytes]) -> Iterator[None]:
    """Restore the position of a file, which a forked process shares; one in memory is its own."""
    try:
        number = file.fileno()
    except io.UnsupportedOperation:
        yield
        return
    before = os.lseek(number, 0, os.SEEK_CUR)
    try:
        yield
    finally:
        os.lseek(number, before, os.SEEK_SET)
