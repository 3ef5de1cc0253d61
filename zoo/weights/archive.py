"""A weights file: a .zip of one finished run, without code, without pickle and without compression.

run.json           architecture, config, data set, seed and versions, as in a run
metrics.json       what `evaluate` returned
history.csv        one row for each epoch
model.weights.h5   the weights
pictures/*         a few pictures, for the card and for notebooks

The bytes are copied and hashed first. Nothing is parsed before the hash and the size are those of the
catalog, and only the private copy is parsed. Since members are not compressed, they are never larger
than the file.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from zoo.errors import UnsafeFile, WeightsError
from zoo.io.atomic import disk_errors
from zoo.io.foreign.plain_file import open_plain
from zoo.io.foreign.zip_file import zip_problem
from zoo.weights.description import WeightsInfo

REQUIRED_MEMBERS = ("run.json", "model.weights.h5")
OPTIONAL_MEMBERS = ("metrics.json", "history.csv")
PICTURE = r"pictures/\w[\w .+-]{0,120}\.(png|gif|jpg)"
_MOST_MEMBERS = 64
_BLOCK = 2**20  # bytes that are read at a time
_DATE = (1980, 1, 1, 0, 0, 0)  # of every member: the same run gives the same bytes
_ADVICE = (
    "It was not opened. Remove it, or install the catalog and the weights in matching versions."
)


def verify_weights(path: Path, info: WeightsInfo, copy: IO[bytes] | None = None) -> None:
    """Check the size and the hash of a weights file against the catalog; nothing is parsed.

    Args:
        path: the file.
        info: what the catalog says.
        copy: where the bytes that are checked are written, too.

    Raises:
        WeightsError: the file cannot be read.
        UnsafeFile: it has another size or another hash, or is no plain file.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with open_plain(path) as file:
            while (block := file.read(_BLOCK)) and size <= info.size:
                digest.update(block)
                size += len(block)
                if copy is not None:
                    copy.write(block)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}.") from error
    if size != info.size:
        received = f"more than {info.size}" if size > info.size else str(size)
        raise UnsafeFile(f"{path} has {received} bytes; the catalog says {info.size}. {_ADVICE}")
    if digest.hexdigest() != info.sha256:
        raise UnsafeFile(
            f"{path} has the hash {digest.hexdigest()[:16]}...; the catalog says {info.sha256[:16]}... "
            f"{_ADVICE}"
        )


def unpack_weights(path: Path, info: WeightsInfo, folder: Path) -> None:
    """Verify a weights file and unpack it into an empty folder of this process.

    Args:
        path: the file.
        info: what the catalog says.
        folder: it receives the members.

    Raises:
        UnsafeFile: the file is not the one of the catalog, or holds something that it must not.
        WeightsError: the file cannot be read.
        WriteError: the disk refuses.
    """
    archive = folder / "verified.zip"
    with disk_errors(folder):
        with archive.open("xb") as copy:
            verify_weights(path, info, copy)
        try:
            with zipfile.ZipFile(archive) as members:
                _unpack(path, members, folder)
        except (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, zlib.error) as error:
            problem = zip_problem(error)
            raise UnsafeFile(f"{path} is not a whole weights file: {problem}.") from error
        archive.unlink()


def write_archive(
    run: Path, record: Mapping[str, Any], pictures: Sequence[Path], path: Path
) -> None:
    """Write the weights file of a run.

    Args:
        run: its folder.
        record: the content of run.json in the file.
        pictures: the files of the pictures to include.
        path: the .zip to write.
    """
    present = [name for name in OPTIONAL_MEMBERS if (run / name).is_file()]
    files = {name: run / name for name in ("model.weights.h5", *present)}
    files |= {f"pictures/{picture.name}": picture for picture in pictures}
    with disk_errors(path), zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("run.json", _DATE), json.dumps(record, indent=2) + "\n")
        for name, file in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), file.read_bytes())


def _unpack(path: Path, archive: zipfile.ZipFile, folder: Path) -> None:
    """Write the members of an archive into a folder, after all of them are checked."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > _MOST_MEMBERS or len(set(names)) < len(names):
        raise UnsafeFile(
            f"{path} has {len(members)} members, or two of one name. It was not opened."
        )
    for member in members:
        _check_member(path, member)
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise UnsafeFile(f"{path} has members that overlap. It was not opened.")
    if missing := [name for name in REQUIRED_MEMBERS if name not in names]:
        raise UnsafeFile(f"{path} is no weights file: it lacks {', '.join(missing)}.")
    for member in members:
        target = folder / member.filename
        target.parent.mkdir(exist_ok=True)
        with archive.open(member) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, _BLOCK)


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    """Refuse a member that a weights file does not have, a link, and one that is compressed."""
    name, mode = member.filename, member.external_attr >> 16
    known = name in (*REQUIRED_MEMBERS, *OPTIONAL_MEMBERS) or re.fullmatch(PICTURE, name)
    if not known:
        raise UnsafeFile(f"{path} holds {name!r}, which no weights file has. It was not opened.")
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise UnsafeFile(f"{path} holds {name!r}, which is no plain file. It was not opened.")
    if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
        raise UnsafeFile(f"{path} holds {name!r} compressed. It was not opened.")
