"""Zip files from elsewhere: number, names, sizes and places of members are checked before one is read.

Python's zipfile reads the whole directory when it opens a file, so the directory's size is checked first.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Sequence
from typing import IO, Any

from zoo.errors import UnsafeFile
from zoo.io.foreign.limits import check_limit, limit

__all__ = ["open_zip", "zip_problem"]

_END = b"PK\x05\x06"  # begins the last record of a zip
_END_BYTES = 22
_ZIP64_LOCATOR_BYTES = 20
_ZIP64_RECORD_BYTES = 56
_ENTRY_BYTES = 46  # of a member in the directory, without its name
_HEADER_BYTES = 30  # before a member, without its name
_NAME_BYTES = 4096  # of a path
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
_LONGEST_PROBLEM = 300  # letters
_BAD_NAME = re.compile(r"[\x00-\x1f\x7f]|\\|^/|^[A-Za-z]:|(^|/)\.\.(/|$)")


def open_zip(path: Any, file: IO[bytes]) -> zipfile.ZipFile:
    """Check a zip file and return it as an archive; none of its members is unpacked.

    Args:
        path: the file, for messages.
        file: the open file; its position is moved.

    Raises:
        UnsafeFile: there are too many members; a name occurs twice or leads elsewhere; members overlap, are
            encrypted, links, or compressed by an unusual method; or other bytes are around the zip.
        zipfile.BadZipFile: it is no zip.
    """
    start = _check_directory(path, file)
    archive = zipfile.ZipFile(file)
    members = archive.infolist()
    check_limit(path, "zip_members", len(members))
    _check_names(path, members)
    for member in members:
        _check_member(path, member)
    _check_places(path, members, start)
    return archive


def zip_problem(error: BaseException) -> str:
    """Return what an error on a broken file says, cut: zipfile quotes names, which may be of any length."""
    return str(error)[:_LONGEST_PROBLEM].rstrip(".")


def _check_directory(path: Any, file: IO[bytes]) -> int:
    """Return where the directory starts, after a check of its size; nothing may be before the zip.

    Raises:
        UnsafeFile: it is too large, or the zip has other bytes before it or behind it.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - 2**16 - _END_BYTES))
    tail = file.read()
    at = len(tail) - _END_BYTES
    if at < 0 or not (tail[at : at + 4] == _END and tail.endswith(b"\0\0")):
        at = tail.rfind(_END)  # the zip has a comment
    if at < 0 or len(tail) - at < _END_BYTES:
        raise zipfile.BadZipFile("File is not a zip file")
    directory_bytes, start, comment = struct.unpack_from("<IIH", tail, at + 12)
    end = size - len(tail) + at
    if end + _END_BYTES + comment != size:
        raise UnsafeFile(f"{path} has other bytes behind the zip, and was not opened.")
    place = end
    if record := _zip64_record(file, end):
        directory_bytes, start, place = record
    if place != start + directory_bytes:
        raise UnsafeFile(f"{path} has other bytes in or before the zip, and was not opened.")
    if directory_bytes > limit("zip_members") * (_ENTRY_BYTES + _NAME_BYTES // 16):
        check_limit(path, "zip_members", directory_bytes // _ENTRY_BYTES, more=True)
    file.seek(0)
    if size > _END_BYTES and file.read(2) != b"PK":
        raise UnsafeFile(f"{path} has other bytes before the zip, and was not opened.")
    return int(start)


def _zip64_record(file: IO[bytes], end: int) -> tuple[int, int, int] | None:
    """Return the directory's bytes, its start and its end in a zip of the large form; None in others.

    Raises:
        zipfile.BadZipFile: the records are broken.
    """
    if end < _ZIP64_LOCATOR_BYTES:
        return None
    file.seek(end - _ZIP64_LOCATOR_BYTES)
    locator = file.read(_ZIP64_LOCATOR_BYTES)
    if locator[:4] != b"PK\x06\x07":
        return None
    (record,) = struct.unpack_from("<Q", locator, 8)
    if record > end:
        raise zipfile.BadZipFile("the directory of a large zip lies behind its end")
    file.seek(record)
    content = file.read(_ZIP64_RECORD_BYTES)
    if len(content) < _ZIP64_RECORD_BYTES or content[:4] != b"PK\x06\x06":
        raise zipfile.BadZipFile("the directory of a large zip is broken")
    directory_bytes, start = struct.unpack_from("<QQ", content, 40)
    return directory_bytes, start, record


def _check_names(path: Any, members: Sequence[zipfile.ZipInfo]) -> None:
    names: set[str] = set()
    for member in members:
        name = member.filename
        if name in names:
            raise UnsafeFile(f"{path} holds {name!r} twice, and was not opened.")
        if len(name) > _NAME_BYTES or _BAD_NAME.search(name):
            raise UnsafeFile(
                f"{path} holds a member of the name {name[:100]!r}, which leads elsewhere or cannot be "
                "printed. It was not opened."
            )
        names.add(name)


def _check_member(path: Any, member: zipfile.ZipInfo) -> None:
    """Refuse a member that is encrypted, a link, or compressed by an unusual method."""
    mode = stat.S_IFMT(member.external_attr >> 16)
    problem = ""
    if member.flag_bits & _ENCRYPTED:
        problem = "encrypted"
    elif member.compress_type not in _METHODS:
        problem = "compressed by another method than deflate"
    elif member.compress_type == zipfile.ZIP_STORED and member.file_size != member.compress_size:
        problem = "of another size than its bytes"
    elif mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        problem = "no plain file"
    if problem:
        raise UnsafeFile(f"{path} holds {member.filename!r}, {problem}. It was not opened.")


def _check_places(path: Any, members: Sequence[zipfile.ZipInfo], directory: int) -> None:
    """Refuse members that overlap: one piece of a file would be unpacked many times."""
    end = 0
    last = "another member"
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < end:
            raise UnsafeFile(
                f"{path} holds {member.filename!r}, which overlaps with {last!r}. It was not opened."
            )
        last = member.filename
        name = len(member.filename.encode("utf-8"))
        shortest = min(name, len(member.filename))  # a name may be in the older code page 437
        end = member.header_offset + _HEADER_BYTES + shortest + member.compress_size
    if end > directory:
        raise UnsafeFile(
            f"{path} holds {last!r}, which overlaps with the directory. It was not opened."
        )
