"""Safe loading of files from elsewhere: what a file declares is checked before it is unpacked.

A .keras file of 11 kB can declare 5 GB, and Keras 3 allocates them before it reads the data. A file that
Keras wrote holds its weights uncompressed, so it declares about as many bytes as it has.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from zoo.errors import DataError, UnsafeFile, ZooError, format_error
from zoo.io.foreign.array_file import array_bytes, check_npz, read_header
from zoo.io.foreign.limits import LIMITS
from zoo.io.foreign.model_file import SMALL_FILE, check_model_file
from zoo.io.foreign.plain_file import open_plain
from zoo.io.foreign.zip_file import zip_problem

__all__ = [
    "LARGEST_RATIO",
    "SMALL_FILE",
    "check_model_file",
    "read_array",
    "read_arrays",
]

_FIRST_HALF, _LAST_HALF = 0xD800, 0xDFFF  # numbers of halves of letters in UTF-16
LARGEST_RATIO = LIMITS["model_ratio"][0]  # how many times its own size a model file may declare


def read_arrays(
    path: Path, folder: Path | None = None, most: int | None = None
) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Return the arrays of an .npz file by name; pickle is not used.

    Args:
        path: the file.
        folder: the run or the export that it belongs to, if it does. A link must not lead out of it.
        most: bytes that it may unpack to; None leaves it to ZOO_LARGEST_DATA.

    Raises:
        UnsafeFile: it unpacks to more bytes, needs pickle, or is no plain file.
        DataError: it is no .npz, or a broken one.
    """
    try:
        with open_plain(path, folder) as file:
            total = check_npz(path, file)
            if most is not None and total > most:
                raise UnsafeFile(
                    f"{path} would unpack to {total:,} bytes; at most {most:,} are expected."
                )
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
    except ZooError:
        raise
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is not a whole .npz file: {zip_problem(error)}.") from error
    except ValueError as error:
        raise DataError(f"{path} is a broken .npz file: {zip_problem(error)}.") from error
    except Exception as error:  # zlib, tokenize, zipfile and NumPy each have errors of their own
        raise DataError(f"{path} is a broken .npz file: {format_error(error)}.") from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy gives the bytes of a member that is no .npy
            raise DataError(f"{path} is a broken .npz file: {name} in it is no array.")
        if not _is_text_of_unicode(array):
            raise DataError(f"{path} is a broken .npz file: {name} in it is no text of Unicode.")
    return arrays


def _is_text_of_unicode(array: np.ndarray[Any, np.dtype[Any]]) -> bool:
    """Return whether the letters of an array of texts exist; NumPy reads any numbers as such."""
    if array.dtype.kind != "U" or not array.nbytes:
        return True
    numbers = np.dtype(np.uint32).newbyteorder(array.dtype.byteorder)
    codes = np.ascontiguousarray(array).view(numbers)
    is_half = (codes >= _FIRST_HALF) & (codes <= _LAST_HALF)
    return not bool(is_half.any() or codes.max() > sys.maxunicode)


def read_array(path: Path) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the array of an .npy file, mapped to memory; pickle is not used.

    Raises:
        DataError: it is no .npy, declares more than it holds, or needs pickle. The message does not name
            the file.
    """
    try:
        with open_plain(path) as file:
            if file.read(2) == b"PK":
                raise DataError("it is an .npz; save one array with numpy.save.")
            file.seek(0)
            header = read_header(file, "it")
            held = file.seek(0, 2) - header[2]
        if array_bytes(header) > held:
            raise ValueError(f"it declares {array_bytes(header):,} bytes and holds {held:,}")
        array: np.ndarray[Any, np.dtype[Any]] = np.load(path, mmap_mode="r", allow_pickle=False)
    except UnsafeFile as error:
        raise DataError(str(error).replace(f"{path} ", "it ", 1)) from error
    except (ValueError, EOFError, OSError, OverflowError, MemoryError, TypeError) as error:
        raise DataError(f"it cannot be read as an array: {error}.") from error
    return array
