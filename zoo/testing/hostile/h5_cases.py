"""HDF5 files that no Keras writes: endless links, other files, lies about sizes, odd types and filters."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from zoo.testing.hostile.archives import h5_bytes, keras_bytes, model_h5_bytes, weights
from zoo.testing.hostile.case import HostileCase, Writer
from zoo.testing.hostile.small_files.h5_packed import OF_MODELS, PACKED

__all__ = ["CHANGES", "cases"]


def cases() -> Iterator[HostileCase]:
    """Yield the cases as the weights of a .keras file, and as an .h5 file."""
    for name, change in CHANGES.items():
        yield HostileCase("keras", f"HDF5 with {name}", "model.keras", _keras(change))
        yield HostileCase("h5", name, "model.h5", _h5(change))
    for name, change in OF_MODELS.items():
        yield HostileCase("h5", name, "model.h5", _h5(change))
    for name, writer in _files().items():
        yield HostileCase("h5", name, "model.h5", writer)


def _keras(change: Callable[[Any], None]) -> Writer:
    def fill(file: Any) -> None:
        weights(file)
        change(file)

    return lambda path: _write(path, keras_bytes(content=h5_bytes(fill)))


def _h5(change: Callable[[Any], None]) -> Writer:
    return lambda path: _write(path, model_h5_bytes(change=change))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _nested_links(file: Any) -> None:
    """Write groups of which each has two names for the next one: 2 ** 40 paths."""
    group = file.create_group("deep")
    for _ in range(40):
        inner = group.create_group("a")
        group["b"] = inner
        group = inner


def _link_to_parent(file: Any) -> None:
    file.create_group("inner")["outer"] = file["/"]


def _second_name(file: Any) -> None:
    file.create_group("x")
    file["y"] = file["x"]


def _deep_groups(file: Any) -> None:
    file.create_group("/".join("d" * 300))


def _virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((8,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (8,))
    file.create_virtual_dataset("x", layout)


def _virtual_self(file: Any) -> None:
    layout = h5py.VirtualLayout((8,), "f4")
    layout[:] = h5py.VirtualSource(".", "x", (8,))
    file.create_virtual_dataset("x", layout)


def _unwritten(shape: tuple[int, ...], **options: Any) -> Callable[[Any], None]:
    return lambda file: file.create_dataset("x", shape, "f4", **options)


def _ratio(file: Any) -> None:
    """Write eight arrays that each declare 60 MB and take a few bytes."""
    for number in range(8):
        file.create_dataset(
            f"x{number}", (4000, 4000), "f4", chunks=(1000, 1000), compression="gzip"
        )


def _array_of(kind: Any) -> Callable[[Any], None]:
    return lambda file: file.create_dataset("x", (3,), kind)


def _attribute(kind: Any) -> Callable[[Any], None]:
    def write(file: Any) -> None:
        space = h5py.h5s.create_simple((3,))
        h5py.h5a.create(file.id, b"x", h5py.h5t.py_create(np.dtype(kind), logical=True), space)

    return write


def _many_attributes(file: Any) -> None:
    group = file.create_group("many", track_order=True)
    for number in range(1100):
        group.attrs[f"a{number}"] = 1


def _many_groups(file: Any) -> None:
    groups = file.create_group("many").id
    for number in range(101_000):
        h5py.h5g.create(groups, str(number).encode())


def _named_type(file: Any) -> None:
    file["kind"] = np.dtype("f4")


CHANGES: dict[str, Callable[[Any], None]] = {
    "two names for each of 40 nested groups": _nested_links,
    "a link to the group above": _link_to_parent,
    "two names for a group": _second_name,
    "300 nested groups": _deep_groups,
    "a soft link": lambda file: file.__setitem__("x", h5py.SoftLink("/elsewhere")),
    "a soft link to itself": lambda file: file.__setitem__("x", h5py.SoftLink("/x")),
    "an external link": lambda file: file.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/")),
    "an external link to a pipe": lambda file: file.__setitem__(
        "x", h5py.ExternalLink("/dev/stdin", "/")
    ),
    "an array in another file": lambda file: file.create_dataset(
        "x", (8,), "f4", external=[("/etc/passwd", 0, 32)]
    ),
    "an array in a device": lambda file: file.create_dataset(
        "x", (8,), "f4", external=[("/dev/zero", 0, 32)]
    ),
    "a virtual array of another file": _virtual,
    "a virtual array of itself": _virtual_self,
    "an array of 40 GB": _unwritten((100_000, 100_000)),
    "an array of 10 ** 18 numbers": _unwritten((10**9, 10**9)),
    "an array of 5 GB in chunks": _unwritten(
        (36_000, 36_000), chunks=(1000, 1000), compression="gzip"
    ),
    **PACKED,
    "a chunk of 1 GB": _unwritten((20_000, 20_000), chunks=(16_000, 16_000)),
    "eight arrays of 60 MB in a kilobyte": _ratio,
    "an array of LZF that is a bomb": _unwritten(
        (30_000, 30_000), chunks=(500, 500), compression="lzf"
    ),
    "an array without an end": _unwritten((10, 10), maxshape=(None, None), chunks=(16_000, 16_000)),
    "an array of references": _array_of(h5py.ref_dtype),
    "an array of regions": _array_of(h5py.regionref_dtype),
    "an array of records": _array_of([("a", "i4"), ("b", "S10")]),
    "an array of lists": _array_of(h5py.vlen_dtype(np.float32)),
    "texts of a megabyte each": _array_of("S1000000"),
    "opaque numbers of a megabyte": _array_of(np.dtype("V1000000")),
    "an attribute of references": _attribute(h5py.ref_dtype),
    "an attribute of records": _attribute([("a", "i4"), ("b", "S10")]),
    "1,100 attributes": _many_attributes,
    "101,000 groups": _many_groups,
    "a type with a name": _named_type,
}


def _sparse(path: Path) -> None:
    """Write a file that is 100 GiB large, with an array as large, and a few kB on the disk."""

    def fill(file: Any) -> None:
        file.create_dataset("model_weights/dense/more", (25 * 2**30,), "f4")

    _write(path, model_h5_bytes(change=fill))
    os.truncate(path, 100 * 2**30)


def _files() -> dict[str, Writer]:
    honest = model_h5_bytes()

    def change(offset: int, value: bytes) -> Writer:
        return lambda path: _write(path, honest[:offset] + value + honest[offset + len(value) :])

    return {
        "an empty file": lambda path: _write(path, b""),
        "a zip": lambda path: _write(path, keras_bytes()),
        "the signature alone": lambda path: _write(path, honest[:8]),
        "half of a file": lambda path: _write(path, honest[: len(honest) // 2]),
        "a userblock": lambda path: _write(path, model_h5_bytes(userblock_size=512)),
        "a userblock with a script": lambda path: _write(
            path, b"#!/bin/sh\n".ljust(512, b"\n") + model_h5_bytes(userblock_size=512)[512:]
        ),
        "noise behind the signature": lambda path: _write(
            path, honest[:8] + np.random.default_rng(2).bytes(5000)
        ),
        "offsets of 200 bytes": change(13, b"\xc8"),
        "an address beyond the end": change(64, b"\xff\xff\xff\x7f"),
        "noise in the first kilobyte": change(48, np.random.default_rng(3).bytes(900)),
        "a named pipe": lambda path: os.mkfifo(path),
        "a link to a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a folder": lambda path: path.mkdir(),
        "100 GiB of nothing behind it": _sparse,
    }
