"""Safe loading of files from elsewhere: what a file declares is checked before it is unpacked.

A .keras file of 11 kB can declare 5 GB, and Keras 3 allocates them before it reads the data. A file that
Keras wrote holds its weights uncompressed, so it declares about as many bytes as it has.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from zoo.environment import largest_data
from zoo.errors import DataError, UnsafeFile, ZooError, format_error

__all__ = [
    "LARGEST_RATIO",
    "SMALL_FILE",
    "check_model_file",
    "read_array",
    "read_arrays",
]

SMALL_FILE = 64 * 2**20  # bytes that any file may declare
LARGEST_RATIO = 20  # how many times its own size a model file may declare beyond that


def check_model_file(path: Path) -> None:
    """Refuse a .keras or .h5 file that declares far more than it holds, or links to other files.

    Raises:
        UnsafeFile: it declares more than SMALL_FILE + LARGEST_RATIO times its size, links to another
            place, or is no model file.
    """
    with _model_file_errors(path):
        if zipfile.is_zipfile(path):
            _check_zip(path)
        else:
            with path.open("rb") as file:
                _check_h5(path, file, path.stat().st_size)


def read_arrays(path: Path) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Return the arrays of an .npz file by name; pickle is not used.

    Raises:
        UnsafeFile: it unpacks to more than ZOO_LARGEST_DATA bytes, or needs pickle.
        DataError: it is no .npz, or a broken one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except ZooError:
        raise
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is not a whole .npz file: {error}.") from error
    except Exception as error:  # zlib, tokenize, zipfile and NumPy each have errors of their own
        if "allow_pickle" in str(error):
            raise UnsafeFile(
                f"{path} holds Python objects, which run code when they are read. "
                "Save plain arrays of numbers."
            ) from error
        raise DataError(f"{path} is a broken .npz file: {format_error(error)}.") from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy gives the bytes of a member that is no .npy
            raise DataError(f"{path} is a broken .npz file: {name} in it is no array.")
    return arrays


def read_array(path: Path) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the array of an .npy file, mapped to memory; pickle is not used.

    Raises:
        DataError: it is no .npy, declares more than it holds, or needs pickle. The message does not name
            the file.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"it cannot be read as an array: {error}.") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise DataError("it is an .npz; save one array with numpy.save.")
    return array


@contextmanager
def _model_file_errors(path: Path) -> Iterator[None]:
    """Turn the many errors of broken model files into one.

    Raises:
        UnsafeFile: the code inside raised an error of zipfile or h5py.
    """
    try:
        yield
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError) as error:
        raise UnsafeFile(f"{path} is not a readable model file: {error}.") from error


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse an .npz that unpacks to more than ZOO_LARGEST_DATA bytes."""
    total = 0
    for member in archive.infolist():
        total += max(member.file_size, _declared_bytes(archive, member))
        if total > largest_data():
            raise UnsafeFile(
                f"{path} would unpack to more than {largest_data() / 2**30:.3g} GiB. If you trust "
                "it, set ZOO_LARGEST_DATA to more bytes."
            )


def _declared_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Return how many bytes the header of an .npy member declares; 0 for another member."""
    with archive.open(member) as file:
        try:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                read = np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
        except ValueError:
            return 0
    return int(np.prod([int(size) for size in shape], dtype=object)) * dtype.itemsize


def _check_zip(path: Path) -> None:
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_declared(path, sum(member.file_size for member in members), size)
        for member in members:
            if member.filename.endswith(".h5"):
                with archive.open(member) as file:
                    _check_h5(path, file, size)


def _check_h5(path: Path, file: IO[bytes], size: int) -> None:
    with h5py.File(file, "r") as archive:
        _check_declared(path, sum(_dataset_sizes(path, archive)), size)


def _dataset_sizes(path: Path, group: h5py.Group) -> Iterator[int]:
    """Yield the declared bytes of each dataset in an HDF5 group and below it.

    Raises:
        UnsafeFile: the group links to another place or file.
    """
    for name in group:
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise UnsafeFile(f"{path} links to another place at {name!r}; it was not opened.")
        item = group[name]
        if isinstance(item, h5py.Group):
            yield from _dataset_sizes(path, item)
        elif item.external:
            raise UnsafeFile(f"{path} takes {name!r} from another file; it was not opened.")
        else:
            yield (
                int(np.prod([int(n) for n in item.shape or (0,)], dtype=object))
                * item.dtype.itemsize
            )


def _check_declared(path: Path, declared: int, size: int) -> None:
    """Refuse a model file that declares many more bytes than it has."""
    if declared > SMALL_FILE + LARGEST_RATIO * size:
        raise UnsafeFile(
            f"{path} is {size / 2**20:.3g} MiB and declares {declared / 2**20:.0f} MiB; a file that "
            "Keras wrote holds about what it declares. It was not opened."
        )
