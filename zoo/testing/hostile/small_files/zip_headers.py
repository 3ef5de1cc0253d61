"""Zips whose headers lie: about sizes, names, places, disks and methods."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from zoo.testing.hostile.archives import keras_bytes, zip_bytes
from zoo.testing.hostile.case import HostileCase, Writer, collect
from zoo.testing.hostile.zip_cases import npy_bytes

__all__ = ["cases"]

_FULL = 0xFFFFFFFF  # instead of a size that is in the extra field
_DEVICE = 0o020666 << 16  # the attributes of a member
Header = Mapping[str, Any]
"""What the two headers of a member say: `name`, `content`, and others in place of the honest values."""


def cases() -> Iterator[HostileCase]:
    """Yield the cases as .keras and as .npz files."""
    honest = {
        ("keras", "model.keras"): keras_bytes(),
        ("npz", "data.npz"): zip_bytes({"x.npy": npy_bytes(), "y.npy": npy_bytes()}),
    }
    for (kind, file), content in honest.items():
        yield from collect(kind, file, _writers(content))


def _writers(honest: bytes) -> dict[str, Writer]:
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        names = sorted(archive.namelist())  # the config or the first array comes first
        members: list[Header] = [{"name": each, "content": archive.read(each)} for each in names]

    def first(**changes: Any) -> bytes:
        return _zip([{**members[0], **changes}, *members[1:]])

    def more(**member: Any) -> bytes:
        return _zip([*members, member])

    size = len(members[0]["content"])
    contents = {
        "another name in the header of a member": first(local_name=b"evil"),
        "a name of 60,000 letters in the header of a member": first(local_name=b"evil" * 15_000),
        "a size of 2 ** 60 in 64 bits": first(
            size=_FULL, packed=_FULL, extra=struct.pack("<HHQQ", 1, 16, 2**60, size)
        ),
        "a packed size of 2 ** 40 in 64 bits": first(
            size=_FULL, packed=_FULL, extra=struct.pack("<HHQQ", 1, 16, size, 2**40)
        ),
        "a size in 64 bits that is cut off": first(size=_FULL, extra=struct.pack("<HH", 1, 16)),
        "a name with a zero behind it": more(name=members[0]["name"] + "\0x", content=b""),
        "a device as a member": more(name="x", content=b"", attributes=_DEVICE),
        "a name that is no UTF-8": more(name=b"\xff\xfe\xfa", content=b"", flags=0x800),
        "a wrong checksum": first(crc=1),
        "strong encryption": first(flags=0x41),
        "patches as content": first(flags=0x20),
        "content that cannot be unpacked": first(method=8, content=b"\xff" * 50, size=2000),
        "a directory on another disk": _zip(members, end=(3, 3, 3, 3, 0, 0)),
        "a comment that is a zip": _zip(members, comment=zip_bytes({"config.json": b"{}"})),
        "a directory in 64 bits that lies elsewhere": _zip(
            members, large=partial(_large, start=2**62)
        ),
        "a directory in 64 bits whose place is its own": _zip(
            members, large=partial(_large, at=76)
        ),
        "a directory in 64 bits beside another": _zip(
            members, large=partial(_large, shorter=1), keep_end=True
        ),
    }
    return {name: _writer(content) for name, content in contents.items()}


def _writer(content: bytes) -> Writer:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _zip(
    members: Sequence[Header],
    end: tuple[int, ...] | None = None,
    comment: bytes = b"",
    large: Callable[[int, int, int], bytes] | None = None,
    keep_end: bool = False,
) -> bytes:
    """Return a zip.

    Args:
        members: what their headers say.
        end: the six numbers of the last record, in place of the honest ones.
        comment: behind the last record.
        large: returns the records of a zip in 64 bits from the bytes of the members, the bytes of the
            directory, and the number of members.
        keep_end: whether the last record has its honest numbers in a zip in 64 bits.
    """
    body, directory = bytearray(), bytearray()
    for member in members:
        local, central = _headers(member, len(body))
        body += local
        directory += central
    numbers = end or (0, 0, len(members), len(members), len(directory), len(body))
    records = large(len(body), len(directory), len(members)) if large else b""
    if records and not keep_end:
        numbers = (0, 0, 0xFFFF, 0xFFFF, _FULL, _FULL)
    last = struct.pack("<4s4H2IH", b"PK\x05\x06", *numbers, len(comment)) + comment
    return bytes(body + directory) + records + last


def _headers(member: Header, start: int) -> tuple[bytes, bytes]:
    """Return a member with its header, and its entry in the directory."""
    name, content = member["name"], member["content"]
    name = name if isinstance(name, bytes) else name.encode()
    extra, flags = member.get("extra", b""), member.get("flags", 0)
    values = (
        *(flags, member.get("method", 0), 0, 33, member.get("crc", zlib.crc32(content))),
        *(member.get("packed", len(content)), member.get("size", len(content))),
    )
    own = member.get("local_name", name)
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, *values, len(own), 0) + own + content
    lengths = (len(name), len(extra), 0, 0, 0)
    numbers = (*values, *lengths, member.get("attributes", 0), start)
    central = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20 | 3 << 8, 20, *numbers)
    return local, central + name + extra


def _large(
    body: int,
    directory: int,
    count: int,
    *,
    start: int | None = None,
    at: int = 0,
    shorter: int = 0,
) -> bytes:
    """Return the two records of a zip in 64 bits.

    Args:
        body, directory, count: as they are.
        start: where the directory starts, in place of the honest place.
        at: bytes by which the place of the first record is too small; 0 for the honest place.
        shorter: bytes by which the directory is shorter than it is.
    """
    place = body if start is None else start
    numbers = (44, 45, 45, 0, 0, count, count, directory - shorter, place)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", *numbers)
    return record + struct.pack("<4sIQI", b"PK\x06\x07", 0, body + directory - at, 1)
