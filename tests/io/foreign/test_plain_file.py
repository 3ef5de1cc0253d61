"""Plain files alone are opened, others are named; of a sparse file, the bytes on the disk are counted."""

import os
import socket
import sys
from pathlib import Path

import pytest

from zoo.errors import UnsafeFile
from zoo.io.foreign.plain_file import open_plain, stored_bytes


def test_holes_do_not_count() -> None:
    Path("full").write_bytes(os.urandom(70_000))
    with Path("sparse").open("wb") as file:
        file.write(b"x" * 5000)
        file.seek(2**30)
        file.write(b"y" * 5000)
        file.truncate(2**34)
    with open_plain(Path("full")) as file:
        assert stored_bytes(file.fileno()) == 70_000
    with open_plain(Path("sparse")) as file:
        file.seek(7)
        assert stored_bytes(file.fileno()) < 2**20
        assert file.tell() == 7


def test_a_file_system_without_holes_counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("sparse").open("wb") as file:
        file.truncate(2**30)
    seek = os.lseek

    def refuse(descriptor: int, position: int, how: int) -> int:
        if how == os.SEEK_DATA:
            raise OSError(22, "Invalid argument")
        return seek(descriptor, position, how)

    monkeypatch.setattr(os, "lseek", refuse)
    with open_plain(Path("sparse")) as file:
        assert stored_bytes(file.fileno()) == 2**30


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such sockets in folders")
def test_a_socket_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(UnsafeFile, match=r"s is a socket, and was not opened"):
            open_plain(Path("s"))
