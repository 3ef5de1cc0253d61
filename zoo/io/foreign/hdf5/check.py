"""HDF5 files from elsewhere: each object is visited once, and what it declares is checked, not read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import h5py

from zoo.errors import UnsafeFile
from zoo.io.foreign.hdf5.messages import chunk_count
from zoo.io.foreign.hdf5.packed import LZF, packing_problem
from zoo.io.foreign.hdf5.values import FOLLOWED_NAMES, filters_of, size_of, type_problem
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["Walk", "walk_objects"]

_DIGITS = b"0123456789"


@dataclass
class Walk:
    """What is found in one file: the addresses of its objects, and how many bytes they declare."""

    path: Any
    groups: set[int] = field(default_factory=set)
    names: int = 0
    declared: int = 0
    chunks: int = 0
    followed: list[tuple[str, bytes]] = field(
        default_factory=list
    )  # objects, and such an attribute
    most_objects: int = field(default_factory=lambda: limit("h5_objects"))
    most_attributes: int = field(default_factory=lambda: limit("h5_attributes"))
    deepest: int = field(default_factory=lambda: limit("h5_depth"))
    largest_chunk: int = field(default_factory=lambda: limit("h5_chunk"))
    most_chunks: int = field(default_factory=lambda: limit("h5_chunks"))

    def add(self, name: str, address: int, *, is_group: bool) -> None:
        """Count a name of an object. A group has one name: hard links could make a small file endless.

        An array may have several names, as in the files of `zoo pack`; each counts with all of its bytes.

        Args:
            name: one of the object's names.
            address: of the object in the file.
            is_group: whether the object is a group.

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


def walk_objects(path: Any, archive: h5py.File) -> Walk:
    """Visit each object of an open HDF5 file once, and return what was found.

    Args:
        path: the file, for messages.
        archive: the open file.

    Raises:
        UnsafeFile: it links to another place or file, has a second name for a group, an unusual type,
            storage, filter or chunk, or too many or too deep groups.
        OSError: it is broken.
    """
    walk = Walk(path)
    root = h5py.h5g.open(archive.id, b"/")
    address = h5py.h5o.get_info(root).addr
    walk.add("/", address, is_group=True)
    _check_attributes(walk, "/", root)
    waiting = [("", root, 1)]
    while waiting:
        place, group, depth = waiting.pop()
        if depth > walk.deepest:
            check_limit(path, "h5_depth", depth, more=True)
        for name, item in _members(walk, place, group):
            if isinstance(item, h5py.h5g.GroupID):
                waiting.append((name, item, depth + 1))
    return walk


def _members(walk: Walk, place: str, group: Any) -> Iterator[tuple[str, Any]]:
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


def _check_array(walk: Walk, name: str, item: Any) -> None:
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
    if problem := type_problem(kind):
        raise UnsafeFile(f"{walk.path}: {name!r} holds {problem}. It was not opened.")
    filters = filters_of(item)
    problem = packing_problem([number for number, _ in filters])
    space = item.get_space()
    if layout == h5py.h5d.CHUNKED:
        chunk = math.prod(storage.get_chunk()) * kind.get_size()
        if any(number == LZF and (*rest, 0, 0, 0)[2] < chunk for number, rest in filters):
            problem = "has less room for a chunk of LZF than it declares"
        if problem:
            raise UnsafeFile(f"{walk.path}: {name!r} {problem}. It was not opened.")
        if chunk > walk.largest_chunk:
            check_limit(f"{walk.path} ({name})", "h5_chunk", chunk)
        walk.chunks += chunk_count(space.shape or (), storage.get_chunk())
        if walk.chunks > walk.most_chunks:
            check_limit(walk.path, "h5_chunks", walk.chunks)
    walk.declared += size_of(space, kind)


def _check_attributes(walk: Walk, name: str, item: Any) -> None:
    """Count the bytes that attributes declare; refuse unusual types."""
    count = h5py.h5a.get_num_attrs(item)
    if count > walk.most_attributes:
        check_limit(f"{walk.path} ({name})", "h5_attributes", count)
    for number in range(count):
        attribute = h5py.h5a.open(item, index=number)
        kind = attribute.get_type()
        if problem := type_problem(kind, attribute=True):
            where = f"{name}@{attribute.name.decode('utf-8', 'backslashreplace')}"
            raise UnsafeFile(f"{walk.path}: {where!r} holds {problem}. It was not opened.")
        if attribute.name.rstrip(_DIGITS) in FOLLOWED_NAMES:
            walk.followed.append((name, attribute.name))
        walk.declared += size_of(attribute.get_space(), kind)
