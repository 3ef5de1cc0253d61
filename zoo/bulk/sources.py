"""The items of a bulk prediction: files of this file system, or below an address such as s3://BUCKET/FOLDER.

A remote file is copied into a temporary folder of the worker before it is read, so that it passes the same
checks as a file of the user's.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from zoo.data.arrays import Shape
from zoo.data.inputs import expand_items, item_path, item_suffixes
from zoo.errors import DataError, UsageError, format_error

__all__ = ["is_remote", "list_items", "local_files"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://.+", re.I | re.S)
_PARTS = re.compile(r"(?P<start>\w[\w+.-]*://[^/?]*)(?P<path>.*?)(?P<query>(?:\?\w+=[^?]*)?)", re.S)


def is_remote(item: str) -> bool:
    """Return whether an item is an address, such as s3://BUCKET/FOLDER or gs://BUCKET/FILE.png."""
    return bool(_ADDRESS.fullmatch(item))


def list_items(items: Sequence[str], shape: Shape | None) -> list[str]:
    """Return the files in the folders that are named, sorted in each, and the series of a file.

    Args:
        items: files, folders and addresses.
        shape: the input shape of the model; None is unknown.

    Raises:
        UsageError: a folder holds no file that the model reads, or an address cannot be listed.
    """
    found = []
    for item in items:
        if is_remote(item):
            found += _list_remote(item, item_suffixes(shape))
            continue
        path = Path(item).absolute()
        if not item_path(path).exists():
            raise UsageError(f"There is no file or folder {item}.")
        found += [str(each) for each in expand_items([path], shape)]
    return found


@contextmanager
def local_files(items: Sequence[str]) -> Iterator[list[Path | DataError]]:
    """Yield a local file for each item, or the error that copying it raised; copies are removed at the end.

    Args:
        items: files and addresses.
    """
    if not any(map(is_remote, items)):
        yield [Path(item) for item in items]
        return
    with tempfile.TemporaryDirectory(prefix="zoo-items-") as folder:
        yield [
            _copy(item, Path(folder) / str(at)) if is_remote(item) else Path(item)
            for at, item in enumerate(items)
        ]


def _list_remote(address: str, suffixes: frozenset[str]) -> list[str]:
    from pyarrow import fs

    system, root, path = _open(address)
    try:
        if system.get_file_info(path).type == fs.FileType.File:
            return [address]
        entries = system.get_file_info(fs.FileSelector(path, recursive=True))
    except OSError as error:
        raise UsageError(f"{address} cannot be listed: {format_error(error)}") from error
    start, _, query = _split(address)
    files = [
        f"{start}{entry.path.removeprefix(root).lstrip('/')}{query}"
        for entry in entries
        if entry.type == fs.FileType.File and PurePosixPath(entry.path).suffix.lower() in suffixes
    ]
    if not files:
        raise UsageError(f"There is no file that the model reads below {address}.")
    return sorted(files)


def _copy(address: str, folder: Path) -> Path | DataError:
    """Copy a remote file into a folder under its own name."""
    try:
        system, _, path = _open(address)
        folder.mkdir()
        target = folder / PurePosixPath(path).name
        with system.open_input_stream(path) as source, target.open("wb") as file:
            while block := source.read(2**20):
                file.write(block)
    except (OSError, UsageError) as error:
        return DataError(f"{address} cannot be read: {format_error(error)}")
    return target


def _open(address: str) -> tuple[Any, str, str]:
    """Return the file system of an address, its root there, and the path of the address in it."""
    start, rest, query = _split(address)
    system, root = _open_root(f"{start}{query}")
    return system, root, f"{root.rstrip('/')}/{rest}"


def _split(address: str) -> tuple[str, str, str]:
    """Return the scheme and bucket of an address, the path, which may hold any letters, and the options."""
    match = _PARTS.fullmatch(address)
    assert match
    return f"{match['start']}/", match["path"].lstrip("/"), match["query"]


@cache
def _open_root(address: str) -> tuple[Any, str]:
    """Return a file system and its root; each is opened once."""
    from pyarrow import ArrowException, fs

    try:
        system, path = fs.FileSystem.from_uri(address)
    except (ArrowException, OSError, ValueError) as error:
        raise UsageError(
            f"{address} is no address that PyArrow opens: {format_error(error)}"
        ) from error
    return system, str(path)
