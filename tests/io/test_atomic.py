import json
from pathlib import Path

import pytest

import zoo
from zoo.io.atomic import (
    atomic_write,
    make_directory,
    replace_directory,
    temporary_directory,
    write_json,
)


def half_written(path: Path) -> None:
    path.write_text("half")
    raise LookupError


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(LookupError), atomic_write(target) as temporary:
        half_written(temporary)
    assert target.read_text() == "old"
    with atomic_write(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_directory_replaces_the_one_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "gone").touch()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "here").touch()
    replace_directory(tmp_path / "new", tmp_path / "old")
    assert [path.name for path in tmp_path.rglob("*")] == ["old", "here"]


def test_scratch_is_cleaned_up_even_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError), temporary_directory(tmp_path) as folder:
        half_written(folder / "draft")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["/proc/zoo/file", "/dev/null/file"])
def test_what_the_system_refuses_is_told_in_a_sentence(path: str) -> None:
    with pytest.raises(zoo.WriteError, match=f"Cannot write {path}"):
        write_json(Path(path), {})
    with pytest.raises(zoo.WriteError, match=f"Cannot write {path}"):
        make_directory(Path(path))


def test_json_holds_no_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": [1, 2.5, "c"]})
    assert json.loads((tmp_path / "a.json").read_text()) == {"b": [1, 2.5, "c"]}
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "a.json", {"b": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"b": [1, 2.5, "c"]}
