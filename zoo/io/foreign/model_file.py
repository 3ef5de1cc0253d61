"""Model files from elsewhere: .keras and .h5 are checked as their suffix says, and never as something else.

Keras takes a file for a zip if it ends in .keras, and for HDF5 if it ends in .h5. A file may be both: an
HDF5 file with a zip behind it. So the suffix decides here, too, and the content must agree with it.
"""

from __future__ import annotations

import io
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from zoo.environment import file_limits
from zoo.errors import UnsafeFile
from zoo.io.foreign.array_file import check_npz
from zoo.io.foreign.hdf5.archive import check_hdf5, inspect_hdf5
from zoo.io.foreign.keras_config import NamedObject, check_config
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.plain_file import open_plain, stored_bytes
from zoo.io.foreign.zip_file import open_zip, zip_problem

__all__ = ["SMALL_FILE", "check_declared", "check_model_file", "inspect_model_file"]

# What the config of files names that passed: a command looks at a file before Keras is imported, and again
# when it is opened. A file that is written again has another time of its status.
_PASSED: dict[tuple[Any, ...], tuple[NamedObject, ...]] = {}
_MOST_PASSED = 64
_ERRORS = (  # of zipfile and h5py on broken files; RuntimeError includes NotImplementedError
    *(OSError, ValueError, KeyError, RuntimeError, TypeError, EOFError, OverflowError, MemoryError),
    *(zipfile.BadZipFile, struct.error, zlib.error),
)
SMALL_FILE = 64 * 2**20  # bytes that any file may declare
_MOST_ARCHIVES = 20  # members that end in .h5 or .npz; Keras writes one
_BLOCK = 2**20  # bytes that are unpacked at a time
_LOCAL_HEADER = struct.Struct(
    "<4s22xHH"
)  # of a member: its signature, the lengths of name and extra field


def check_model_file(path: Path, folder: Path | None = None) -> None:
    """Refuse a .keras or .h5 file that declares far more than it holds, links elsewhere, or is another file.

    Args:
        path: the file.
        folder: the run or the export that it belongs to, if it does. A link must not lead out of it.

    Raises:
        UnsafeFile: the message says what is wrong.
    """
    inspect_model_file(path, folder)


def inspect_model_file(path: Path, folder: Path | None = None) -> tuple[NamedObject, ...]:
    """Check a model file as `check_model_file` does, and return what its config names.

    Args:
        path: the file.
        folder: the run or the export that it belongs to, if it does. A link must not lead out of it.

    Raises:
        UnsafeFile: the message says what is wrong.
    """
    with _model_file_errors(path), open_plain(path, folder) as file:
        state = os.fstat(file.fileno())
        limits = tuple(file_limits().items())
        key = (state.st_dev, state.st_ino, state.st_size, state.st_ctime_ns, path.suffix, limits)
        if key not in _PASSED:
            while len(_PASSED) >= _MOST_PASSED:
                _PASSED.pop(next(iter(_PASSED)))
            _PASSED[key] = _inspect(path, file, stored_bytes(file.fileno()))
        return _PASSED[key]


def _inspect(path: Path, file: IO[bytes], size: int) -> tuple[NamedObject, ...]:
    """Check an open model file with so many bytes on the disk, and return what its config names."""
    if path.suffix == ".keras":
        return _check_keras(path, file, size)
    declared, config = inspect_hdf5(path, file, path)
    check_declared(path, declared, size)
    if config is None:  # it holds weights alone
        return ()
    check_limit(path, "config_bytes", len(config))
    return check_config(config, path)


def check_declared(path: Any, declared: int, size: int) -> None:
    """Refuse a model file that declares many more bytes than it has.

    Args:
        path: the file, for the message.
        declared: bytes.
        size: bytes of the file on the disk.

    Raises:
        UnsafeFile: it does.
    """
    if declared > SMALL_FILE + limit("model_ratio") * size:
        raise UnsafeFile(
            f"{path} is {size / 2**20:.3g} MiB and declares {declared / 2**20:.0f} MiB; a file that "
            "Keras wrote holds about what it declares. It was not opened. If you trust the file, set "
            f"ZOO_LIMITS=model_ratio={declared // max(size, 1) + 1}."
        )


@contextmanager
def _model_file_errors(path: Path) -> Iterator[None]:
    """Turn the many errors of broken model files into one.

    Raises:
        UnsafeFile: the code inside raised an error of zipfile or h5py.
    """
    try:
        yield
    except UnsafeFile:
        raise
    except _ERRORS as error:
        raise UnsafeFile(f"{path} is not a readable model file: {zip_problem(error)}.") from error


def _check_keras(path: Path, file: IO[bytes], size: int) -> tuple[NamedObject, ...]:
    """Check the members of a .keras file, and return what its config names."""
    archive = open_zip(path, file)
    members = {member.filename: member for member in archive.infolist()}
    check_declared(path, sum(member.file_size for member in members.values()), size)
    if "config.json" not in members:
        raise UnsafeFile(f"{path} is no .keras file: it lacks config.json. It was not opened.")
    check_limit(path, "config_bytes", members["config.json"].file_size)
    archives = [name for name in members if name.endswith((".h5", ".npz"))]
    if len(archives) > _MOST_ARCHIVES:
        raise UnsafeFile(
            f"{path} holds {len(archives):,} files that end in .h5 or .npz; Keras writes one, and at most "
            f"{_MOST_ARCHIVES} are allowed. It was not opened."
        )
    names = check_config(archive.read("config.json").decode("utf-8"), path)
    for name in archives:
        with _open_member(file, archive, members[name]) as content:
            check = check_hdf5 if name.endswith(".h5") else check_npz
            check_declared(path, check(path, content), size)
    return names


@contextmanager
def _open_member(
    file: IO[bytes], archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> Iterator[IO[bytes]]:
    """Open a member for reading at any position: its own bytes, or a temporary file if it is compressed.

    zipfile reads a member again from its start whenever the position moves back. A small member is read at
    once.
    """
    if member.compress_type == zipfile.ZIP_STORED:
        file.seek(member.header_offset)
        _, name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        start = member.header_offset + _LOCAL_HEADER.size + name + extra
        if member.file_size <= _BLOCK:
            file.seek(start)
            yield io.BytesIO(file.read(member.file_size))
            return
        with io.BufferedReader(_Window(file, start, member.file_size)) as window:
            yield window
        return
    with tempfile.TemporaryFile() as copy:
        with archive.open(member) as source:
            shutil.copyfileobj(source, copy, _BLOCK)
        copy.seek(0)
        yield copy


class _Window(io.RawIOBase):
    """A piece of an open file as a file of its own.

    Args:
        file: the whole file.
        start: where the piece starts.
        size: its bytes.
    """

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position, and return it."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def fileno(self) -> int:
        """Return the descriptor of the whole file."""
        return self._file.fileno()

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer, and return how many."""
        self._file.seek(self._start + self._at)
        content = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
