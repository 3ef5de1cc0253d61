"""HDF5 files from elsewhere: each object is visited once, and what it declares is checked, not read."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import h5py

from zoo.errors import UnsafeFile
from zoo.io.foreign.hdf5.trial import try_in_fork
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["SIGNATURE", "check_hdf5"]

SIGNATURE = b"\x89HDF\r\n\x1a\n"  # the first bytes of an HDF5 file
_FILTERS = (
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32,
    32000,
)  # LZF
_NUMBERS = (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM, h5py.h5t.BITFIELD, h5py.h5t.OPAQUE)
_COMPLEX = h5py.h5t.COMPOUND  # h5py writes complex numbers as two floats, r and i
_LARGEST_ITEM = 4096  # bytes of one number
_READ = (  # the attributes that Keras reads; it writes others, such as the names of layers
    b"model_config",
    b"training_config",
    b"keras_version",
    b"backend",
    b"layer_names",
    b"weight_names",
    b"dtype",
)
_LONGEST_TEXT = 65_536  # bytes of one text in an array


@dataclass
class _Walk:
    """What is found in one file: the addresses of its objects, and how many bytes they declare."""

    path: Any
    groups: set[int] = field(default_factory=set)
    names: int = 0
    declared: int = 0
    texts: list[str] = field(
        default_factory=list
    )  # objects with texts in a heap that are read later
    most_objects: int = field(default_factory=lambda: limit("h5_objects"))
    most_attributes: int = field(default_factory=lambda: limit("h5_attributes"))

    def add(self, name: str, address: int, *, is_group: bool) -> None:
        """Count a name of an object. A group has one name: hard links could make a small file endless.

        An array may have several names, as in the files of `zoo pack`; each counts with all of its bytes.

        Raises:
            UnsafeFile: a group has a second name, or there are too many names.
        """
        if is_group and address in self.groups:
            raise UnsafeFile(
                f"{self.path} has a second hard link at {name!r}, and was not opened. Keras writes none."
            )
        if is_group:
            self.groups.add(address)
        self.names += 1
        if self.names > self.most_objects:
            check_limit(self.path, "h5_objects", self.names, more=True)


def check_hdf5(path: Any, file: IO[bytes], whole: Path | None = None) -> int:
    """Check an HDF5 file, and return the bytes that its arrays declare; none of them is read.

    Args:
        path: the file, for messages.
        file: the open file.
        whole: where it is, if it is a file of its own: HDF5 reads it faster than an open one.

    Raises:
        UnsafeFile: it links to another place or file, has a second name for a group, an unusual type,
            storage, filter or chunk, too many or too deep groups, or other bytes before it.
        OSError: it is no HDF5 file, or a broken one.
    """
    file.seek(0)
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise OSError("it does not begin as an HDF5 file does")
    file.seek(0)
    with h5py.File(whole or file, "r") as archive:
        if archive.userblock_size:
            raise UnsafeFile(f"{path} has other bytes before the HDF5 file, and was not opened.")
        walk = _Walk(path)
        walk.add("/", h5py.h5o.get_info(archive.id).addr, is_group=True)
        _check_attributes(walk, "/", archive.id)
        waiting = [("", archive.id, 1)]
        while waiting:
            place, group, depth = waiting.pop()
            check_limit(path, "h5_depth", depth, more=True)
            for name, item in _members(walk, place, group):
                if isinstance(item, h5py.h5g.GroupID):
                    waiting.append((name, item, depth + 1))
        if walk.texts:
            with _position(file):
                try_in_fork(lambda: _read_texts(archive, walk.texts), path)
    return walk.declared


def _read_texts(archive: h5py.File, names: Sequence[str]) -> None:
    """Read the attributes of some objects whose texts lie in a heap."""
    for name in names:
        for value in archive[name or "/"].attrs.values():
            str(value)


@contextmanager
def _position(file: IO[bytes]) -> Iterator[None]:
    """Restore the position of a file, which a forked process shares."""
    before = os.lseek(file.fileno(), 0, os.SEEK_CUR)
    try:
        yield
    finally:
        os.lseek(file.fileno(), before, os.SEEK_SET)


def _members(walk: _Walk, place: str, group: Any) -> Iterator[tuple[str, Any]]:
    """Yield the objects of one group, checked.

    Raises:
        UnsafeFile: the group links to another place, or an object is unusual.
    """
    links: list[tuple[bytes, int, int]] = []

    def collect(name: bytes, info: Any) -> Any:
        links.append((bytes(name), info.type, info.u))
        return True if len(links) > walk.most_objects else None

    group.links.iterate(collect, info=True)
    if walk.names + len(links) > walk.most_objects:
        check_limit(walk.path, "h5_objects", walk.names + len(links), more=True)
    for raw, kind, address in links:
        name = f"{place}/{raw.decode('utf-8', 'backslashreplace')}".removeprefix("/")
        if kind != h5py.h5l.TYPE_HARD:
            raise UnsafeFile(f"{walk.path} links to another place at {name!r}; it was not opened.")
        item = h5py.h5o.open(group, raw)
        walk.add(name, address, is_group=not isinstance(item, h5py.h5d.DatasetID))
        if isinstance(item, h5py.h5d.DatasetID):
            _check_array(walk, name, item)
        elif not isinstance(item, h5py.h5g.GroupID):
            raise UnsafeFile(
                f"{walk.path} holds {name!r}, no group and no array. It was not opened."
            )
        _check_attributes(walk, name, item)
        yield name, item


def _check_array(walk: _Walk, name: str, item: Any) -> None:
    """Count the bytes that an array declares; refuse unusual types, storage, filters and chunks."""
    storage = item.get_create_plist()
    layout = storage.get_layout()
    if storage.get_external_count():
        raise UnsafeFile(f"{walk.path} takes {name!r} from another file; it was not opened.")
    if layout == h5py.h5d.VIRTUAL:
        raise UnsafeFile(
            f"{walk.path} takes {name!r} from other arrays (virtual); it was not opened."
        )
    kind = item.get_type()
    if problem := _type_problem(kind):
        raise UnsafeFile(f"{walk.path}: {name!r} holds {problem}. It was not opened.")
    for number in range(storage.get_nfilters()):
        if storage.get_filter(number)[0] not in _FILTERS:
            raise UnsafeFile(
                f"{walk.path}: {name!r} is compressed by a filter that Keras does not write. "
                "It was not opened."
            )
    if layout == h5py.h5d.CHUNKED:
        chunk = math.prod(storage.get_chunk()) * kind.get_size()
        check_limit(f"{walk.path} ({name})", "h5_chunk", chunk)
    walk.declared += _size(item.get_space(), kind)


def _check_attributes(walk: _Walk, name: str, item: Any) -> None:
    """Count the bytes that attributes declare; refuse unusual types."""
    count = h5py.h5a.get_num_attrs(item)
    if count > walk.most_attributes:
        check_limit(f"{walk.path} ({name})", "h5_attributes", count)
    for number in range(count):
        attribute = h5py.h5a.open(item, index=number)
        kind = attribute.get_type()
        if problem := _type_problem(kind, attribute=True):
            where = f"{name}@{attribute.name.decode('utf-8', 'backslashreplace')}"
            raise UnsafeFile(f"{walk.path}: {where!r} holds {problem}. It was not opened.")
        walk.declared += _size(attribute.get_space(), kind)
        if _is_in_heap(kind) and attribute.name.rstrip(b"0123456789") in _READ:
            walk.texts.append(name)


def _is_in_heap(kind: Any) -> bool:
    """Return whether values of a type lie in a heap, as texts of any length do."""
    code = kind.get_class()
    return bool(code == h5py.h5t.VLEN or (code == h5py.h5t.STRING and kind.is_variable_str()))


def _size(space: Any, kind: Any) -> int:
    """Return how many bytes the values of a space declare."""
    if space.get_simple_extent_type() == h5py.h5s.NULL:
        return 0
    return int(math.prod(map(int, space.shape)) * kind.get_size())


def _type_problem(kind: Any, attribute: bool = False) -> str:
    """Return what is unusual about a type; empty for numbers and texts."""
    code = kind.get_class()
    if code == h5py.h5t.STRING:
        if not attribute and kind.is_variable_str():
            return "texts of any length"
        return "" if attribute or kind.get_size() <= _LONGEST_TEXT else "texts of an absurd length"
    if code == h5py.h5t.VLEN and kind.get_super().get_class() in (h5py.h5t.STRING, *_NUMBERS):
        return "" if attribute else "lists of different lengths"
    if code == _COMPLEX and kind.get_nmembers() == 2:
        members = [kind.get_member_type(at).get_class() for at in range(2)]
        return "" if members == [h5py.h5t.FLOAT] * 2 else "records"
    if code in _NUMBERS:
        return "" if kind.get_size() <= _LARGEST_ITEM else "numbers of an absurd size"
    return "records" if code == _COMPLEX else "references or other values that are no numbers"
