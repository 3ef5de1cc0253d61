"""HDF5 files with a few changed bytes: trees that lead to themselves, lists without an end, packed bombs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zoo.testing.hostile.archives import h5_bytes, keras_bytes, model_h5_bytes, weights
from zoo.testing.hostile.case import HostileCase, Writer

__all__ = ["cases"]

_GROUP, _CHUNKS = 0, 1  # types of trees
_SHAPE, _TYPE, _FILL, _FILTERS, _ATTRIBUTE = 1, 3, 5, 11, 12  # types of messages
_LEVEL, _ENTRIES, _LEFT, _RIGHT, _KEY = 5, 6, 8, 16, 24  # places in a node


def cases() -> Iterator[HostileCase]:
    """Yield the cases as the weights of a .keras file, and as an .h5 file."""
    for name, change in _changes().items():
        yield HostileCase("keras", f"HDF5 with {name}", "model.keras", _keras(change))
        yield HostileCase("h5", name, "model.h5", _h5(change))
    for name, change in _heaps().items():
        yield HostileCase("h5", name, "model.h5", _h5(change))
    yield HostileCase(
        "h5",
        "2,000 names of layers that are one text of a megabyte",
        "model.h5",
        lambda path: _write(path, _one_text_often(model_h5_bytes(change=_many_layers))),
    )


def _keras(change: Callable[[bytes], bytes]) -> Writer:
    def fill(file: Any) -> None:
        weights(file)
        _add_array(file)

    return lambda path: _write(path, keras_bytes(content=change(h5_bytes(fill))))


def _h5(change: Callable[[bytes], bytes]) -> Writer:
    return lambda path: _write(path, change(model_h5_bytes(change=_add_array)))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _add_array(file: Any) -> None:
    """Write an array of 100 chunks, and one whose only chunk is packed."""
    numbers = np.ones((100, 100), "f4")
    file.create_dataset("zoo/x", data=numbers, chunks=(10, 10), fillvalue=1)
    packed = file.create_dataset("zoo/y", (1000,), "f4", chunks=(1000,), compression="gzip")
    packed.attrs["spare"] = np.zeros(4)
    packed.id.write_direct_chunk((0,), zlib.compress(bytes(4000)))


def _nodes(content: bytes, kind: int) -> list[int]:
    """Return the places of the nodes of trees of a type."""
    found, at = [], content.find(b"TREE")
    while at >= 0:
        found += [at] if content[at + 4] == kind else []
        at = content.find(b"TREE", at + 1)
    return found


def _set(kind: int, number: int, offset: int, value: Any) -> Callable[[bytes], bytes]:
    """Return a change of a node: bytes, or a function that returns them from the node's address."""

    def change(content: bytes) -> bytes:
        node = _nodes(content, kind)[number]
        new = value if isinstance(value, bytes) else value(node)
        return content[: node + offset] + new + content[node + offset + len(new) :]

    return change


def _address(value: int) -> bytes:
    return struct.pack("<Q", value)


def _own_child(kind: int, number: int, key: int) -> Callable[[bytes], bytes]:
    """Return a change that makes a node its own child."""

    def change(content: bytes) -> bytes:
        node = _nodes(content, kind)[number]
        level = bytes([content[node + _LEVEL] + (kind == _GROUP)])
        content = _set(kind, number, _LEVEL, level)(content)
        return _set(kind, number, _KEY + key, _address)(content)

    return change


def _changes() -> dict[str, Callable[[bytes], bytes]]:
    return {
        "a group's node that is its own child": _own_child(_GROUP, 0, 8),
        "a group's node that is its own neighbour": _set(_GROUP, 0, _RIGHT, _address),
        "an inner group's node that is its own child": _own_child(_GROUP, 1, 8),
        "an inner group's node that is its own neighbour": _set(_GROUP, 1, _RIGHT, _address),
        "a group's node of 65,535 entries": _set(_GROUP, 0, _ENTRIES, b"\xff\xff"),
        "a group's node of 255 levels": _set(_GROUP, 0, _LEVEL, b"\xff"),
        "an array's node that is its own neighbour": _set(_CHUNKS, 0, _RIGHT, _address),
        "an array's node that is its own child": _own_child(_CHUNKS, 0, 32),
        "a packed chunk of 300 MB": _pack(300),
        "a list of names that is longer than the file": _size_of_list(2**50),
        "a free piece of a list of names that leads to itself": _free_piece,
        "a packed chunk of 300 MB behind two lists of filters": _second_filters,
        "a shape that is stored in its own header": _own_message(_SHAPE),
        "a type that is stored in its own header": _own_message(_TYPE),
        "a missing value that is stored in its own header": _own_message(_FILL),
    }


def _pack(megabytes: int) -> Callable[[bytes], bytes]:
    """Return a change that makes the packed chunk unpack to many zeros; the array declares 4 kB."""

    def change(content: bytes) -> bytes:
        node = next(
            at
            for at in _nodes(content, _CHUNKS)
            if content[at + _ENTRIES : at + _ENTRIES + 2] == b"\1\0" and content[at + _LEVEL] == 0
        )
        bomb = _packed_zeros(megabytes)
        size = struct.pack("<I", len(bomb))
        place = node + _KEY + 8 + 16  # the key of an array of one axis
        content = content[: node + _KEY] + size + content[node + _KEY + 4 :]
        content = content[:place] + _address(len(content)) + content[place + 8 :] + bomb
        return content[:40] + _address(len(content)) + content[48:]  # where the file ends

    return change


def _packed_zeros(megabytes: int) -> bytes:
    """Return a zlib stream of so many megabytes of zeros, without its end."""
    packer = zlib.compressobj(9)
    blocks = (
        packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(megabytes)
    )
    return b"".join(blocks)


def _second_filters(content: bytes) -> bytes:
    """Make an array's attribute a second list of filters, an empty one; HDF5 takes the first."""
    content = _pack(300)(content)
    at = content.index(b"spare\0") - 16
    kind, size = struct.unpack_from("<HH", content, at)
    assert kind == _ATTRIBUTE
    filters = struct.pack("<HHB3x", _FILTERS, size, 0) + b"\1" + bytes(size - 1)
    return content[:at] + filters + content[at + len(filters) :]


def _own_message(wanted: int) -> Callable[[bytes], bytes]:
    """Return a change that says of a message of an array that it is stored in another header: in its own."""

    def change(content: bytes) -> bytes:
        layout = content.index(b"\3\2\3")  # of the array in chunks
        header = content.rindex(b"\1\0\6\0\1\0\0\0", 0, layout)  # of six messages
        place = header + 16
        while (found := struct.unpack_from("<HH", content, place))[0] != wanted:
            place += 8 + found[1]
        shared = b"\2" + content[place + 5 : place + 8] + b"\2\0" + _address(header)
        assert found[1] >= 10
        return content[: place + 4] + shared + content[place + 4 + len(shared) :]

    return change


def _size_of_list(size: int) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        at = content.index(b"HEAP") + 8
        return content[:at] + _address(size) + content[at + 8 :]

    return change


def _free_piece(content: bytes) -> bytes:
    """Make the first free piece of the last list of names the one behind itself."""
    at = content.rindex(b"HEAP")
    free, start = struct.unpack_from("<QQ", content, at + 16)
    return content[: start + free] + _address(free) + content[start + free + 8 :]


def _one_text_often(content: bytes) -> bytes:
    """Make each of 2,000 names of layers the same text of a megabyte."""
    at = content.index(struct.pack("<I", 10**6))
    return content[:at] + content[at : at + 16] * 2000 + content[at + 16 * 2000 :]


def _many_layers(file: Any) -> None:
    file["model_weights"].attrs["layer_names"] = ["x" * 10**6, *["y"] * 1999]


def _heaps() -> dict[str, Callable[[bytes], bytes]]:
    """Return changes of the heap that holds the config."""

    def change(offset: int, value: bytes) -> Callable[[bytes], bytes]:
        def write(content: bytes) -> bytes:
            at = content.index(b"GCOL") + offset
            return content[:at] + value + content[at + len(value) :]

        return write

    return {
        "a heap of no bytes": change(8, _address(0)),
        "a heap that is longer than the file": change(8, _address(2**62)),
        "a heap that never ends": change(16, bytes(16)),
        "a text that is longer than its heap": change(24, _address(2**63)),
        "an attribute of other objects": _first_attribute(4, b"\2"),
        "an attribute of a long name": _first_attribute(10, b"\xff\xff"),
        "an attribute of an unknown version": _first_attribute(8, b"\x09"),
    }


def _first_attribute(offset: int, value: bytes) -> Callable[[bytes], bytes]:
    """Return a change of the first attribute of the root: its message starts 16 bytes before its name."""

    def change(content: bytes) -> bytes:
        at = content.index(b"keras_version\0") - 16 + offset
        return content[:at] + value + content[at + len(value) :]

    return change
