"""What is in a weights file, and what a file from elsewhere can try."""

import hashlib
import os
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import zoo
from tests.shipped import ship
from zoo.weights.archive import unpack_weights, verify_weights
from zoo.weights.description import WeightsInfo

INFO = WeightsInfo("a.zip", "0" * 64, 1, "MIT", "digits", "MIT", "zoo train mlp", "0123abc")


def described(path: Path) -> WeightsInfo:
    """Describe a file as it is, so that only its content can be refused."""
    content = path.read_bytes()
    return replace(INFO, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def archive(path: Path, *members: tuple[zipfile.ZipInfo | str, str]) -> Path:
    """Write a .zip with the two members that every weights file has, and some others."""
    with zipfile.ZipFile(path, "w") as file:
        for name, text in (("run.json", "{}"), ("model.weights.h5", "x"), *members):
            file.writestr(name, text)
    return path


def unpack(path: Path, info: WeightsInfo, tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    unpack_weights(path, info, folder)
    return folder


def test_a_run_is_packed_and_unpacked_with_the_same_figures(
    trained: zoo.Run, tmp_path: Path
) -> None:
    info = ship(trained, tmp_path / "files")
    folder = unpack(tmp_path / "files" / info.file, info, tmp_path)
    for name in ("metrics.json", "history.csv"):
        assert (folder / name).read_bytes() == (trained.path / name).read_bytes()
    assert not (folder / "checkpoint").exists()
    assert not (folder / "verified.zip").exists()


def test_the_same_run_gives_the_same_bytes(trained: zoo.Run, tmp_path: Path) -> None:
    assert ship(trained, tmp_path / "one").sha256 == ship(trained, tmp_path / "two").sha256


@pytest.mark.parametrize("change", ["other", "truncated", "longer", "empty"])
def test_another_file_is_refused_before_anything_is_parsed(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "a.zip")
    info, content = described(path), path.read_bytes()
    changed = {
        "other": b"X" + content[1:],
        "truncated": content[:-1],
        "longer": content + b"x",
        "empty": b"",
    }
    path.write_bytes(changed[change])
    monkeypatch.setattr(zipfile, "ZipFile", None)  # whoever parses it now fails with another error
    with pytest.raises(zoo.UnsafeFile, match=r"a\.zip has .*the catalog says .*It was not opened"):
        unpack(path, info, tmp_path)


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.truncate(2**40)  # a hole: it takes no room
    with pytest.raises(zoo.UnsafeFile, match="more than 1 bytes"):
        verify_weights(path, INFO)


@pytest.mark.parametrize(
    "name",
    ["../evil.py", "/etc/evil", "code.py", "pictures/../../x.png", "pictures/a/b.png", "a\\b"],
)
def test_a_member_that_no_weights_file_has_is_refused(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", (zipfile.ZipInfo(name), "x"))
    with pytest.raises(zoo.UnsafeFile, match="which no weights file has"):
        unpack(path, described(path), tmp_path)
    assert {item.name for item in (tmp_path / "unpacked").iterdir()} == {"verified.zip"}


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("metrics.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = archive(tmp_path / "a.zip", (link, "/etc/passwd"))
    with pytest.raises(zoo.UnsafeFile, match="no plain file"):
        unpack(path, described(path), tmp_path)


def test_a_compressed_member_is_refused(tmp_path: Path) -> None:
    bomb = zipfile.ZipInfo("metrics.json")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    path = archive(tmp_path / "a.zip", (bomb, "0" * 10**6))
    with pytest.raises(zoo.UnsafeFile, match="compressed"):
        unpack(path, described(path), tmp_path)


def test_two_members_of_one_name_and_too_many_members_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = archive(tmp_path / "a.zip", ("run.json", "{}"))
    with pytest.raises(zoo.UnsafeFile, match="two of one name"):
        unpack(path, described(path), tmp_path)
    many = archive(tmp_path / "b.zip", *((f"pictures/{n}.png", "x") for n in range(100)))
    (tmp_path / "unpacked" / "verified.zip").unlink()
    with pytest.raises(zoo.UnsafeFile, match="102 members"):
        unpack_weights(many, described(many), tmp_path / "unpacked")


def test_a_long_name_before_a_member_is_not_quoted_whole(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", ("metrics.json", "x" * 70_000))
    content = path.read_bytes()
    path.write_bytes(content[:26] + b"\xff\xff" + content[28:])  # the first name's length
    with pytest.raises(zoo.UnsafeFile, match="is not a whole weights file") as caught:
        unpack(path, described(path), tmp_path)
    assert len(str(caught.value)) < 500


def test_what_is_no_zip_or_lacks_its_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"nothing")
    with pytest.raises(zoo.UnsafeFile, match="not a whole weights file"):
        unpack(path, described(path), tmp_path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("run.json", "{}")
    (tmp_path / "unpacked" / "verified.zip").unlink()
    with pytest.raises(zoo.UnsafeFile, match=r"lacks model\.weights\.h5"):
        unpack_weights(path, described(path), tmp_path / "unpacked")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(zoo.WeightsError, match="cannot be read"):
        verify_weights(tmp_path / "none.zip", INFO)  # root may read every file
    with pytest.raises(zoo.UnsafeFile, match="is a folder"):
        verify_weights(tmp_path, INFO)
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(zoo.UnsafeFile, match="a named pipe"):
        verify_weights(tmp_path / "pipe.zip", INFO)


def test_a_member_that_cannot_be_unpacked_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes().replace(b"PK\3\4", b"PK\3\5", 1))
    with pytest.raises(zoo.UnsafeFile, match="not a whole weights file"):
        unpack(path, described(path), tmp_path)
