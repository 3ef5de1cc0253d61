"""Zips that are no honest .keras or .npz file: bombs, polyglots, members that overlap or lead elsewhere."""

from __future__ import annotations

import io
import json
import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from zoo.testing.hostile.archives import config, h5_bytes, keras_bytes, weights, zip_bytes
from zoo.testing.hostile.case import HostileCase, Writer, collect

__all__ = ["cases", "deflated_zeros", "npy_bytes"]


def cases() -> Iterator[HostileCase]:
    """Yield the cases as .keras files, and those that are about any zip as .npz files, too."""
    yield from collect("keras", "model.keras", {**_any_zip(keras_bytes), **_keras_alone()})
    yield from collect("npz", "data.npz", _any_zip(_npz_bytes))


def npy_bytes(
    shape: tuple[int, ...] = (4,), dtype: str = "<f4", content: bytes | None = None
) -> bytes:
    """Return an .npy file that may lie about its shape.

    Args:
        shape: in the header.
        dtype: in the header, such as <f4.
        content: the bytes behind the header; four zeros as float32 if not given.
    """
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    data = np.zeros(4, "f4").tobytes() if content is None else content
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def _npz_bytes() -> bytes:
    return zip_bytes({"x.npy": npy_bytes(), "y.npy": npy_bytes()})


def _any_zip(honest: Callable[[], bytes]) -> dict[str, Writer]:
    """Return the writers of the cases of a format, whose honest file is given."""
    changes = {**_odd_names(), **_odd_bytes(), **_odd_members()}
    writers = {what: _write_changed(change, honest) for what, change in changes.items()}
    return {**writers, **_no_zips(), **_no_files()}


def _write_changed(change: Callable[[bytes], bytes], honest: Callable[[], bytes]) -> Writer:
    return lambda path: _write(path, change(honest()))


def _odd_names() -> dict[str, Callable[[bytes], bytes]]:
    names = {
        "an absolute name": "/tmp/zoo-hostile-evil",
        "a name that leads up": "../../evil",
        "a name that leads up inside": "a/../../evil",
        "a name of Windows": "C:\\evil",
        "a name with backslashes": "..\\evil",
        "a name with an escape": "\x1b[31mevil",
        "a name of 60,000 letters": "a" * 60_000,
    }
    return {what: partial(_append, members={name: b"evil"}) for what, name in names.items()}


def _odd_bytes() -> dict[str, Callable[[bytes], bytes]]:
    return {
        "bytes before the zip": lambda whole: b"#!/bin/sh\nexit 0\n" + whole,
        "bytes behind the zip": lambda whole: whole + b"evil" * 10,
        "a zip behind the zip": lambda whole: whole + zip_bytes({"config.json": b"{}"}),
        "half a zip": lambda whole: whole[: len(whole) // 2],
    }


def _odd_members() -> dict[str, Callable[[bytes], bytes]]:
    return {
        "a link as a member": _with_link,
        "an encrypted member": lambda whole: _patch(whole, 8, struct.pack("<H", 1)),
        "a member of bzip2": lambda whole: _append(whole, {"b": b"x"}, zipfile.ZIP_BZIP2),
        "a member of LZMA": lambda whole: _append(whole, {"b": b"x"}, zipfile.ZIP_LZMA),
        "a member twice": _twice,
        "members that overlap": _overlapping,
        "a member behind the directory": lambda whole: _patch(
            whole, 42, struct.pack("<I", len(whole) - 10)
        ),
        "a member that declares 4 GB": lambda whole: _patch(
            whole, 24, struct.pack("<I", 0xFFFFFFF0)
        ),
    }


def _no_zips() -> dict[str, Writer]:
    return {
        "an empty file": lambda path: _write(path, b""),
        "the end of a zip alone": lambda path: _write(path, b"PK\x05\x06" + b"\0" * 18),
        "100 kB of noise": lambda path: _write(path, np.random.default_rng(1).bytes(100_000)),
        "70,000 members": lambda path: _write(path, _many(70_000)),
        "25,000 members": lambda path: _write(path, _many(25_000)),
    }


def _no_files() -> dict[str, Writer]:
    return {
        "a named pipe": lambda path: os.mkfifo(path),
        "a link to a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a folder": lambda path: path.mkdir(),
    }


def _keras_alone() -> dict[str, Writer]:
    weights_bytes = h5_bytes(weights)

    def model(**members: bytes) -> Writer:
        renamed = {name.replace("__", "."): content for name, content in members.items()}
        return lambda path: _write(path, keras_bytes(members=renamed))

    return {
        "an HDF5 file with a zip behind it": lambda path: _write(
            path, weights_bytes + keras_bytes()
        ),
        "an HDF5 file": lambda path: _write(path, weights_bytes),
        "no config": lambda path: _write(path, zip_bytes({"model.weights.h5": weights_bytes})),
        "weights that are no HDF5": model(model__weights__h5=b"no weights"),
        "weights of noise": model(model__weights__h5=b"\x89HDF\r\n\x1a\n" + os.urandom(2000)),
        "half of the weights": model(model__weights__h5=weights_bytes[: len(weights_bytes) // 2]),
        "a config of 600 MB": lambda path: _write(path, _bomb("config.json", 600)),
        "an asset of 2 GB": lambda path: _write(path, _bomb("assets/words.txt", 2000)),
        "weights of 2 GB": lambda path: _write(path, _bomb("model.weights.h5", 2000)),
        "a config that is no UTF-8": lambda path: _write(path, keras_bytes(b"\xff\xfe" * 50)),
        "pickled weights in an .npz": lambda path: _write(
            path,
            zip_bytes(
                {
                    "config.json": _config(),
                    "model.weights.npz": zip_bytes({"0.npy": npy_bytes((1,), "|O")}),
                }
            ),
        ),
    }


def _config() -> bytes:
    return json.dumps(config()).encode()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _append(whole: bytes, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO(whole)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def _many(count: int) -> bytes:
    """Return a zip of many empty members."""
    return _raw_zip([(f"{number:06}", b"", 0, zipfile.ZIP_STORED) for number in range(count)])


def _with_link(whole: bytes) -> bytes:
    buffer = io.BytesIO(whole)
    with zipfile.ZipFile(buffer, "a") as archive:
        member = zipfile.ZipInfo("link")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return buffer.getvalue()


def _twice(whole: bytes) -> bytes:
    buffer = io.BytesIO(whole)
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(zipfile.ZipInfo(archive.namelist()[0]), b"evil")
    return buffer.getvalue()


def _patch(whole: bytes, offset: int, value: bytes) -> bytes:
    """Return a zip with some bytes of the first entry of its directory replaced."""
    return _replace(whole, whole.index(b"PK\x01\x02") + offset, value)


def _overlapping(whole: bytes) -> bytes:
    """Return a zip whose second entry points at the first member, too (Fifield's bomb)."""
    first = whole.index(b"PK\x01\x02")
    second = whole.index(b"PK\x01\x02", first + 4)
    return whole[: second + 42] + whole[first + 42 : first + 46] + whole[second + 46 :]


def _bomb(name: str, megabytes: int) -> bytes:
    """Return a .keras file of which one member unpacks to many zeros."""
    with zipfile.ZipFile(io.BytesIO(keras_bytes())) as archive:
        members = {each: archive.read(each) for each in archive.namelist() if each != name}
    return deflated_zeros({name: megabytes}, members)


def deflated_zeros(sizes: Mapping[str, int], members: Mapping[str, bytes] | None = None) -> bytes:
    """Return a zip with members that unpack to megabytes of zeros: one block of them is repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush()
    rows = [
        (name, content, len(content), zipfile.ZIP_STORED)
        for name, content in (members or {}).items()
    ]
    rows += [
        (name, block * size + end, size * 2**20, zipfile.ZIP_DEFLATED)
        for name, size in sizes.items()
    ]
    return _raw_zip(rows)


def _raw_zip(rows: Sequence[tuple[str, bytes, int, int]]) -> bytes:
    """Return a zip of members, each with its name, its packed bytes, its size and its method."""
    body, directory = bytearray(), bytearray()
    for name, content, size, method in rows:
        facts = (
            method,
            0,
            33,
            zlib.crc32(content) if not method else 0,
            len(content),
            size,
            len(name),
            0,
        )
        start = len(body)
        body += struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, *facts) + name.encode() + content
        directory += struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, *facts, 0, 0, 0, 0, start)
        directory += name.encode()
    shown = min(len(rows), 0xFFFF)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, shown, shown, len(directory), len(body), 0)
    return bytes(body + directory + end)


def _replace(whole: bytes, at: int, value: bytes) -> bytes:
    return whole[:at] + value + whole[at + len(value) :]
