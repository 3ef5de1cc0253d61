"""The groups of an HDF5 file and the chunks of its arrays: their trees are walked without HDF5.

HDF5 1.14 follows a tree that leads to itself without an end, or ends the process; so it does with a message
that is stored in another header, which may be its own. Such messages, and chunks that are packed by LZF, are
left to a trial. The layouts are those of `zoo.io.foreign.hdf5.reader`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from zoo.errors import UnsafeFile
from zoo.io.foreign.hdf5.messages import filter_numbers
from zoo.io.foreign.hdf5.packed import LZF, check_chunk, packing_problem
from zoo.io.foreign.hdf5.reader import NOWHERE, Message, Reader, require
from zoo.io.foreign.hdf5.usual import UsualContents
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["check_trees"]

_TREE = struct.Struct(
    "<4sBBHQQ"
)  # signature, type, level, entries, the nodes to the left and right
_LEAF = struct.Struct("<4sBxH")  # signature, version, entries
_NAMES = struct.Struct("<4sB3xQQQ")  # signature, version, bytes, what is free, address
_ENTRY = struct.Struct("<QQI20x")  # of a leaf: place of the name, header, what is cached
_GROUP, _CHUNKS = 0, 1  # types of trees
_IS_LAYOUT, _IS_FILTERS, _IS_GROUP = 8, 11, 17  # types of messages
# nothing, shape, type, old and new value of what is missing, layout, filters, attribute, comment, old time,
# where the header goes on, group, time, references
_KNOWN = frozenset((0, 1, 3, 4, 5, 8, 11, 12, 13, 14, 16, 17, 18, 22))
_FOLLOWED = frozenset((_IS_LAYOUT, _IS_FILTERS, _IS_GROUP))
_STORED_ELSEWHERE = 2  # a flag of a message
_CHUNKED = 2
_MOST_CHUNKS_IN_NODE = 64
_LAST_PIECE = 1  # the place of the next free piece, where there is none
_LONGEST_NAME = 1024  # letters; many names may lie in one long text
_FEW = 64 * 2**20  # bytes that the chunks of any file may unpack to


class _Chunks(NamedTuple):
    """How an array is stored: the tree of its chunks, the entries of a place, the bytes of a chunk."""

    tree: int
    rank: int
    size: int


def check_trees(reader: Reader, contents: UsualContents) -> None:
    """Walk all groups, and the trees of all chunks.

    Args:
        reader: of the open file.
        contents: the objects are added to it.

    Raises:
        UnsafeFile: a tree leads to itself, or chunks unpack to another size than they declare, or to far
            more than the file has.
        ValueError: the file is of another layout than h5py writes by default, or broken.
        struct.error: as ValueError.
    """
    waiting, seen, nodes = [(reader.root, 0)], set[int](), set[int]()
    left = _FEW + limit("model_ratio") * reader.end  # bytes that chunks may unpack to
    while waiting:
        address, depth = waiting.pop()
        if address in seen:  # an array may have several names
            contents.add(address, depth, ())
            continue
        seen.add(address)
        messages = list(reader.messages(address))
        group, chunks, filters = _references(messages)
        if group is not None:
            require(address != reader.root or reader.root_tree in (None, group))
            waiting += [(each, depth + 1) for each in _group(reader, *group, nodes)]
        contents.add(address, depth, messages)
        if chunks is not None and chunks.tree != NOWHERE:
            check_limit(reader.path, "h5_chunk", chunks.size)
            for size, place in _chunk_places(reader, chunks, nodes):
                require(bool(filters) or size == chunks.size)
                if filters:
                    left -= check_chunk(reader.path, reader.read(place, size), filters, chunks.size)
                    _check_left(reader, left)


def _references(
    messages: Sequence[Message],
) -> tuple[tuple[int, int] | None, _Chunks | None, list[int]]:
    """Return what the messages of an object's header lead to.

    Returns:
        The tree and the names of a group, the chunks of an array, and the filters that these are packed by.
    """
    group, chunks, filters, found = None, None, list[int](), set[int]()
    for kind, flags, content in messages:
        require(kind in _KNOWN and not flags & _STORED_ELSEWHERE)
        if kind not in _FOLLOWED:
            continue
        require(kind not in found)  # of two, HDF5 takes the first
        found.add(kind)
        if kind == _IS_GROUP:
            group = struct.unpack_from("<QQ", content)
        elif kind == _IS_LAYOUT:
            chunks = _chunks(content)
        else:
            filters = filter_numbers(content)
            require(not packing_problem(filters) and LZF not in filters)
    return group, chunks, filters


def _group(reader: Reader, tree: int, heap: int, nodes: set[int]) -> list[int]:
    """Return the addresses of the headers in a group.

    Args:
        reader: of the open file.
        tree: the address of the group's tree.
        heap: the address of the names.
        nodes: the addresses of all nodes that were read; those of this tree are added.
    """
    headers = []
    names = _names(reader, heap)
    for _, leaf in _entries(reader, tree, _GROUP, 8, 2 * reader.node_size, nodes):
        require(leaf not in nodes)
        nodes.add(leaf)
        signature, version, count = _LEAF.unpack(reader.read(leaf, _LEAF.size))
        require((signature, version) == (b"SNOD", 1) and count <= 2 * reader.leaf_size)
        block = reader.read(leaf + _LEAF.size, count * _ENTRY.size)
        for place, header, cached in _ENTRY.iter_unpack(block):
            require(cached < 2)
            require(names.find(b"\0", place, place + _LONGEST_NAME + 1) > place)
            headers.append(header)
    return headers


def _names(reader: Reader, address: int) -> bytes:
    """Return the heap with the names of a group's members, each with a zero at its end.

    HDF5 follows its list of free pieces, too, each of which has the place of the next one.

    Raises:
        UnsafeFile: a piece leads to itself again.
    """
    signature, version, size, free, start = _NAMES.unpack(reader.read(address, _NAMES.size))
    require((signature, version) == (b"HEAP", 0))
    content, pieces = reader.read(start, size), set[int]()
    while free != _LAST_PIECE:
        _check_new(reader, free, pieces)
        require(free < size)
        pieces.add(free)
        (free,) = struct.unpack_from("<Q", content, free)
    return content


def _chunk_places(reader: Reader, chunks: _Chunks, nodes: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the bytes and the address of each chunk of an array."""
    key = 8 + 8 * chunks.rank
    for content, place in _entries(reader, chunks.tree, _CHUNKS, key, _MOST_CHUNKS_IN_NODE, nodes):
        size, left_out = struct.unpack_from("<II", content)
        require(not left_out)  # filters that did not pack this chunk
        yield size, place


def _entries(
    reader: Reader, root: int, kind: int, key: int, most: int, nodes: set[int]
) -> Iterator[tuple[bytes, int]]:
    """Yield the key and the address of each entry of a tree.

    Args:
        reader: of the open file.
        root: the address of the tree.
        kind: its type.
        key: bytes of a key.
        most: entries of a node.
        nodes: the addresses of all nodes that were read; those of this tree are added.
    """
    level, row = None, [root]
    while row:
        below: list[int] = []
        for at, address in enumerate(row):
            _check_new(reader, address, nodes)
            nodes.add(address)
            signature, own_kind, own_level, count, left, right = _TREE.unpack(
                reader.read(address, _TREE.size)
            )
            level = own_level if level is None else level
            require((signature, own_kind, own_level) == (b"TREE", kind, level) and count <= most)
            require(left == (row[at - 1] if at else NOWHERE))
            _check_new(reader, right, nodes)
            require(right == (row[at + 1] if at + 1 < len(row) else NOWHERE))
            block = reader.read(address + _TREE.size, count * (key + 8) + key)
            for place in range(0, count * (key + 8), key + 8):
                (child,) = struct.unpack_from("<Q", block, place + key)
                if level:
                    below.append(child)
                else:
                    yield block[place : place + key], child
        level, row = (level or 0) - 1, below


def _check_new(reader: Reader, node: int, nodes: set[int]) -> None:
    """Refuse a tree or a list that leads to a node again.

    Raises:
        UnsafeFile: it does.
    """
    if node in nodes:
        raise UnsafeFile(
            f"{reader.path} is broken: a tree or a list in it leads to itself. It was not opened."
        )


def _chunks(layout: bytes) -> _Chunks | None:
    """Return how the chunks of an array are stored; None where it has none."""
    version, kind = layout[0], layout[1]
    require(version == 3 and kind <= _CHUNKED)
    if kind != _CHUNKED:
        return None
    rank, tree = struct.unpack_from("<BQ", layout, 2)
    return _Chunks(tree, rank, prod(struct.unpack_from(f"<{rank}I", layout, 11)))


def _check_left(reader: Reader, left: int) -> None:
    """Refuse a file whose chunks unpack to far more bytes than it has, such as one chunk at many places.

    Raises:
        UnsafeFile: nothing is left of the bytes that they may unpack to.
    """
    if left < 0:
        raise UnsafeFile(
            f"{reader.path} is {reader.end / 2**20:.3g} MiB, and its chunks unpack to far more. It was not "
            "opened. If you trust the file, set ZOO_LIMITS=model_ratio="
            f"{10 * limit('model_ratio')}."
        )
